"""A fixed file on the disk: the text is another one, and nothing else."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import BAD, torchlint
from hang_guard import HANG_GUARD

from torchlint.finding import Edit
from torchlint.fixing import files
from torchlint.fixing.files import NotKeptError, StaleFileError, write
from torchlint.source import Source, SourceError

only_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only the superuser gives files to others"
)
needs_attributes = pytest.mark.skipif(not hasattr(os, "setxattr"), reason="only Linux has these calls")


def a_file(folder: Path, mode: int = 0o644) -> Path:
    path = folder / "a.py"
    path.write_bytes(b"a")
    path.chmod(mode)
    return path


def replace(path: Path) -> None:
    rewrite(path, Source.from_bytes(str(path), b"a"), "b")


def rewrite(path: Path, source: Source, text: str) -> None:
    write(path, source, source.edited([Edit(0, len(source.text), text)]))


def assert_untouched(path: Path) -> None:
    assert path.read_bytes() == b"a"
    assert not [name for name in os.listdir(path.parent) if name.endswith(".tmp")]


@pytest.mark.parametrize(
    ("data", "new"),
    [
        (b"a\r\nb\n", b"x\r\nb\n"),
        (b"\xef\xbb\xbfa\n", b"\xef\xbb\xbfx\n"),
        ("# coding: latin-1\na = 'é'".encode("latin-1"), "# coding: lxtin-1\na = 'é'".encode("latin-1")),
        ("a = '🔥'\r".encode(), "x = '🔥'\r".encode()),
    ],
)
def test_a_file_keeps_its_encoding_line_ends_and_mode(tmp_path: Path, data: bytes, new: bytes) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(data)
    path.chmod(0o754)
    source = Source.from_bytes(str(path), path.read_bytes())
    rewrite(path, source, source.text.replace("a", "x", 1))
    assert path.read_bytes() == new
    assert path.stat().st_mode & 0o777 == 0o754
    assert os.listdir(tmp_path) == ["a.py"]


def test_a_link_stays_and_its_target_changes(tmp_path: Path) -> None:
    target, link = tmp_path / "target.py", tmp_path / "link.py"
    target.write_bytes(b"a")
    link.symlink_to("target.py")
    rewrite(link, Source.from_bytes(str(link), b"a"), "b")
    assert link.is_symlink()
    assert target.read_bytes() == b"b"


def test_a_file_that_changed_since_it_was_read_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"a")
    source = Source.from_bytes(str(path), b"a")
    path.write_bytes(b"mine")
    with pytest.raises(StaleFileError, match="changed since it was read"):
        rewrite(path, source, "b")
    with pytest.raises(StaleFileError):
        rewrite(path, Source(str(path), "mine"), "b")
    assert path.read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"# coding: ascii\n", "# coding: ascii\n'\xe9'"),
        # `a` is written in a roundabout way, which would be lost.
        (b"# coding: utf-7\n+AGE- = 1\n", "# coding: utf-7\na = 2\n"),
    ],
)
def test_a_text_that_its_encoding_cannot_hold_is_not_written(tmp_path: Path, data: bytes, text: str) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(data)
    with pytest.raises(SourceError, match="cannot be"):
        rewrite(path, Source.from_bytes(str(path), data), text)
    assert path.read_bytes() == data


def test_a_failed_write_leaves_the_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"a")

    def fail(*args: object) -> None:
        raise OSError("no")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="no"):
        rewrite(path, Source.from_bytes(str(path), b"a"), "b")
    assert path.read_bytes() == b"a"
    assert os.listdir(tmp_path) == ["a.py"]


@only_root
def test_owner_group_and_special_bits_stay(tmp_path: Path) -> None:
    path = a_file(tmp_path)
    os.chown(path, 1234, 2345)
    path.chmod(0o6754)
    replace(path)
    state = path.stat()
    assert (path.read_bytes(), state.st_uid, state.st_gid, state.st_mode & 0o7777) == (b"b", 1234, 2345, 0o6754)


@only_root
@pytest.mark.parametrize(("owner", "group", "lost"), [(1234, 0, "owner"), (0, 2345, "group")])
def test_a_file_whose_owner_cannot_be_kept_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: int, group: int, lost: str
) -> None:
    path = a_file(tmp_path)
    os.chown(path, owner, group)

    def refuse(*args: object) -> None:
        raise PermissionError

    monkeypatch.setattr(files.os, "chown", refuse)
    with pytest.raises(NotKeptError, match=f"its {lost} is another one"):
        replace(path)
    assert_untouched(path)


def test_a_mode_that_cannot_be_kept_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = a_file(tmp_path, 0o640)
    monkeypatch.setattr(files.os, "chmod", lambda *args: None)
    with pytest.raises(NotKeptError, match="mode 640 cannot be kept"):
        replace(path)
    assert_untouched(path)


@pytest.mark.parametrize("mode", [0o444, 0o400, 0o555])
def test_a_read_only_file_is_refused(tmp_path: Path, mode: int) -> None:
    path = a_file(tmp_path, mode)
    with pytest.raises(NotKeptError, match="is read-only"):
        replace(path)
    assert_untouched(path)
    assert path.stat().st_mode & 0o777 == mode


def test_a_file_with_several_links_is_refused(tmp_path: Path) -> None:
    path, other = a_file(tmp_path), tmp_path / "other.py"
    os.link(path, other)
    with pytest.raises(NotKeptError, match="has 2 hard links"):
        replace(path)
    assert_untouched(path)
    assert path.samefile(other)


def test_a_link_to_a_read_only_file_is_refused(tmp_path: Path) -> None:
    target, link = a_file(tmp_path, 0o444), tmp_path / "link.py"
    link.symlink_to("a.py")
    with pytest.raises(NotKeptError, match="is read-only"):
        replace(link)
    assert link.is_symlink()
    assert_untouched(target)


def access_list(*rows: tuple[int, int, int]) -> bytes:
    """The list as Linux stores it: version 2, then tag, permissions and id of each row."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *row) for row in rows)


