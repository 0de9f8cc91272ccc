"""From the content of a file to its program, by the name of the file."""

from __future__ import annotations

from torchlint.source import Source


def source_of(path: str, data: bytes) -> Source:
    """The program that a file holds. Raises `SourceError`."""
    name = path.casefold()
    # Start-up: few runs have files that are not plain Python.
    if name.endswith(".ipynb"):
        from torchlint.notebooks.notebook import read_notebook

        return read_notebook(path, data)
    if name.endswith((".md", ".markdown")):
        from torchlint.notebooks.markdown import read_markdown

        return read_markdown(path, data)
    return Source.from_bytes(path, data)
