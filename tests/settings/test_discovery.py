"""Which files are checked."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from fake_rules import fake

from torchlint import registry
from torchlint.settings.config import Configuration, Overrides
from torchlint.settings.discovery import discover


@pytest.fixture(autouse=True)
def directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(registry, "rules", lambda: [fake("TLT101", "bad-call")])
    monkeypatch.chdir(tmp_path)


def make(*paths: str, text: str = "") -> None:
    for path in paths:
        file = Path(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def found(*arguments: str, **table: object) -> list[str]:
    configuration = Configuration(Overrides(table={key.replace("_", "-"): value for key, value in table.items()}))
    targets = list(discover(arguments or ["."], configuration))
    assert [target.error for target in targets] == [""] * len(targets)
    return [target.path for target in targets]


def test_directories_are_walked_by_name() -> None:
    make("b.py", "a/z.py", "a/b/c.py", "c/a.py", "a.txt", "a.pyi", "n.ipynb", ".hidden/x.py")
    assert found() == [".hidden/x.py", "a/b/c.py", "a/z.py", "b.py", "c/a.py", "n.ipynb"]


def test_arguments_keep_their_order_and_no_file_comes_twice() -> None:
    make("a.py", "b/c.py", "b/d.py")
    assert found("b/d.py", "./b", ".", str(Path("a.py").absolute()), "b/../a.py") == ["b/d.py", "b/c.py", "a.py"]


def test_paths_outside_stay_absolute_and_those_inside_are_shown_relative(tmp_path: Path) -> None:
    make("in/a.py", "out/b.py")
    os.chdir("in")
    assert found(str(tmp_path / "in"), str(tmp_path / "out")) == ["a.py", str(tmp_path / "out" / "b.py")]


def test_the_usual_directories_are_left_out() -> None:
    make("a.py", "node_modules/a.py", "x/.venv/lib/a.py", "build/a.py", ".git/a.py", "x/builder/a.py")
    assert found() == ["a.py", "x/builder/a.py"]
    assert found(exclude=["a.py"]) == []
    assert found(extend_exclude=["x/*"]) == ["a.py"]


def test_what_is_named_is_checked_whatever_excludes_it() -> None:
    make("build/a.py", "script")
    make(".gitignore", text="script\n")
    assert found("build/a.py", "script") == ["build/a.py", "script"]
    assert found("build") == ["build/a.py"]
    assert found("build/a.py", "build", "script", force_exclude=True) == ["script"]


def test_each_directory_has_its_own_settings() -> None:
    make("a/x.py", "a/y.py", "b/x.py")
    make("a/pyproject.toml", text='[tool.torchlint]\nexclude = ["x.py"]\n')
    assert found() == ["a/y.py", "b/x.py"]


def test_what_git_ignores_is_left_out() -> None:
    make("a.py", "gen/a.py", "src/gen.py", "src/deep/gen/b.py", "src/keep/gen.py", "src/keep/c.py")
    make(".gitignore", text="# comment\ngen/\ngen.py\n/a.py\n!\n[z-a]\n")
    make("src/keep/.gitignore", text="!gen.py\nc.py\r\n")
    assert found() == ["src/keep/gen.py"]
    assert found(respect_gitignore=False) == sorted(
        ["a.py", "gen/a.py", "src/deep/gen/b.py", "src/gen.py", "src/keep/c.py", "src/keep/gen.py"]
    )


def test_gitignore_files_above_count_up_to_the_root_of_the_repository() -> None:
    make("repo/src/a.py", "repo/src/b.py", "repo/src/c.py", "repo/.git/HEAD")
    make(".gitignore", text="a.py\n")
    make("repo/.gitignore", text="src/b.py\n")
    assert found("repo/src") == ["repo/src/a.py", "repo/src/c.py"]


def test_a_repository_within_another_has_its_own_rules() -> None:
    make("a.py", ".git/HEAD", "inner/a.py", "inner/.git")
    make(".gitignore", text="a.py\n")
    assert found() == ["inner/a.py"]


def test_an_ignored_directory_that_is_named_is_checked() -> None:
    make("out/x/a.py", ".git/HEAD")
    make(".gitignore", text="out/\n")
    assert found() == []
    assert found("out/x") == ["out/x/a.py"]


def test_symbolic_links_neither_loop_nor_double() -> None:
    make("a/b.py", "far/c.py")
    Path("a/loop").symlink_to(Path("a").absolute(), target_is_directory=True)
    Path("a/link.py").symlink_to(Path("a/b.py").absolute())
    Path("a/gone.py").symlink_to("nowhere")
    Path("named").symlink_to("far", target_is_directory=True)
    assert found("a") == ["a/b.py"]
    assert found("named", "far") == ["named/c.py"]


def test_what_is_not_there_is_an_error_beside_the_rest() -> None:
    make("a.py")
    targets = list(discover(["no.py", "a.py"], Configuration()))
    assert [tuple(target) for target in targets] == [("no.py", "no such file or directory"), ("a.py", "")]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_directory_that_cannot_be_read_is_an_error() -> None:
    make("a/b.py", "c.py")
    os.chmod("a", 0)
    try:
        targets = list(discover(["."], Configuration()))
    finally:
        os.chmod("a", 0o755)
    assert [tuple(target) for target in targets] == [("a", "permission denied"), ("c.py", "")]


def test_pipes_and_directories_with_python_names_are_no_files() -> None:
    make("dir.py/a.py")
    os.mkfifo("pipe.py")
    assert found() == ["dir.py/a.py"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow only Unicode")
def test_names_need_not_be_unicode() -> None:
    with open(b"caf\xe9.py", "wb"):
        pass
    make(".gitignore", text="x\n")
    assert found() == ["caf\udce9.py"]
