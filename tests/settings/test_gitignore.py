"""Lines of `.gitignore` files, read as git reads them."""

from __future__ import annotations

import random
import re
import subprocess
from pathlib import Path

import pytest

from torchlint.settings.gitignore import Chain, deeper, ignores

_NAMES = ("a", "b", "ab", "ba", "x", "a b", "*", "#", "ax", "!a", "a-")
_PARTS = (
    *("a", "b", "ab", "x", " ", "\\", "!", "#", "[", "]", "-", ".", "/", "/", "*", "*"),
    *("**/", "/**/", "/**", "?", "[ab]", "[!a]", "[^b]", "[a-c]", "[z-a]", "[]a]", "[[:alpha:]]", "\\*", "\\a"),
)
_ROUNDS = 80


def chain_of(tmp_path: Path, *lines: str) -> Chain:
    (tmp_path / ".gitignore").write_bytes("\n".join(lines).encode())
    return deeper((), str(tmp_path), {".gitignore"})


def ignored(tmp_path: Path, path: str, *lines: str) -> bool:
    """Whether a file is ignored, or one of the directories that it is in."""
    chain, parts = chain_of(tmp_path, *lines), path.split("/")
    places = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
    return any(ignores(chain, str(tmp_path / place), is_directory=place != path) for place in places)


@pytest.mark.parametrize(
    ("line", "yes", "no"),
    [
        ("gen", ["gen", "src/gen", "gen/a.py"], ["gene", "agen"]),
        ("/gen", ["gen"], ["src/gen"]),
        ("gen/", ["gen/a.py", "src/gen/a.py"], ["gen", "src/gen"]),
        ("src/*.py", ["src/a.py"], ["a.py", "src/x/a.py", "x/src/a.py"]),
        ("*_pb2.py", ["a_pb2.py", "x/_pb2.py"], ["a_pb2.pyi"]),
        ("**/gen/*.py", ["gen/a.py", "x/y/gen/a.py"], ["gen/x/a.py"]),
        ("a/**/b", ["a/b", "a/x/b", "a/x/y/b"], ["ab", "x/a/b", "a/xb"]),
        ("**/a*b/c", ["ax/ab/c", "ab/c"], ["ax/b/c"]),
        ("a/**", ["a/x", "a/x/y"], ["a", "b/a/x"]),
        ("?[!x]", ["ab", "x/ab"], ["ax", "abc"]),
        ("a\\ ", ["a "], ["a"]),
        ("a  ", ["a"], ["a  "]),
        ("\\#a", ["#a"], ["a"]),
        ("[a", [], ["[a", "a"]),
        ("a\\", [], ["a", "a\\"]),
        ("[z-a]b", ["zb"], ["ab", "yb"]),
    ],
)
def test_a_line_means_what_it_means_to_git(tmp_path: Path, line: str, yes: list[str], no: list[str]) -> None:
    assert [path for path in yes if not ignored(tmp_path, path, line)] == []
    assert [path for path in no if ignored(tmp_path, path, line)] == []


def test_the_last_line_that_says_something_decides(tmp_path: Path) -> None:
    lines = ("*.py", "!keep.py", "keep.py/", "!*.pyi", "old.*")
    assert [name for name in ("a.py", "keep.py", "old.pyi", "new.pyi") if ignored(tmp_path, name, *lines)] == [
        "a.py",
        "old.pyi",
    ]


def test_random_lines_ignore_what_git_ignores(tmp_path: Path) -> None:
    files = sorted(
        {f"{a}/{b}/{c}" for a in _NAMES for b in _NAMES[:6] for c in _NAMES[:3]} | {f"{a}.f" for a in _NAMES}
    )
    for file in files:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    chance, matched = random.Random(7), 0
    for _ in range(_ROUNDS):
        # After a name, git reads two stars as more than its manual says, where no wildcard stands before them.
        lines = ["".join(chance.choices(_PARTS, k=chance.randint(1, 6))) for _ in range(chance.randint(1, 3))]
        lines = [re.sub(r"(?<=[^/*])\*\*+|\*\*+(?=[^/*])", "*", line) for line in lines]
        theirs, chain = _ignored_by_git(tmp_path, files, lines), chain_of(tmp_path, *lines)
        mine = {file for file in files if _ignored(chain, tmp_path, file)}
        assert mine == theirs, lines
        matched += len(theirs)
    assert matched > _ROUNDS


def _ignored_by_git(folder: Path, files: list[str], lines: list[str]) -> set[str]:
    (folder / ".gitignore").write_text("\n".join(lines))
    command = ["git", "check-ignore", "--stdin", "-z", "--no-index"]
    done = subprocess.run(command, cwd=folder, input="\0".join(files), capture_output=True, text=True, check=False)
    return set(filter(None, done.stdout.split("\0")))


def _ignored(chain: Chain, folder: Path, file: str) -> bool:
    parts = file.split("/")
    places = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
    return any(ignores(chain, str(folder / place), is_directory=place != file) for place in places)


@pytest.mark.parametrize("line", ["*a" * 60 + "..b", "**/a*/" * 40 + "b", "[ab]*?" * 50 + "c", "a**" * 60 + "b/c"])
def test_no_line_backtracks_for_ever(tmp_path: Path, line: str) -> None:
    chain = chain_of(tmp_path, line)
    assert not ignores(chain, str(tmp_path / ("a" * 4000)), is_directory=False)
    assert not ignores(chain, str(tmp_path / ("ab/" * 1300 + "a")), is_directory=False)
