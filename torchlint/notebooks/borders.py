"""Edits of a program that is made of cells: each has to stay within one of them."""

from __future__ import annotations

from torchlint.finding import Edit

_LINE_ENDS = ("\r\n", "\n", "\r")


def starts_cell(edit: Edit, start: int) -> bool:
    """Whether an edit puts whole lines before the first one of a cell, which is also after the last one of another."""
    return edit.start == edit.end == start and edit.content.endswith(("\n", "\r"))


def within(edit: Edit, text: str, start: int, end: int, newline: str) -> Edit | None:
    """The same edit within a cell that goes from `start` to `end`, where the line feed between cells stands.

    None if there is none. A cell mostly ends without a line end, so that lines which are added after its last one, or
    taken away at its end, have theirs on the other side.
    """
    if start <= edit.start <= edit.end <= end:
        return edit
    if edit.start == edit.end == end + 1:
        return Edit(end, end, newline + _without_line_end(edit.content))
    if edit.end != end + 1 or edit.start < start:
        return None
    if edit.content.endswith(("\n", "\r")):
        return Edit(edit.start, end, _without_line_end(edit.content))
    if edit.content:
        return None
    before = next((sign for sign in _LINE_ENDS if text.endswith(sign, start, edit.start)), "")
    if edit.start > start and not before:  # it would join the last line and the first one of the next cell
        return None
    return Edit(edit.start - len(before), end, "")


def touches_mask(edit: Edit, text: str, display: str) -> bool:
    """Whether an edit changes something that is not shown as it was written, or stands in the middle of it."""
    first, last = edit.start, edit.end
    if text[first:last] != display[first:last]:
        return True
    inside = 0 < first == last < len(text)
    return inside and text[first - 1] != display[first - 1] and text[first] != display[first]


def _without_line_end(text: str) -> str:
    return next((text[: -len(sign)] for sign in _LINE_ENDS if text.endswith(sign)), text)
