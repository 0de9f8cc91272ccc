"""Configuration that nobody means: each is one line and an exit code, and nothing waits or overflows."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from torchlint import cli
from torchlint.settings.config import Configuration, Overrides
from torchlint.settings.discovery import discover
from torchlint.settings.globs import Glob, Globs
from torchlint.settings.keys import KEYS

_VALUES = (
    *('""', '"x"', "1", "1.5", "nan", "true", "[]", "[1]", "[[]]", '[""]', "{}", "{ a = 1 }", "1979-05-27T07:32:00Z"),
    *("[" * 60 + "]" * 60, '"' + "x" * 100_000 + '"', '["\\u0000"]', '"a\\u0000b"', "[{}]", "-0", "[true]"),
    "{ a" + ".a" * 5000 + " = 1 }",
)


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("a.py").write_text("import os\n")
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """The exit code and what was said on standard error, which is one line where something is wrong."""
    code = cli.main(["a.py", "--no-cache", *arguments])
    err = capsys.readouterr().err
    assert "Traceback" not in err
    assert code in (0, 2)
    assert err.count("\n") == (code == 2)
    assert len(err) < 1000
    return code, err


@pytest.mark.parametrize("key", [*KEYS, "nonsense", "x" * 10_000])
def test_a_value_of_any_type_is_accepted_or_one_line(key: str, capsys: pytest.CaptureFixture[str]) -> None:
    for value in _VALUES:
        Path("pyproject.toml").write_text(f"[tool.torchlint]\n{key} = {value}\n")
        said(capsys)
        said(capsys, "--config", f"{key} = {value}", "--isolated")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("tool = 1 # torchlint", "pyproject.toml: `tool` is not a table"),
        ("[[tool]]\ntorchlint = 1", "pyproject.toml: `tool` is not a table"),
        ("[tool]\ntorchlint = 1", "pyproject.toml: [tool.torchlint] is not a table but 1"),
        ("[[tool.torchlint]]\na = 1", "pyproject.toml: [tool.torchlint] is not a table but [{'a': 1}]"),
        (
            "[tool.torchlint]\noutput-format = []",
            "pyproject.toml:2: output-format: expected the name of an output format",
        ),
        ('[tool.torchlint]\nselect = ["\0"]', "pyproject.toml: not valid TOML: Illegal character"),
        ('[tool.torchlint]\nextend = "a\\u0000b"', "cannot be read: embedded null byte"),
        (f"[tool.torchlint]\nselect = {'[' * 9999}{']' * 9999}", "pyproject.toml: not valid TOML: nested too deeply"),
        (f"[tool.torchlint]\nselect{'.a' * 2000} = 1", "select: expected a list of strings, found {'a': {"),
    ],
)
def test_a_file_that_makes_no_sense_is_one_line(text: str, wanted: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("pyproject.toml").write_text(text)
    code, err = said(capsys)
    assert code == 2
    assert wanted in err


@pytest.mark.parametrize("name", ["pyproject.toml", "other.toml"])
def test_a_pipe_is_no_configuration(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(name)
    assert said(capsys, *(["--config", name] if name == "other.toml" else [])) == (
        2,
        f"error: {name}: not a regular file\n",
    )


def test_a_pipe_named_gitignore_ignores_nothing() -> None:
    os.mkfifo(".gitignore")
    assert [target.path for target in discover(["."], Configuration())] == ["a.py"]


def test_pipes_sockets_and_devices_that_are_named_are_not_read(capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo("pipe.py")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.py")
        assert cli.main(["pipe.py", "socket.py", "/dev/zero", "--no-cache"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(",")[0] for line in lines] == [
        "pipe.py: error: not a regular file",
        "socket.py: error: not a regular file",
        "/dev/zero: error: not a regular file",
    ]


def test_a_link_in_a_circle_does_not_hide_its_directory() -> None:
    Path("d").mkdir()
    for name in ("d/b.py", "d/z.py"):
        Path(name).touch()
    Path("d/loop.py").symlink_to("loop.py")
    Path("d/one.py").symlink_to("two.py")
    Path("d/two.py").symlink_to("one.py")
    assert [tuple(target) for target in discover(["d"], Configuration())] == [("d/b.py", ""), ("d/z.py", "")]


@pytest.mark.parametrize("pattern", ["*a" * 60 + "..b", "**/*a" * 40 + "b", "[ab]*?" * 60 + "c", "a**" * 60 + "/**/b"])
def test_no_pattern_backtracks_for_ever(pattern: str, tmp_path: Path) -> None:
    globs = Globs.of([Glob(pattern, str(tmp_path))])
    assert not globs.matches(str(tmp_path / ("a" * 4000)))
    assert not globs.matches_within(str(tmp_path / ("ad/" * 1000 + "a")))
    settings = Configuration(Overrides({"per-file-ignores": {pattern: ["ALL"]}, "exclude": [pattern]}))
    assert settings.settings_for("a" * 200).codes_for("a" * 200)


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("*a*b*c", ["abc", "xaxbxc", "a/b/c", "aabbcc"], ["acb", "abcx"]),
        ("a*a", ["aa", "aba"], ["a"]),
        ("**/a/**/b", ["a/b", "x/a/b", "x/a/y/z/b"], ["xa/b", "a/xb"]),
        ("x/**/*.py", ["x/a.py", "x/y/a.py"], ["a.py", "x.py"]),
        ("x**/b", ["x/b", "xy/z/b"], ["xb"]),
    ],
)
def test_gaps_are_as_wide_as_they_must_be(pattern: str, yes: list[str], no: list[str], tmp_path: Path) -> None:
    globs = Globs.of([Glob(pattern, str(tmp_path))])
    assert [path for path in yes + no if globs.matches(str(tmp_path / path))] == yes
