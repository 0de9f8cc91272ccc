"""From the content of a file to its program, by the name of the file."""

from __future__ import annotations

from torchlint.source import Source


def source_of(path: str, data: bytes) -> Source:
    """The program that a file holds. Raises `SourceError`."""
    name = path.casefold()
    if name.endswith(".ipynb"):
        # Start-up: few runs have notebooks.
        from torchlint.notebooks.notebook import read_notebook

        return read_notebook(path, data)
    if name.endswith((".md", ".markdown")):
        # Start-up: fewer have Markdown.
        from torchlint.notebooks.markdown import read_markdown

        return read_markdown(path, data)
    return Source.from_bytes(path, data)
