"""What files import is read off their text, and whose files those are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from torchlint.syntax import import_index, module_paths
from torchlint.syntax.import_index import ImportIndexes, imported_names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("import a", {"a"}),
        ("import a.b.c as d, e", {"a.b.c", "e"}),
        ("from a.b import c as d, e  # and, more", {"a.b.c", "a.b.e"}),
        ("from a import (b,  # one\n    c as d,\n)\n", {"a.b", "a.c"}),
        ("from a import b, \\\n    c\n", {"a.b", "a.c"}),
        ("from . import a", {".a"}),
        ("from ..a.b import c", {"..a.b.c"}),
        ("from .a import *", {".a.*"}),
        ("from . import *", {".*"}),
        ("from a import(b)", {"a.b"}),
        ("def f():\n    from a import b; print(b)\n", {"a.b"}),
        ("try:\n\timport a\nexcept ImportError:\n\tpass\n", {"a"}),
        ("importlib.reload(x)", set()),
        ("x = 'an import of a'", set()),
        ("# import a", set()),
    ],
)
def test_the_names_in_import_statements_are_found(text: str, names: set[str]) -> None:
    assert imported_names(text.encode()) == names


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in (
        "pkg/__init__.py",
        "pkg/sub/__init__.py",
        "tests/test_a.py",
        "venv/lib.py",
        ".hidden/a.py",
        "build/a.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("import found\n")
    (tmp_path / "venv" / "pyvenv.cfg").write_text("")
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "pkg" / "engine.py").write_text("from pkg import sub\n")
    (tmp_path / "main.py").write_text("import found\n")
    return tmp_path


def test_tests_environments_and_builds_are_not_among_the_files_of_a_project(project: Path) -> None:
    index = ImportIndexes().of(str(project / "pkg" / "engine.py"))
    assert index is not None
    assert index.root == str(project)
    paths = [os.path.relpath(path, project) for path, _ in index.importing("found")]
    assert sorted(paths) == ["main.py", os.path.join("pkg", "__init__.py"), os.path.join("pkg", "sub", "__init__.py")]


def test_without_a_mark_of_its_root_a_project_is_the_outermost_package(project: Path) -> None:
    (project / "pyproject.toml").unlink()
    assert module_paths.outermost_package(str(project / "pkg" / "sub")) == str(project / "pkg")
    assert module_paths.outermost_package(str(project)) == str(project)


def test_of_a_project_that_is_too_large_nothing_is_known(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_index, "_MAX_FILES", 3)
    assert ImportIndexes().of(str(project / "main.py")) is None


def test_what_an_earlier_run_read_is_not_read_again(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = ImportIndexes()
    first.of(str(project / "main.py"))
    rows = first.unsaved()
    assert first.unsaved() == {}
    monkeypatch.setattr(import_index, "_read", lambda path, size: pytest.fail(f"{path} was read"))
    second = ImportIndexes(rows)
    index = second.of(str(project / "main.py"))
    assert index is not None
    assert index.imports_of(str(project / "pkg" / "engine.py")) == ["pkg.sub"]
    assert second.unsaved() == {}


def test_a_module_is_looked_for_where_python_would_and_where_the_project_keeps_its_packages(project: Path) -> None:
    for folder in ("src/lib", "scripts/deep"):
        (project / folder).mkdir(parents=True)
    (project / "src" / "lib" / "__init__.py").write_text("")
    (project / "scripts" / "helper.py").write_text("")
    (project / "helper.py").write_text("")
    script = str(project / "scripts" / "deep" / "run.py")
    assert module_paths.split(script, "helper.f") == (str(project / "scripts" / "helper.py"), ["f"])
    assert module_paths.split(script, "pkg.engine.f") == (str(project / "pkg" / "engine.py"), ["f"])
    assert module_paths.split(script, "lib.f") == (str(project / "src" / "lib" / "__init__.py"), ["f"])
    assert module_paths.split(script, "elsewhere.f") == (None, ["elsewhere", "f"])
