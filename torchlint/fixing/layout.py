"""The layout of an expression that is written anew: what it keeps of several lines stays as it was laid out."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from torchlint.fixing.logical_lines import Span

# Lines within these are text, or go on without brackets.
_FIXED = ('"""', "'''", "\\\n")


def laid_out(text: str, outer: Span, kept: Sequence[Span], new: str) -> str:
    """A new expression for the one at `outer`, in which `kept` is written again.

    A call whose first argument is kept, and had a line of its own, keeps the breaks around its arguments. Else the
    lines of what is kept move to the left with its first line, which begins where the old expression began.
    """
    old = text[outer.start : outer.end]
    if "\n" not in old:
        return new
    for span in sorted(set(kept)):
        inner = text[span.start : span.end]
        begins_line = not text[text.rfind("\n", 0, span.start) + 1 : span.start].strip()
        if not (outer.start < span.start <= span.end <= outer.end and begins_line) or new.count(inner) != 1:
            continue
        broken = _broken(old, text[outer.start : span.start], inner, new)
        return broken or _moved(inner, _column(text, span.start) - _indent(text, outer.start), new)
    return new


def _broken(old: str, before: str, inner: str, new: str) -> str:
    """A call with the line breaks of the old one around its arguments; empty where they are not the same."""
    opening = re.search(r"\(\s*\n\s*$", before)
    call = _parsed(new)
    if opening is None or not isinstance(call, ast.Call) or not call.args:
        return ""
    start = new.find(f"({inner}")
    if start < 0 or ast.get_source_segment(new, call.args[0]) != inner or new[:start] != ast.unparse(call.func):
        return ""
    closing = re.search(r"(,?\s*\n\s*)\)$", old)
    end = closing[1] if closing is not None else ""
    return f"{new[:start]}{opening[0]}{new[start + 1 : -1]}{end})"


def _moved(inner: str, shift: int, new: str) -> str:
    first, *lines = inner.split("\n")
    if shift <= 0 or any(mark in inner for mark in _FIXED) or any(line[:shift].strip() for line in lines):
        return new
    return new.replace(inner, "\n".join([first, *(line[shift:] for line in lines)]))


def _parsed(text: str) -> ast.expr | None:
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError:
        return None


def _column(text: str, offset: int) -> int:
    return offset - text.rfind("\n", 0, offset) - 1


def _indent(text: str, offset: int) -> int:
    line = text[text.rfind("\n", 0, offset) + 1 :]
    return len(line) - len(line.lstrip(" \t"))
