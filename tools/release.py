"""Build a release: the same commit gives the same bytes, on any machine with the same build tools.

    python tools/release.py            # build and check into dist/
    python tools/release.py --tag      # ... and tag the commit

The version must be the newest one of CHANGELOG.md and that of CITATION.cff, and the tree must be clean. What is built
is the commit itself (`git archive`), never what lies about in the folder. The wheel is made of the source distribution.
Uploading is left to whoever has the right to: `twine upload dist/*`.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class ReleaseError(Exception):
    """Something that keeps a release from being made, in a sentence for who makes it."""


def main() -> int:
    parser = argparse.ArgumentParser(description="Build a release of the commit that is checked out.")
    parser.add_argument("--tag", action="store_true", help="tag the commit with the version when all is well")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="the folder for the two files (default: dist)")
    given = parser.parse_args()
    try:
        version = version_of(ROOT)
        if problems := [*of_tree(), *of_texts(ROOT, version)]:
            raise ReleaseError("\n".join(problems))
        made = build(given.out)
        _run(sys.executable, "-m", "twine", "check", "--strict", *map(str, made))
        if given.tag:
            _run("git", "tag", "--annotate", f"v{version}", "--message", f"torchlint {version}")
    except ReleaseError as error:
        print(error, file=sys.stderr)
        return 1
    for path in made:
        print(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}")
    return 0


def version_of(root: Path) -> str:
    """The version that the package says it has."""
    text = (root / "torchlint" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "(.+)"$', text, re.MULTILINE)
    if found is None:
        raise ReleaseError("torchlint/__init__.py names no __version__.")
    return found.group(1)


def of_texts(root: Path, version: str) -> list[str]:
    """What the changelog and the citation say that does not fit a version."""
    problems = []
    changes = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## \[(\d[^\]]*)\] - \d{4}-\d{2}-\d{2}$", changes, re.MULTILINE)
    if newest is None or newest.group(1) != version:
        said = newest.group(1) if newest else "none"
        problems.append(f"CHANGELOG.md: the newest version with a date is {said}; the package says {version}.")
    unreleased = re.search(r"^## \[Unreleased\]\n(.*?)(?=^## \[)", changes, re.MULTILINE | re.DOTALL)
    if unreleased is not None and unreleased.group(1).strip():
        problems.append("CHANGELOG.md: there are changes under Unreleased; give them a version and a date.")
    cited = re.search(r"^version: (.+)$", (root / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE)
    if cited is None or cited.group(1) != version:
        problems.append(f"CITATION.cff: the version is {cited.group(1) if cited else 'missing'}, not {version}.")
    return problems


def of_tree() -> list[str]:
    changed = _run("git", "status", "--porcelain").decode()
    return [f"The tree is not clean: commit or remove\n{changed.rstrip()}"] if changed else []


def build(out: Path) -> list[Path]:
    """The source distribution and the wheel of the commit that is checked out."""
    moment = _run("git", "log", "-1", "--format=%ct").decode().strip()
    env = {**os.environ, "SOURCE_DATE_EPOCH": moment}
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        with tarfile.open(fileobj=io.BytesIO(_run("git", "archive", "HEAD"))) as archive:
            archive.extractall(tree, filter="data")
        made = Path(folder) / "dist"
        _run(sys.executable, "-m", "build", "--outdir", str(made), str(tree), env=env)
        out.mkdir(parents=True, exist_ok=True)
        return [_kept(path, out, int(moment)) for path in sorted(made.iterdir())]


def _kept(path: Path, out: Path, moment: int) -> Path:
    target = out / path.name
    data = path.read_bytes()
    target.write_bytes(settled(data, moment) if path.name.endswith(".tar.gz") else data)
    return target


def settled(data: bytes, moment: int) -> bytes:
    """A gzipped tar with what depends on the machine taken out: times, owners and the order of files.

    `moment` is in seconds since 1970 (UTC).
    """
    packed = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(data)) as old, tarfile.open(fileobj=packed, mode="w") as new:
        for member in sorted(old.getmembers(), key=lambda member: member.name):
            member.mtime, member.uid, member.gid, member.uname, member.gname = moment, 0, 0, "", ""
            member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            member.pax_headers = {}
            new.addfile(member, old.extractfile(member) if member.isreg() else None)
    return gzip.compress(packed.getvalue(), mtime=moment)


def _run(*command: str, env: dict[str, str] | None = None) -> bytes:
    result = subprocess.run(command, cwd=ROOT, env=env, capture_output=True)
    if result.returncode:
        said = (result.stderr or result.stdout).decode(errors="replace").strip()
        raise ReleaseError(f"`{' '.join(command[:4])}` failed:\n{said}")
    return result.stdout


if __name__ == "__main__":
    raise SystemExit(main())
