"""What is found in TorchFix's own test programs, beside what it expects there.

    git clone https://github.com/pytorch-labs/torchfix
    python -m tools.compare_torchfix torchfix/tests/fixtures

The programs are copied first, because rules are milder in a folder `tests`. Of each line that TorchFix expects a
finding in, it is said whether the rule that took the place of its own finds it; lines that it does not are listed with
what TorchFix says. docs/coming_from_torchfix.md has the reason for each of them.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

# The rules of ours that stand for one of TorchFix; it reports some of them for several kinds of names.
EQUIVALENTS = {
    "TOR001": {"TLT801"},
    "TOR002": {"TLT710"},
    "TOR003": {"TLT808"},
    "TOR004": {"TLT801"},
    "TOR101": {"TLT801", "TLT802", "TLT806"},
    "TOR102": {"TLT807"},
    "TOR103": {"TLT802", "TLT806"},
    "TOR104": {"TLT811"},
    "TOR105": {"TLT811"},
    "TOR106": {"TLT206"},
    "TOR107": {"TLT207"},
    "TOR108": {"TLT204"},
    "TOR201": {"TLT809"},
    "TOR202": {"TLT802"},
    "TOR401": {"TLT509"},
    "TOR402": {"TLT736"},
}
# What is said with the newest torch, and what only an older one makes worth saying.
_TARGETS = (">=2.6", ">=1.13")
_EXPECTED = re.compile(r"(?P<row>\d+):\d+ (?P<code>TOR\d+)")


class Expected(NamedTuple):
    """A finding that TorchFix expects in a file."""

    path: str
    row: int
    code: str


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="TorchFix's tests/fixtures")
    folder = parser.parse_args(arguments).folder
    wanted = list(expected(folder))
    with tempfile.TemporaryDirectory(prefix="programs") as name:
        copy = Path(name) / "programs"
        shutil.copytree(folder, copy)
        found = {one for target in _TARGETS for one in _found(copy, target)}
    is_met = [
        bool(EQUIVALENTS.get(one.code, set()) & {code for path, row, code in found if (path, row) == one[:2]})
        for one in wanted
    ]
    by_code = Counter(one.code for one in wanted)
    met = Counter(one.code for one, is_found in zip(wanted, is_met, strict=True) if is_found)
    for code, count in sorted(by_code.items()):
        print(f"{code} {met[code]:3} of {count}")
    print(f"all    {sum(met.values()):3} of {len(wanted)}")
    for one, is_found in zip(wanted, is_met, strict=True):
        if not is_found:
            line = (folder / one.path).read_text(encoding="utf-8").splitlines()[one.row - 1]
            print(f"{one.path}:{one.row}: {one.code}: {line.strip()}")
    return 0


def expected(folder: Path) -> Iterator[Expected]:
    """What TorchFix expects in the programs of its checkers, from the lists beside them."""
    for listed in sorted(folder.rglob("checker/*.txt")):
        path = str(listed.with_suffix(".py").relative_to(folder))
        for found in _EXPECTED.finditer(listed.read_text(encoding="utf-8")):
            yield Expected(path, int(found["row"]), found["code"])


def _found(copy: Path, target: str) -> Iterator[tuple[str, int, str]]:
    """Path, row and code of what is found; a finding over several rows is one in each of them."""
    command = [sys.executable, "-m", "torchlint", "check", "--isolated", "--no-cache", "-j1", "--select", "ALL"]
    options = ["--target-torch", target, "--output-format", "json", "."]
    run = subprocess.run([*command, *options], cwd=copy, capture_output=True, text=True, encoding="utf-8")
    for finding in json.loads(run.stdout):
        path = Path(finding["filename"])
        shown = str(path.relative_to(copy) if path.is_absolute() else path)
        for row in range(finding["location"]["row"], finding["end_location"]["row"] + 1):
            yield shown.removeprefix("./"), row, finding["code"]


if __name__ == "__main__":
    raise SystemExit(main())
