"""Migrate copies of repositories with the fixes of TLT8, and say what does not hold afterwards.

    python -m tools.migrate_corpus FOLDER ...                 # with safe fixes, and with all

Nothing of the folders is changed: their files are copied first. Of each copy it is asked that

- what compiled before compiles afterwards,
- nothing is left that has a fix of the kind that was applied,
- a second run changes nothing,
- all comments stand, in their order,
- lines that no fix touches are the same bytes, except imports that are left without a use.

A row for each folder and kind of fixes is printed, then each fault. The exit code is 1 if there is one.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tokenize
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

KINDS = {"safe": ("safe",), "all": ("safe", "unsafe")}
_PROGRAMS = (".py", ".ipynb")
# What is checked, and what says for which torch it is.
_COPIED = (*_PROGRAMS, ".toml", ".cfg", ".txt", ".in", ".yml", ".yaml")
_LEFT_OUT = frozenset({".git", ".torchlint_cache", "node_modules"})
Finding = dict[str, Any]


@dataclass(slots=True)
class Migration:
    """What became of one copy."""

    name: str
    kind: str
    files: int = 0
    findings: int = 0
    fixable: int = 0
    changed: int = 0
    left: int = 0
    faults: list[str] = field(default_factory=list)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="+", type=Path)
    parser.add_argument("--select", default="TLT8", help="the rules whose fixes are applied [TLT8]")
    parser.add_argument("--target-torch", default="", help="the versions of torch to migrate to")
    asked = parser.parse_args(arguments)
    options = ["--select", asked.select, *(["--target-torch", asked.target_torch] if asked.target_torch else [])]
    done = [each for folder in asked.folder for each in migrated(folder.resolve(), options)]
    print(
        f"{'repository':28} {'fixes':6} {'files':>6} {'findings':>9} {'fixable':>8} {'changed':>8} {'left':>5} faults"
    )
    for each in done:
        print(
            f"{each.name:28} {each.kind:6} {each.files:6} {each.findings:9} {each.fixable:8} {each.changed:8} "
            f"{each.left:5} {len(each.faults)}"
        )
    for each in done:
        for fault in each.faults:
            print(f"{each.name} ({each.kind}): {fault}")
    return int(any(each.faults for each in done))


def migrated(folder: Path, options: Sequence[str]) -> Iterator[Migration]:
    """Migrate copies of a folder, one with each kind of fixes."""
    found: list[Finding] | None = None
    for kind, applied in KINDS.items():
        with tempfile.TemporaryDirectory(prefix="migrate") as name:
            copy = Path(name) / folder.name
            _copy(folder, copy)
            found = _findings(copy, options) if found is None else found
            fixable = [finding for finding in found if _applicability(finding) in applied]
            yield _migrated(copy, Migration(folder.name, kind, findings=len(found)), fixable, options)


def _migrated(copy: Path, result: Migration, fixable: list[Finding], options: Sequence[str]) -> Migration:
    before = _contents(copy)
    fix = ["--fix", *(["--unsafe-fixes"] if result.kind == "all" else [])]
    _torchlint(copy, *options, *fix, "--fix-only")
    after = _contents(copy)
    rest = _findings(copy, [*options, *fix])
    again = _contents(copy)
    changed = [path for path in before if after.get(path) != before[path]]
    result.files, result.fixable, result.changed, result.left = len(before), len(fixable), len(changed), len(rest)
    result.faults += [f"{path}: a second run changes it" for path in after if again.get(path) != after[path]]
    result.faults += [
        f"{finding['filename']}:{finding['location']['row']}: {finding['code']} is left, with a fix"
        for finding in rest
        if _applicability(finding) in KINDS[result.kind]
    ]
    for path in changed:
        touched = touched_rows([finding for finding in fixable if finding["filename"] == path])
        result.faults += [f"{path}: {fault}" for fault in faults(path, before[path], after.get(path, b""), touched)]
    return result


def _copy(folder: Path, copy: Path) -> None:
    for root, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in _LEFT_OUT]
        for name in files:
            path = Path(root, name)
            if name.endswith(_COPIED) and path.is_file() and not path.is_symlink():
                target = copy / path.relative_to(folder)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)


def _contents(copy: Path) -> dict[str, bytes]:
    paths = sorted(path for path in copy.rglob("*") if path.suffix in _PROGRAMS and path.is_file())
    return {str(path.relative_to(copy)): path.read_bytes() for path in paths}


def _torchlint(copy: Path, *options: str) -> str:
    command = [sys.executable, "-m", "torchlint", "check", "--no-cache", "-j1", "--no-respect-gitignore", *options, "."]
    run = subprocess.run(command, cwd=copy, capture_output=True, text=True, encoding="utf-8")
    if run.returncode not in (0, 1, 2):
        raise RuntimeError(run.stderr)
    return run.stdout


def _findings(copy: Path, options: Sequence[str]) -> list[Finding]:
    found: list[Finding] = json.loads(_torchlint(copy, *options, "--output-format", "json"))
    for finding in found:
        finding["filename"] = os.path.relpath(os.path.join(copy, finding["filename"]), copy)
    return found


def _applicability(finding: Finding) -> str:
    return str(finding["fix"]["applicability"]) if finding["fix"] else ""


def touched_rows(fixable: Sequence[Finding]) -> set[int]:
    """The rows of a file that fixes edit."""
    edits = [edit for finding in fixable for edit in finding["fix"]["edits"]]
    return {row for edit in edits for row in range(edit["location"]["row"], edit["end_location"]["row"] + 1)}


def faults(path: str, before: bytes, after: bytes, touched: set[int]) -> Iterator[str]:
    """What does not hold of a file that fixes changed."""
    is_notebook = path.endswith(".ipynb")
    old, new = (_cells(content) if is_notebook else [content] for content in (before, after))
    if len(old) != len(new):
        yield "it has other cells"
        return
    for one, other in zip(old, new, strict=True):
        if _compiles(one) and not _compiles(other):
            yield "it does not compile"
        elif (kept := _comments(one)) is not None and kept != _comments(other):
            yield "a comment is gone or moved"
    if not is_notebook:
        yield from _changed_elsewhere(before, after, touched | _import_rows(before))


def _import_rows(program: bytes) -> set[int]:
    """The rows of imports, which a fix of another row may leave without a use."""
    nodes = [node for node in ast.walk(ast.parse(program)) if isinstance(node, ast.Import | ast.ImportFrom)]
    return {row for node in nodes for row in range(node.lineno, (node.end_lineno or node.lineno) + 1)}


def _cells(content: bytes) -> list[bytes]:
    cells = json.loads(content).get("cells", [])
    return ["".join(cell["source"]).encode() for cell in cells if cell.get("cell_type") == "code"]


def _compiles(program: bytes) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(program, "program.py", "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            return False
    return True


def _comments(program: bytes) -> list[str] | None:
    """The comments of a program; None for what is not one."""
    try:
        tokens = list(tokenize.tokenize(io.BytesIO(program).readline))
    except (SyntaxError, tokenize.TokenError):
        return None
    return [token.string for token in tokens if token.type == tokenize.COMMENT]


def _changed_elsewhere(before: bytes, after: bytes, touched: set[int]) -> Iterator[str]:
    """Rows that are not the same bytes, and that no fix edits; a row that is inserted belongs to its neighbours."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    for tag, start, end, _, _ in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        rows = range(start + 1, end + 1) if end > start else (start, start + 1)
        is_touched = [row in touched for row in rows]
        if not (all(is_touched) if end > start else any(is_touched)):
            yield f"row {start + 1} is changed, and no fix edits it"


if __name__ == "__main__":
    raise SystemExit(main())
