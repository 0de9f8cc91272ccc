"""A golden is a unified diff: it gives back, to the byte, what fixing made of a fixture."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from torchlint.verify.fixtures import difference, fixed, golden, patched, write_golden

# Few different lines, so that many are common to both texts; line ends of all kinds, also none.
texts = st.lists(st.sampled_from(["a\n", "b\n", "\n", "- c\n", "@@ d\n", "e\r\n", "f\x0cg\n", "h\ri"])).map("".join)


@given(texts, texts)
@example("", "a\n")
@example("a\n", "")
@example("a", "a\n")
@example("a\nb", "a\nc")
def test_a_diff_gives_back_the_text_that_it_was_made_of(before: str, after: str) -> None:
    assert patched(before, difference(before, after)) == after


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_diff_is_one_that_git_applies(tmp_path: Path) -> None:
    before, after = "import torch\n\nx = 1\ny = 2\r\nz = 3", "import torch\nx = 1\ny = 3\r\nz = 4"
    path = tmp_path / "case.py"
    path.write_bytes(before.encode())
    write_golden(path, after)
    subprocess.run(["git", "apply", "-p0", golden(path).name], cwd=tmp_path, check=True)
    assert path.read_bytes() == after.encode()


def test_a_golden_of_another_text_is_not_applied() -> None:
    diff = difference("a\nb\nc\n", "a\nB\nc\n")
    with pytest.raises(ValueError, match=r"at line 1.*--update-goldens"):
        patched("a\nx\nc\n", diff)


def test_a_fixture_that_fixing_leaves_alone_has_no_golden(tmp_path: Path) -> None:
    path = tmp_path / "case.py"
    path.write_text("x = 1\n")
    write_golden(path, "x = 2\n")
    assert fixed(path) == "x = 2\n"
    write_golden(path, "x = 1\n")
    assert not golden(path).exists()
    assert fixed(path) == "x = 1\n"
