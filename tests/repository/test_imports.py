"""Imports: no module comes back to itself through others, each can be imported alone, each at its place or with a
reason."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hang_guard import HANG_GUARD
from imports import ROOT, circles, graph, imports_in, modules

_REASON = re.compile(r"#\s*(start-up|optional)\b", re.IGNORECASE)


def project(tmp_path: Path, **texts: str) -> dict[str, Path]:
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    for name, text in texts.items():
        (package / f"{name}.py").write_text(text)
    return modules(tmp_path, ["package"])


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("import package.b\n", "from package import a\n"),
        ("from .b import x\n", "def f():\n    from . import a\n"),
        ("from package.b import x\n", "try:\n    pass\nfinally:\n    import package.a\n"),
    ],
)
def test_a_circle_is_seen_wherever_the_imports_stand(tmp_path: Path, first: str, second: str) -> None:
    found = project(tmp_path, a=first, b=second, c="from package import a, b\n")
    assert circles(graph(found, types=False)) == [["package.a", "package.b"]]


def test_a_circle_of_types_is_told_from_one_at_run_time(tmp_path: Path) -> None:
    guarded = "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from package.b import B\n"
    found = project(tmp_path, a=guarded, b="from package import a\n")
    assert circles(graph(found, types=False)) == []
    assert circles(graph(found, types=True)) == [["package.a", "package.b"]]


def test_no_module_imports_itself_through_others() -> None:
    """Imports within functions count, and those for type checkers."""
    edges = graph(modules(), types=True)
    assert len(edges) > 200
    assert circles(edges) == []


def test_no_two_modules_have_one_basename() -> None:
    # The demonstration of a rule is a program beside it and has its name.
    paths = [path for path in modules().values() if path.parent.name != "demonstrations"]
    names = [path.stem for path in paths if not path.stem.startswith("__")]
    assert sorted({name for name in names if names.count(name) > 1}) == []


_IMPORT_EACH = """
import importlib, sys, traceback

for name in sys.stdin.read().split():
    for loaded in [each for each in sys.modules if each == "torchlint" or each.startswith("torchlint.")]:
        del sys.modules[loaded]
    try:
        importlib.import_module(name)
    except Exception:
        print(name, traceback.format_exc())
"""


def test_each_module_can_be_imported_alone() -> None:
    """One process imports them one after the other and forgets them before the next: those of others stay."""
    pytest.importorskip("torch")
    pytest.importorskip("flake8")
    names = [name for name in modules(ROOT, ["torchlint"]) if not name.endswith("__main__")]
    result = subprocess.run(
        [sys.executable, "-c", _IMPORT_EACH],
        input="\n".join(names),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=HANG_GUARD,
        check=True,
    )
    assert result.stdout == ""


def test_an_import_within_a_function_says_why() -> None:
    """It is there for start-up or for an optional package; the comment stands above it, or above those it follows."""
    unexplained = []
    for name, path in modules().items():
        text = path.read_text(encoding="utf-8")
        nodes = [each.node for each in imports_in(ast.parse(text)) if each.in_function and not each.for_types]
        lines = text.splitlines()
        explained = {node.lineno for node in nodes if _REASON.search(lines[node.lineno - 2])}
        for node in sorted(nodes, key=lambda node: node.lineno):
            before = [line for line in explained if line < node.lineno]
            between = lines[max(before) : node.lineno - 1] if before else ["..."]
            if node.lineno not in explained and any(not _is_import_or_blank(line) for line in between):
                unexplained.append(f"{name}:{node.lineno}")
    assert unexplained == []


def _is_import_or_blank(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith(("import ", "from "))
