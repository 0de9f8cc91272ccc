"""A file's new text on the disk: put in its place in one step, with all that the file is besides its text.

The new text goes to a temporary file beside the old one, which is then renamed over it: whoever looks at any moment,
and after a crash, finds the old text or the new one. A file that is rewritten in place keeps its hard links, but a
crash leaves half of it. So a file with several links is refused: renaming would leave the others with the old text.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile

from torchlint.source import Source, SourceError

# Extended attributes that are the user's to keep. Others, such as SELinux labels, are the system's: it gives them to
# new files, and lets few processes change them.
_ACCESS_LIST = "system.posix_acl_access"
_OWN_ATTRIBUTES = ("user.", _ACCESS_LIST)
_SYSTEM_ERRORS = (OSError, OverflowError)


class StaleFileError(OSError):
    """The file is not the one that was read; writing would lose somebody's change."""


class NotKeptError(OSError):
    """Replacing the file would change more than its text; the message says what, and what to do."""


def write(path: str | os.PathLike[str], source: Source, after: Source) -> None:
    """Replace a file, as it was read, by what it is to be, in one step; a link's target is what changes.

    Owner, group, mode, extended attributes and access control list stay as they are. Raises `SourceError` if the
    encoding cannot hold the text, `StaleFileError` if the file is not the one that `source` was read from,
    `NotKeptError` where something of the file would be lost, and `OSError`.
    """
    data = after.to_bytes()
    target = os.path.realpath(path)
    before = _state(target, source)
    if source.to_bytes() != source.original:
        # Some encodings write a character in several ways.
        raise SourceError(f"cannot be written back as {source.encoding.name} without changing other bytes")
    _check_replaceable(target, before)
    handle, temporary = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=os.path.dirname(target))
    try:
        with open(handle, "wb") as file:
            file.write(data)
            file.flush()
            _take_over(target, before, temporary)
            # Renaming may reach the disk before what was written does.
            os.fsync(file.fileno())
        if _moved_on(before, os.stat(target)):
            raise StaleFileError("changed since it was read")
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def _state(target: str, source: Source) -> os.stat_result:
    """The state of a file that holds what `source` was read from. Raises `StaleFileError`."""
    with open(target, "rb") as file:
        state = os.fstat(file.fileno())
        if file.read() != source.original:
            raise StaleFileError("changed since it was read")
    return state


def _moved_on(before: os.stat_result, now: os.stat_result) -> bool:
    parts = ("st_dev", "st_ino", "st_size", "st_mtime_ns", "st_nlink")
    return any(getattr(before, part) != getattr(now, part) for part in parts)


def _check_replaceable(target: str, state: os.stat_result) -> None:
    """Raises `NotKeptError` for a file that may not be written, or not be replaced."""
    # The superuser may write everything; without any `w` a file is read-only for them as well.
    if not state.st_mode & 0o222 or not os.access(target, os.W_OK):
        raise NotKeptError("is read-only and was not fixed; make it writable first")
    if state.st_nlink > 1:
        raise NotKeptError(
            f"has {state.st_nlink} hard links and was not fixed: they would no longer be one file; "
            "apply what `--diff` prints with `patch`, or unlink the others first"
        )


def _take_over(target: str, state: os.stat_result, temporary: str) -> None:
    """Give a new file the owner, attributes and mode of the old one, in this order: each may reset the next.

    Raises `NotKeptError`.
    """
    _take_owner(state, temporary)
    _take_attributes(target, temporary)
    mode = stat.S_IMODE(state.st_mode)
    os.chmod(temporary, mode)
    if stat.S_IMODE(os.stat(temporary).st_mode) != mode:
        raise NotKeptError(f"was not fixed: its mode {mode:o} cannot be kept")
    flags = getattr(state, "st_flags", 0)
    if flags and hasattr(os, "chflags"):
        os.chflags(temporary, flags)


def _take_owner(state: os.stat_result, temporary: str) -> None:
    new = os.stat(temporary)
    if not hasattr(os, "chown") or (new.st_uid, new.st_gid) == (state.st_uid, state.st_gid):
        return
    try:
        os.chown(temporary, state.st_uid, state.st_gid)
    except _SYSTEM_ERRORS:
        what = "owner" if new.st_uid != state.st_uid else "group"
        raise NotKeptError(f"was not fixed: its {what} is another one and cannot be kept; run as its owner") from None


def _take_attributes(target: str, temporary: str) -> None:
    """Extended attributes, and with them the access control list, where the system has them (Linux)."""
    old, new = _attributes(target), _attributes(temporary)
    for name in new.keys() - old.keys():
        # A folder can give each new file a list of its own.
        if name == _ACCESS_LIST:
            os.removexattr(temporary, name)
    for name, value in old.items():
        if new.get(name) == value:
            continue
        try:
            os.setxattr(temporary, name, value)
        except OSError:
            if name.startswith(_OWN_ATTRIBUTES):
                raise NotKeptError(f"was not fixed: its attribute {name} cannot be kept") from None


def _attributes(path: str) -> dict[str, bytes]:
    if not hasattr(os, "listxattr"):
        return {}
    try:
        return {name: os.getxattr(path, name) for name in os.listxattr(path)}
    except OSError:
        return {}  # the file system has none
