"""Parts of Markdown files that programs write, between `<!-- NAME:begin -->` and `<!-- NAME:end -->`."""

from __future__ import annotations


def with_part(text: str, name: str, part: str) -> str:
    """The text with another part of this name. Ends the program where there is none."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise SystemExit(f"there is no part between {begin} and {end}")
    return f"{before}{begin}\n{part}\n{end}{after}"
