"""Verdicts of earlier runs, one file each: what this user's runs on this machine have not written is not there."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from torchlint.running import findings_cache
from torchlint.running.folder import Folder
from torchlint.running.seal import sealed, secret, unsealed

# Verdicts that depend on how busy the machine was.
_PASSING = ("TIMEOUT",)


class Verdicts:
    """The verdicts in a cache folder, by digest; none are kept without a folder, or where no secret can be kept.

    A verdict decides whether a fix is written, and the folder is one of a repository that anybody may have made. So
    each is sealed with a secret that no repository can know.
    """

    def __init__(self, folder: Path | None) -> None:
        self._key = secret() if folder else None
        self._folder = folder if self._key else None
        self._known: dict[str, dict[str, Any]] = {}

    def get(self, digest: str) -> dict[str, Any] | None:
        """The answer that was given under this digest; None if there is none."""
        if digest in self._known:
            return self._known[digest]
        if self._folder is None or not self._key:
            return None
        try:
            stored = Folder(self._folder, findings_cache.VERDICTS).read(f"{digest}.json")
            self._known[digest] = unsealed(stored, digest, self._key)
        except (OSError, ValueError):
            return None
        return self._known[digest]

    def put(self, digest: str, answer: dict[str, Any]) -> None:
        """Remember an answer. A folder that cannot be written is not an error."""
        self._known[digest] = answer
        if self._folder is None or not self._key or answer["verdict"] in _PASSING:
            return
        with suppress(OSError):
            findings_cache.write(
                self._folder, sealed(answer, digest, self._key), findings_cache.VERDICTS, f"{digest}.json"
            )
