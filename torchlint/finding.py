"""What the linter reports: findings, fixes and text edits.

Rows and columns are 1-based and counted in characters (code points), an end is exclusive.
Edits use 0-based character offsets into `Source.text`.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple


class Severity(StrEnum):
    """How bad a finding is: `error` means a wrong result, a crash or a silently broken training."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    def reaches(self, least: Severity) -> bool:
        """Whether it is as bad as this, or worse."""
        return SEVERITIES.index(self) >= SEVERITIES.index(least)


# From the mildest to the worst.
SEVERITIES = (Severity.INFO, Severity.WARNING, Severity.ERROR)


class Applicability(StrEnum):
    """Who may apply a fix: `--fix` (safe), `--fix --unsafe-fixes` (unsafe) or nobody (display)."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    DISPLAY = "display"


class Edit(NamedTuple):
    """Replace `text[start:end]` by `content`."""

    start: int
    end: int
    content: str


class Location(NamedTuple):
    """A place in the text of a `Source`: 1-based row and column, in characters."""

    row: int
    column: int


class Place(NamedTuple):
    """A place as its reader finds it: row and column within a cell of a notebook, or, without one, of the file."""

    cell: int | None
    row: int
    column: int

    def __str__(self) -> str:
        return f"{self.row}:{self.column}" if self.cell is None else f"cell {self.cell}:{self.row}:{self.column}"


class Related(NamedTuple):
    """Another place that belongs to a finding, such as the softmax at the end of `forward`."""

    path: str
    location: Location
    end_location: Location
    message: str


class Validation(NamedTuple):
    """What came out when this very fix was run before and after, see `--verify`.

    `status` is `validated`, `conditional` (equal only where `condition` holds), `changes` (it does other than the old
    code, and is an unsafe fix), `refused` or `unverifiable` (for the reason that `condition` gives). `verdict` is the
    harness's word, `points` the number of inputs on which both ran, `tried` what else these were than contiguous
    floating-point tensors, `reproducer` a program that shows the difference.
    """

    status: str
    verdict: str
    condition: str = ""
    detail: str = ""
    points: int = 0
    ranks: tuple[int, ...] = ()
    dtypes: tuple[str, ...] = ()
    device: str = "cpu"
    domain: str = ""
    region: str = ""
    reproducer: str = ""
    digest: str = ""
    cached: bool = False
    tried: tuple[str, ...] = ()


class Fix(NamedTuple):
    """Edits that belong together: all of them are applied or none.

    `verification` says in one line what the harness saw (`verified on 1,176 inputs on cpu`), or why
    there is no such line; it is empty only where no harness run applies. `verified` is false where nothing was run.
    `needs` is what must hold for the fix to keep what the program does and is not known: clauses that go on after "safe
    if". `validation` is there where the fix itself was run.
    """

    title: str
    applicability: Applicability
    edits: tuple[Edit, ...]
    verification: str = ""
    verified: bool = True
    validation: Validation | None = None
    needs: tuple[str, ...] = ()

    @property
    def condition(self) -> str:
        """What keeps the fix from being safe, in one line; empty where nothing does, or where another reason does."""
        return f"safe if {' and '.join(self.needs)}" if self.needs else ""

    @property
    def standing(self) -> str:
        """`safe`, `unsafe`, `unverified` (unsafe because nothing was run) or `display`."""
        if self.applicability is not Applicability.UNSAFE:
            return str(self.applicability)
        tried = self.verified if self.validation is None else self.validation.status != "unverifiable"
        return "unsafe" if tried else "unverified"


class Finding(NamedTuple):
    """One reported mistake. `message` is a single line that stands alone.

    Where there is no fix, `help` says what to do instead, and `unfixed` why there is none, if one was tried.
    """

    code: str
    name: str
    message: str
    severity: Severity
    location: Location
    end_location: Location
    fix: Fix | None = None
    related: tuple[Related, ...] = ()
    help: str = ""
    unfixed: str = ""

    def sort_key(self) -> tuple[Location, str, Location, str]:
        return self.location, self.code, self.end_location, self.message


class Report:
    """What is known of a file after checking it.

    `error` is one line that says why the file could not be checked (it does not parse), at this row and column (0 if
    unknown), `failures` one line per rule that crashed on it; the findings of all other rules are still there.
    `tracebacks` says where rules crashed. `consulted` are the other files of the project that were read, `asked` the
    names for which it was asked who imports them. `origins` are first and last row of the function or class that
    findings were made in, which is not always where they are; it is kept where only some of these are looked at.
    """

    def __init__(
        self, error: str = "", error_row: int = 0, error_column: int = 0, failures: Iterable[str] = ()
    ) -> None:
        self.findings: list[Finding] = []
        self.error = error
        self.error_row = error_row
        self.error_column = error_column
        self.failures = list(failures)
        self.tracebacks: list[str] = []
        self.origins: dict[Finding, tuple[int, int]] = {}
        self.consulted: set[str] = set()
        self.asked: set[str] = set()
