"""JSON objects that are believed only as they were written, and, with a secret, only by whoever knows it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import sys
from typing import Any

from torchlint.running.folder import read_plain, write_new

_DIGITS = 64
_HEAD = b'{"seal":"'
_REST = b'",'
_KEY_BYTES = 32


def sealed(values: dict[str, Any], name: str = "", key: bytes = b"") -> bytes:
    """The object as JSON, with a digest of its text, of the name under which it is kept, and of the key."""
    body = json.dumps(values, separators=(",", ":"))[1:].encode()
    return _HEAD + _digest(body, name, key) + _REST + body


def unsealed(content: bytes, name: str = "", key: bytes = b"") -> dict[str, Any]:
    """The object. Raises `ValueError` if one bit of it is not as `sealed` made it under this name with this key."""
    start = len(_HEAD) + _DIGITS + len(_REST)
    body = content[start:]
    if content[:start] != _HEAD + _digest(body, name, key) + _REST:
        raise ValueError("the seal is broken")
    values: dict[str, Any] = json.loads(b"{" + body)
    return values


def _digest(body: bytes, name: str, key: bytes) -> bytes:
    # The name has no NUL and the body, which is JSON, none either.
    return hashlib.blake2b(name.encode() + b"\0" + body, digest_size=_DIGITS // 2, key=key).hexdigest().encode()


def secret() -> bytes | None:
    """A key that this user has on this machine and no repository can know; None if none can be kept."""
    folder = _state_folder()
    if folder is None:
        return None
    path = os.path.join(folder, "secret")
    try:
        if not os.path.lexists(path):
            _make_secret(folder, path)
        return _read_secret(path)
    except OSError:
        return None


def _state_folder() -> str | None:
    """Where programs keep what belongs to a user and a machine; None if the environment does not say."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", "")
    elif sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Application Support")
    else:
        base = os.environ.get("XDG_STATE_HOME", "")
        # A relative path is to be ignored, says the XDG Base Directory Specification.
        base = base if os.path.isabs(base) else os.path.expanduser("~/.local/state")
    return os.path.join(base, "torchlint") if os.path.isabs(base) else None


def _make_secret(folder: str, path: str) -> None:
    os.makedirs(folder, mode=0o700, exist_ok=True)
    temporary = write_new(folder, os.urandom(_KEY_BYTES))
    try:
        # A link is made only where nothing is: of two runs that start together, both read the same secret.
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        os.unlink(temporary)


def _read_secret(path: str) -> bytes | None:
    """The secret, if only this user can have written and read it: what comes with a repository is not."""
    status = os.lstat(path)
    if hasattr(os, "geteuid") and (status.st_uid != os.geteuid() or stat.S_IMODE(status.st_mode) & 0o077):
        return None
    content = read_plain(path)
    return content if len(content) == _KEY_BYTES else None
