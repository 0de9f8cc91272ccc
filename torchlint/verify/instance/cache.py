"""Verdicts of earlier runs, one file each: what cannot be read is not there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from torchlint.running import cache

# Verdicts that depend on how busy the machine was.
_PASSING = ("TIMEOUT",)


class Verdicts:
    """The verdicts in a cache folder, by digest; none are kept without a folder."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._known: dict[str, dict[str, Any]] = {}

    def get(self, digest: str) -> dict[str, Any] | None:
        """The answer that was given under this digest; None if there is none."""
        if digest in self._known:
            return self._known[digest]
        if self._folder is None:
            return None
        try:
            answer = json.loads((self._folder / cache.VERDICTS / f"{digest}.json").read_bytes())
        except (OSError, ValueError):
            return None
        if not _is_answer(answer):
            return None
        self._known[digest] = answer
        return answer  # type: ignore[no-any-return]

    def put(self, digest: str, answer: dict[str, Any]) -> None:
        """Remember an answer. A folder that cannot be written is no error."""
        self._known[digest] = answer
        if self._folder is None or answer["verdict"] in _PASSING:
            return
        try:
            cache.prepare(self._folder)
            folder = self._folder / cache.VERDICTS
            folder.mkdir(exist_ok=True)
            cache.replace(folder / f"{digest}.json", json.dumps(answer))
        except OSError:
            return


def _is_answer(answer: object) -> bool:
    if not isinstance(answer, dict):
        return False
    texts = ("verdict", "condition", "detail", "domain", "reproducer")
    return all(isinstance(answer.get(name), str) for name in texts) and isinstance(answer.get("points"), int)
