"""The layout of an expression that is written anew: what it keeps of several lines stays as it was laid out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from torchlint.fixing.logical_lines import Span

# Lines within these are text, or go on without brackets.
_FIXED = ('"""', "'''", "\\\n")
_CLOSING = re.compile(r",?\s*\n\s*\)$")


def laid_out(text: str, outer: Span, kept: Sequence[Span], new: str) -> str:
    """A new expression for the one at `outer`, in which `kept` is written again.

    Of two calls, arguments that had a line of their own have one again. Else the lines of what is kept move to the left
    with its first line, which begins where the old expression began.
    """
    old = text[outer.start : outer.end]
    if "\n" not in old or any(mark in old for mark in _FIXED):
        return new
    broken = _broken(old, new)
    if broken != new:
        return broken
    for span in sorted(set(kept)):
        inner = text[span.start : span.end]
        begins_line = not text[text.rfind("\n", 0, span.start) + 1 : span.start].strip()
        if outer.start < span.start <= span.end <= outer.end and begins_line and new.count(inner) == 1:
            return _moved(inner, _column(text, span.start) - _indent(text, outer.start), new)
    return new


def _broken(old: str, new: str) -> str:
    """A call with the line breaks before those of its arguments that the old call had, too."""
    before, after = _call(old), _call(new)
    if before is None or after is None or "#" in old:
        return new
    written, arguments = list(_arguments(old, before)), list(_arguments(new, after))
    if not written or not arguments or written[0].text != arguments[0].text:
        return new
    edits: list[tuple[_Argument, str]] = []
    for argument in arguments:
        like = next((one for one in written if one.text == argument.text), None)
        if like is not None:
            written.remove(like)
            if "\n" in like.space and "\n" not in argument.space:
                edits.append((argument, like.space))
    closing = _CLOSING.search(old)
    if closing is not None and edits and edits[0][0] is arguments[0] and not _CLOSING.search(new):
        new = new[:-1].rstrip(", ") + closing[0]
    for argument, wanted in reversed(edits):
        new = new[: argument.start - len(argument.space)] + wanted + new[argument.start :]
    return new


class _Argument(NamedTuple):
    """An argument of a call: its value, where it begins with its name, and the space before it."""

    text: str
    start: int
    space: str


def _arguments(text: str, call: ast.Call) -> Iterator[_Argument]:
    lines = text.split("\n")
    nodes: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    for node in nodes:
        value = node.value if isinstance(node, ast.keyword) else node
        row, column = node.lineno - 1, node.col_offset
        start = sum(len(line) + 1 for line in lines[:row]) + len(lines[row].encode()[:column].decode())
        space = text[len(text[:start].rstrip()) : start]
        yield _Argument(ast.unparse(value), start, space)


def _moved(inner: str, shift: int, new: str) -> str:
    first, *lines = inner.split("\n")
    if shift <= 0 or any(line[:shift].strip() for line in lines):
        return new
    return new.replace(inner, "\n".join([first, *(line[shift:] for line in lines)]))


def _call(text: str) -> ast.Call | None:
    try:
        node = ast.parse(text, mode="eval").body
    except SyntaxError:
        return None
    return node if isinstance(node, ast.Call) and text.endswith(")") else None


def _column(text: str, offset: int) -> int:
    return offset - text.rfind("\n", 0, offset) - 1


def _indent(text: str, offset: int) -> int:
    line = text[text.rfind("\n", 0, offset) + 1 :]
    return len(line) - len(line.lstrip(" \t"))
