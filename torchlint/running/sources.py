"""From the content of a file to its program, by the name of the file."""

from __future__ import annotations

from torchlint.source import Source


def source_of(path: str, data: bytes) -> Source:
    """The program that a file holds. Raises `SourceError`."""
    if is_notebook(path):
        # Start-up: few runs have notebooks.
        from torchlint.notebooks.notebook import read_notebook

        return read_notebook(path, data)
    return Source.from_bytes(path, data)


def is_notebook(path: str) -> bool:
    """Whether a file is a notebook, by its name: Python would read its JSON as a program that does nothing."""
    return path.casefold().endswith(".ipynb")
