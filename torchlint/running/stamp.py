"""The state of a file when it was read, by which a later run knows whether it has changed."""

from __future__ import annotations

import os
from typing import NamedTuple

Stamp = tuple[int, int]  # time of change in nanoseconds, size in bytes


class RunId(NamedTuple):
    """A run, by when it started: what was read in it is taken for what is there. `folder` is that of the cache."""

    started: int
    folder: str = ""


def stamp(stat: os.stat_result) -> Stamp:
    return stat.st_mtime_ns, stat.st_size


def content_digest(data: bytes) -> str:
    """32 hex digits over the content of a file."""
    # Start-up: a twentieth of a small run, and only the cache asks for it.
    import hashlib

    return hashlib.blake2b(data, digest_size=16).hexdigest()
