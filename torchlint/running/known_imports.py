"""What the files of a project import, kept for a run and, in the cache, for the next one."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from contextlib import suppress
from functools import lru_cache
from typing import Any

from torchlint.running.findings_cache import IMPORTS, write
from torchlint.running.folder import Folder
from torchlint.running.seal import sealed, unsealed
from torchlint.running.stamp import RunId
from torchlint.running.stop import undivided
from torchlint.syntax.import_index import ImportIndexes, Row

_FORMAT = 1


def indexes_of(run: RunId | None) -> ImportIndexes:
    """The indexes of a run, with what earlier runs left in the cache; without a run, fresh ones."""
    return _indexes_of(run) if run is not None else ImportIndexes()


@lru_cache(maxsize=1)
def _indexes_of(run: RunId) -> ImportIndexes:
    return ImportIndexes(_read(run.folder) if run.folder else {})


def keep(run: RunId) -> None:
    """Write to the cache what was read in this run. A folder that cannot be written is not an error."""
    rows = indexes_of(run).unsaved() if run.folder else {}
    if rows:
        with suppress(OSError), undivided():
            write(run.folder, sealed({"format": _FORMAT, "files": rows}), IMPORTS)


def digest(indexes: ImportIndexes, path: str, names: Collection[str]) -> str:
    """A digest of who imports something of these names, in the project of a file."""
    index = indexes.of(path) if names else None
    answers = index.answers(names) if index is not None else ""
    return hashlib.blake2b(answers.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _read(folder: str) -> dict[str, Row]:
    try:
        content = unsealed(Folder(folder).read(IMPORTS))
        rows: dict[str, Any] = content["files"] if content.get("format") == _FORMAT else {}
        return {path: (int(changed), int(size), str(names)) for path, (changed, size, names) in rows.items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return {}
