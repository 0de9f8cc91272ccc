"""Verdicts of earlier runs are believed only if this user's runs on this machine wrote them."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import pytest

from torchlint.running import seal
from torchlint.verify.instance.verdict_cache import Verdicts

pytestmark = pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the folder is another one there")

FIRST, SECOND = "a" * 64, "b" * 64
CHANGES = {"verdict": "CHANGES", "condition": "", "detail": "", "domain": "", "reproducer": "", "points": 3}
EQUAL = {**CHANGES, "verdict": "IDENTICAL", "points": 517}


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "torchlint" / "secret"


@pytest.fixture
def folder(tmp_path: Path, state: Path) -> Path:
    return tmp_path / "cache"


def entry(folder: Path, digest: str) -> Path:
    return folder / "verdicts" / f"{digest}.json"


def test_a_verdict_is_there_for_the_next_run(folder: Path) -> None:
    Verdicts(folder).put(FIRST, CHANGES)
    assert Verdicts(folder).get(FIRST) == CHANGES
    assert Verdicts(folder).get(SECOND) is None
    assert (folder / ".gitignore").read_text() == "*\n"


def test_a_verdict_that_was_written_by_hand_is_not_believed(folder: Path) -> None:
    Verdicts(folder).put(FIRST, CHANGES)
    kept = entry(folder, FIRST).read_bytes()
    forged = [
        json.dumps(EQUAL).encode(),
        kept.replace(b"CHANGES", b"IDENTICAL"),
        seal.sealed(EQUAL, FIRST),
        seal.sealed(EQUAL, FIRST, b"0" * 32),
        b"[]",
        b"null",
        b"",
    ]
    for content in forged:
        entry(folder, FIRST).write_bytes(content)
        assert Verdicts(folder).get(FIRST) is None, content


def test_a_verdict_is_not_believed_under_another_name(folder: Path) -> None:
    Verdicts(folder).put(FIRST, EQUAL)
    entry(folder, FIRST).rename(entry(folder, SECOND))
    assert Verdicts(folder).get(SECOND) is None


def test_no_byte_of_a_verdict_may_change(folder: Path) -> None:
    Verdicts(folder).put(FIRST, CHANGES)
    kept = entry(folder, FIRST).read_bytes()
    for place in range(len(kept)):
        changed = bytearray(kept)
        changed[place] ^= 1 << place % 8
        entry(folder, FIRST).write_bytes(changed)
        assert Verdicts(folder).get(FIRST) is None, place


def test_a_verdict_of_another_machine_is_not_believed(folder: Path, state: Path) -> None:
    Verdicts(folder).put(FIRST, EQUAL)
    state.unlink()
    assert Verdicts(folder).get(FIRST) is None


def test_the_secret_is_made_once_for_its_owner_alone(state: Path) -> None:
    first = seal.secret()
    assert first
    assert seal.secret() == first == state.read_bytes()
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    assert [path.name for path in state.parent.iterdir()] == ["secret"]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_secret_that_others_can_read_is_none(folder: Path, state: Path, mode: int) -> None:
    """As it is when it comes with a repository."""
    seal.secret()
    state.chmod(mode)
    assert seal.secret() is None
    Verdicts(folder).put(FIRST, CHANGES)
    assert not folder.exists()


def test_a_secret_is_no_link_and_has_its_length(tmp_path: Path, state: Path) -> None:
    seal.secret()
    state.write_bytes(b"short")
    assert seal.secret() is None
    (tmp_path / "other").write_bytes(b"0" * 32)
    (tmp_path / "other").chmod(0o600)
    state.unlink()
    state.symlink_to(tmp_path / "other")
    assert seal.secret() is None


def test_where_no_secret_can_be_kept_nothing_is_kept(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    verdicts = Verdicts(folder)
    verdicts.put(FIRST, CHANGES)
    assert verdicts.get(FIRST) == CHANGES
    assert Verdicts(folder).get(FIRST) is None
    assert not folder.exists()


def test_a_relative_state_folder_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be one of the repository's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", "state")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert seal.secret()
    assert os.listdir(tmp_path) == ["home"]
