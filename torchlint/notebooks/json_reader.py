"""JSON read piece by piece: what is wanted is decoded and its place is known, the rest is passed over undecoded."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from torchlint.source import SourceError

_BLANK = re.compile(r"[ \t\n\r]*")
_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_WHOLE_STRING = re.compile(_STRING, re.DOTALL)
# From one bracket to the next: an image of ten megabytes is one step.
_TO_BRACKET = re.compile(rf'(?:[^"\[\]{{}}]++|{_STRING})*+([\[\]{{}}])', re.DOTALL)
_LITERAL = re.compile(r"[^\s,:\[\]{}\"]+")
# One character as it is written: a pair of surrogates, another escape, or itself.
_SPELLED = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[^\\]", re.DOTALL
)


_DECODER = json.JSONDecoder()


class Text(NamedTuple):
    """A string of the file: what it says, and the offsets of its two quotes in the file's text, the end exclusive."""

    value: str
    start: int
    end: int


class Reader:
    """A position in a JSON text. Each method reads one thing there and moves on; all raise `SourceError`."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.at = 0

    def members(self) -> Iterator[str]:
        """The keys of an object. The value of each has to be read before the next one is asked for."""
        self._take("{")
        if self._next() == "}":
            self.at += 1
            return
        while True:
            key = self.string().value
            self._take(":")
            yield key
            if self._ends("}"):
                return

    def items(self) -> Iterator[int]:
        """The numbers of the items of an array, from 0. Each has to be read before the next one is asked for."""
        self._take("[")
        if self._next() == "]":
            self.at += 1
            return
        number = 0
        while True:
            yield number
            number += 1
            if self._ends("]"):
                return

    def kind(self) -> str:
        """The first character of the next value."""
        return self._next()

    def string(self) -> Text:
        if self._next() != '"':
            raise self._error("a string is missing")
        start = self.at
        return Text(self.value(), start, self.at)

    def value(self) -> Any:
        """Any value, decoded."""
        self._next()
        try:
            found, self.at = _DECODER.raw_decode(self._text, self.at)
        except (ValueError, RecursionError) as error:
            raise self._decoding(error) from None
        return found

    def skip(self) -> None:
        """Pass over any value. Of what is inside only strings and brackets are looked at."""
        first = self._next()
        if first not in "[{":
            found = (_WHOLE_STRING if first == '"' else _LITERAL).match(self._text, self.at)
            if found is None:
                raise self._error("a value is missing")
            self.at = found.end()
            return
        depth = 0
        while True:
            found = _TO_BRACKET.match(self._text, self.at)
            if found is None:
                self.at = len(self._text)
                raise self._error("")
            self.at = found.end()
            depth += 1 if found[1] in "[{" else -1
            if not depth:
                return

    def finish(self) -> None:
        """Make sure that nothing follows."""
        if self._blank() < len(self._text):
            raise self._error("something follows its end")

    def _blank(self) -> int:
        found = _BLANK.match(self._text, self.at)
        assert found is not None  # it may be empty
        self.at = found.end()
        return self.at

    def _next(self) -> str:
        if self._blank() == len(self._text):
            raise self._error("")
        return self._text[self.at]

    def _take(self, sign: str) -> None:
        if self._next() != sign:
            raise self._error(f"`{sign}` is missing")
        self.at += 1

    def _ends(self, bracket: str) -> bool:
        """Whether an object or array ends here; if not, a comma is taken."""
        if self._next() == bracket:
            self.at += 1
            return True
        self._take(",")
        return False

    def _decoding(self, error: Exception) -> SourceError:
        if isinstance(error, json.JSONDecodeError):
            ended = error.msg.startswith("Unterminated string") or error.pos >= len(self._text)
            self.at = len(self._text) if ended else error.pos
            return self._error("" if ended else error.msg[:1].lower() + error.msg[1:])
        return self._error("it is nested too deeply")

    def _error(self, problem: str) -> SourceError:
        """What is wrong at this place; nothing: the text ends there."""
        row = self._text.count("\n", 0, self.at) + 1
        if not problem and self.at >= len(self._text):
            return SourceError(f"is not a whole notebook: its JSON breaks off on line {row}; save or download it again")
        return SourceError(f"is not a notebook: its JSON is wrong on line {row}: {problem or 'it breaks off'}")


def raw_offset(raw: str, index: int) -> int:
    """Where, in a string as it is written with its quotes, the character with this index in its value begins."""
    if "\\" not in raw:
        return index + 1
    at = 1
    for _ in range(index):
        found = _SPELLED.match(raw, at)
        if found is None:
            break
        at = found.end()
    return at
