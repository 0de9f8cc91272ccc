"""Run the harness where nothing can be installed, such as on a lent machine with a GPU: one command, plain files.

    python tools/verify_elsewhere.py --out "$OUT"

Needs Python 3.11 or newer and torch; this checkout is used as it lies, from a copy in a temporary folder. Wheels in a
folder (`--wheels`, or `wheels` beside `tools`) are unpacked and used, those of other versions of Python passed over:

- gmpy2 and numpy, for the multi-precision reference; without them the reference is `before` in float64, and the rows
  say so;
- matplotlib with all that it needs, for the report; without it, `torchlint verify --from rows.json --report FILE` makes
  the report later, anywhere.

A folder for Python 3.12 on Linux is filled, where there is an index of packages, by

    python -m pip download -d wheels --only-binary :all: --python-version 3.12 --platform manylinux_2_28_x86_64 \\
        --platform manylinux2014_x86_64 gmpy2 numpy matplotlib

What comes back in the folder: `rows.json`, `table.txt`, `log.txt`, `report.html`, and `certificates.json`, which is
this checkout's table with the rows of the device put in. It becomes torchlint/data/certificates.json.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code of `torchlint verify`; 2 if it could not be run."""
    options = _parser().parse_args(arguments)
    if importlib.util.find_spec("torch") is None:
        print(f"error: {sys.executable} has no torch", file=sys.stderr)
        return 2
    out = Path(options.out).resolve()
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="torchlint-elsewhere-") as folder:
        work = Path(folder)
        lay_out(work)
        wheels = unpack(Path(options.wheels), work / "wheels")
        print(f"wheels: {', '.join(wheels) or 'none'}", flush=True)
        return _verify(options, work, out)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Run the harness where nothing can be installed.")
    parser.add_argument("--out", default=os.environ.get("OUT", "verified"), help="where results go [$OUT or verified]")
    parser.add_argument("--device", action="append", choices=("cpu", "cuda", "mps", "auto"), help="[cuda]")
    parser.add_argument("--tier", choices=("fast", "full"), default="full", help="[full]")
    parser.add_argument("--rule", action="append", default=[], metavar="CODE", help="only this rule (repeatable)")
    parser.add_argument("--jobs", default="1", metavar="N", help="workers on the CPU [1]")
    parser.add_argument("--budget", default="480", metavar="SECONDS", help="begin nothing more after this time [480]")
    parser.add_argument("--wheels", default=str(ROOT / "wheels"), metavar="FOLDER", help="wheels to unpack [wheels]")
    return parser


def lay_out(work: Path) -> None:
    """The package as it is when it is installed: the rules are a part of it."""
    skipped = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "torchlint", work / "torchlint", ignore=skipped)
    shutil.copytree(ROOT / "rules", work / "torchlint" / "rules", ignore=skipped)
    shutil.copytree(ROOT / "fixtures", work / "fixtures", ignore=skipped)


def unpack(folder: Path, target: Path) -> list[str]:
    """Unpack the wheels that fit this Python; their names."""
    target.mkdir()
    names = []
    for wheel in sorted(folder.glob("*.whl")):
        if fits(wheel.name):
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(target)
            names.append(wheel.name)
    return names


def fits(name: str) -> bool:
    """Whether a wheel, by its name, is for this version of Python."""
    python, abi, _ = name.removesuffix(".whl").split("-")[-3:]
    own = f"cp{sys.version_info.major}{sys.version_info.minor}"
    return own in python.split(".") or "py3" in python.split(".") or abi == "abi3"


def _verify(options: argparse.Namespace, work: Path, out: Path) -> int:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONHOME"}
    kept = [str(work), str(work / "wheels"), *filter(None, [environment.get("PYTHONPATH")])]
    environment |= {"PYTHONPATH": os.pathsep.join(kept), "PYTHONUNBUFFERED": "1", "MPLCONFIGDIR": str(work / "mpl")}
    verify = [sys.executable, "-W", "ignore", "-m", "torchlint", "verify"]
    chosen = [part for device in options.device or ["cuda"] for part in ("--device", device)]
    chosen += ["--tier", options.tier, "--jobs", options.jobs, "--budget", options.budget, *options.rule]
    rows, log = out / "rows.json", out / "log.txt"
    with rows.open("wb") as stream, log.open("wb") as errors:
        done = subprocess.run(
            [*verify, *chosen, "--json", "--write"],
            cwd=work,
            env=environment,
            stdout=stream,
            stderr=errors,
            check=False,
        )
    print(log.read_text(encoding="utf-8", errors="replace"), end="", flush=True)
    if done.returncode > 1 or not rows.stat().st_size:
        return done.returncode or 2
    shutil.copy(work / "torchlint" / "data" / "certificates.json", out / "certificates.json")
    shown = subprocess.run([*verify, "--from", str(rows)], cwd=work, env=environment, capture_output=True, check=False)
    (out / "table.txt").write_bytes(shown.stdout)
    print(shown.stdout.decode("utf-8", "replace"), shown.stderr.decode("utf-8", "replace"), sep="", flush=True)
    # A report that cannot be drawn here is drawn elsewhere: it is not a reason to fail.
    report = [*verify, "--from", str(rows), "--report", str(out / "report.html")]
    drawn = subprocess.run(report, cwd=work, env=environment, capture_output=True, text=True, check=False)
    if not (out / "report.html").exists():
        print(f"no report: {drawn.stderr.strip()}", flush=True)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
