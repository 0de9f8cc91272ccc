"""What kept a file from being checked in full, as findings: they are in every format, and no selection and no comment
silences them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from torchlint.finding import Finding, Location, Severity
from torchlint.source import Source

INVALID_SYNTAX = "invalid-syntax"
IO_ERROR = "io-error"
# A mistake of ours. It has a code like a rule, because flake8 wants one.
INTERNAL_ERROR = "TLT000"
_OF_FILE = " of "
# Of a recursion that went too deep there are thousands of calls.
_INNERMOST = 20


class Kind(NamedTuple):
    """The name of a kind of fault, and what it says in one line."""

    name: str
    summary: str


KINDS = {
    INVALID_SYNTAX: Kind(INVALID_SYNTAX, "The file or cell is not valid Python, so that no rule ran on it."),
    IO_ERROR: Kind(IO_ERROR, "The file could not be read or written."),
    INTERNAL_ERROR: Kind("internal-error", "torchlint itself failed, so that findings may be missing."),
}


def invalid_syntax(source: Source, message: str, row: int, column: int) -> Finding:
    """The finding for a file that does not parse; `row` and `column` are Python's own, 0 where it names none."""
    row = min(max(row, 1), len(source.line_starts))
    place = Location(row, min(max(column, 1), len(source.line(row).rstrip("\r\n")) + 1))
    return _fault(INVALID_SYNTAX, message, place)


def broken_parts(source: Source) -> Iterator[Finding]:
    """A finding for each part of a file that was left out, because it does not parse."""
    return (invalid_syntax(source, *part) for part in source.broken)


def findings(error: str, error_row: int, failures: list[str]) -> Iterator[Finding]:
    """The findings for a file that could not be read, checked or written, and for each rule that crashed on it."""
    if error:
        code = INTERNAL_ERROR if error.startswith("internal error") else IO_ERROR
        yield _fault(code, error, Location(max(error_row, 1), 1))
    for failure in failures:
        yield _fault(INTERNAL_ERROR, failure, Location(1, 1))


def crash(code: str, error: Exception, file: str = "") -> str:
    """The line about a rule that crashed; `file` is its module where the rule is not torchlint's own."""
    return f"rule {code}{f'{_OF_FILE}{file}' if file else ''} crashed: {type(error).__name__}: {error}"


def is_of_own_rule(failure: str) -> bool:
    """Whether a line about a crash is about a rule that is not torchlint's own."""
    return failure.startswith("rule ") and _OF_FILE in failure.partition(" crashed: ")[0]


def traceback_of(error: BaseException) -> str:
    """Where an exception was raised: the innermost calls, as Python shows them."""
    # Start-up: only a mistake of ours asks for it.
    import traceback

    return "".join(traceback.format_exception(error, limit=-_INNERMOST)).rstrip()


def _fault(code: str, message: str, place: Location) -> Finding:
    line = " ".join(message.split())
    return Finding(code, KINDS[code].name, line, Severity.ERROR, place, place)
