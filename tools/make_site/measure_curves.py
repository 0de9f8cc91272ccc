"""Measure the error curves of the site: `python -m tools.make_site.measure_curves [CODE ..]` (needs torch).

Runs the rewrites of these rules, or of all whose certificates say that float32 results get better, and keeps their
curves; those of rewrites that there are no more go. `--from FILE` takes what `torchlint verify --json` printed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from torchlint import registry

from .error_curves import DTYPE, QUANTITIES, TABLE, table, wanted


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("codes", nargs="*", metavar="CODE")
    parser.add_argument("--from", dest="source", type=Path, metavar="FILE", help="rows of `torchlint verify --json`")
    arguments = parser.parse_args(argv)
    codes = arguments.codes or [rule.code for rule in registry.rules() if wanted(rule.code)]
    measured = {row["digest"]: _points(row) for row in _rows(arguments.source, codes)}
    known = table() if TABLE.exists() else {}
    kept = {
        row["digest"]: measured.get(row["digest"]) or known.get(row["digest"])
        for rule in registry.rules()
        for row in wanted(rule.code)
    }
    lines = [f"  {json.dumps(digest)}: {json.dumps(found)}" for digest, found in sorted(kept.items()) if found]
    TABLE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def _rows(source: Path | None, codes: list[str]) -> list[dict[str, Any]]:
    if source is not None:
        text = source.read_text(encoding="utf-8")
    else:
        command = [sys.executable, "-m", "torchlint", "verify", *codes, "--json"]
        text = subprocess.run(command, stdout=subprocess.PIPE, encoding="utf-8").stdout
    return [row for row in json.loads(text) if row["kind"] == "pair"]


def _points(row: dict[str, Any]) -> dict[str, list[list[float]]]:
    """For values and gradients the sizes of the inputs, each with the worst errors and what was lost."""
    names = ("ulps_before", "ulps_after", "nonfinite_before", "nonfinite_after")
    found: dict[str, list[list[float]]] = {}
    for quantity in QUANTITIES:
        prefix = f"{DTYPE} {quantity} "
        points = [
            [float(key.removeprefix(prefix)), *(float(f"{worst[name]:.3g}") for name in names)]
            for key, worst in row["curves"].items()
            if key.startswith(prefix)
        ]
        if points:
            found[quantity] = sorted(points)
    return found


if __name__ == "__main__":
    main()