NOBODY = 0xFFFFFFFF
LIST = access_list((1, 6, NOBODY), (2, 4, 1234), (4, 4, NOBODY), (0x10, 4, NOBODY), (0x20, 0, NOBODY))


def set_attribute(path: Path, name: str, value: bytes) -> None:
    try:
        os.setxattr(path, name, value)
    except OSError:
        pytest.skip(f"this file system has no {name}")


@needs_attributes
def test_attributes_and_access_lists_stay(tmp_path: Path) -> None:
    path = a_file(tmp_path)
    set_attribute(path, "user.origin", b"here")
    set_attribute(path, "system.posix_acl_access", LIST)
    mode = path.stat().st_mode
    replace(path)
    assert path.read_bytes() == b"b"
    assert os.getxattr(path, "user.origin") == b"here"
    assert os.getxattr(path, "system.posix_acl_access") == LIST
    assert path.stat().st_mode == mode


@needs_attributes
def test_a_file_gets_no_access_list_from_its_folder(tmp_path: Path) -> None:
    path = a_file(tmp_path)
    set_attribute(tmp_path, "system.posix_acl_default", LIST)
    replace(path)
    assert path.read_bytes() == b"b"
    assert "system.posix_acl_access" not in os.listxattr(path)
    assert path.stat().st_mode & 0o777 == 0o644


@needs_attributes
def test_an_attribute_that_cannot_be_kept_is_a_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = a_file(tmp_path)
    set_attribute(path, "user.origin", b"here")

    def refuse(*args: object) -> None:
        raise OSError

    monkeypatch.setattr(files.os, "setxattr", refuse)
    with pytest.raises(NotKeptError, match=r"user\.origin"):
        replace(path)
    assert_untouched(path)


def test_a_change_during_the_write_is_not_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = a_file(tmp_path)

    def save_meanwhile(handle: int) -> None:
        path.write_bytes(b"mine")

    monkeypatch.setattr(files.os, "fsync", save_meanwhile)
    with pytest.raises(StaleFileError):
        replace(path)
    assert path.read_bytes() == b"mine"


DYING = """
import os, signal, sys
from torchlint.fixing import files
from torchlint.source import Source

path, call, when = sys.argv[1:]
real = getattr(os, call)

def die(*args, **keywords):
    if when == "after":
        real(*args, **keywords)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(files.os, call, die)
files.write(path, Source.from_bytes(path, b"a" * 100_000), Source(path, "b" * 100_000))
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows cannot kill so")
@pytest.mark.parametrize("call", ["chmod", "fsync", "replace"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_killed_write_leaves_the_old_text_or_the_new(tmp_path: Path, call: str, when: str) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"a" * 100_000)
    done = subprocess.run([sys.executable, "-c", DYING, str(path), call, when], timeout=HANG_GUARD)
    assert done.returncode == -signal.SIGKILL
    new = (call, when) == ("replace", "after")
    assert path.read_bytes() == (b"b" if new else b"a") * 100_000


@pytest.mark.parametrize("kind", ["read-only", "hard links"])
def test_the_command_line_says_why_a_file_was_not_fixed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.py").write_text(BAD)
    if kind == "read-only":
        os.chmod("a.py", 0o444)
    else:
        os.link("a.py", "b.txt")
    result = torchlint("--fix", "a.py")
    assert result.code == 2
    assert [line for line in result.err.splitlines() if line.startswith("a.py: error: ") and kind in line]
    assert "TLT101" in result.out
    assert Path("a.py").read_text() == BAD
