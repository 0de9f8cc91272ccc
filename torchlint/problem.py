"""What a rule gives: a problem, where it is, and how it can be mended."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from torchlint.claims import Claim
from torchlint.finding import Severity
from torchlint.values.value import Origin

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor


class Place(NamedTuple):
    """Another place that belongs to a problem, in the same file unless the node's frame says otherwise."""

    node: ast.AST
    message: str
    frame: Origin | None = None


class Problem(NamedTuple):
    """What a check found: where, what, and how it can be mended.

    `fix` writes the edits; it may raise `CannotFix`. `claim` is what the fix does to results. `display` marks a fix
    that is only ever shown. `severity` and `help` are those of the rule unless a problem has its own.
    """

    node: ast.AST
    message: str = ""
    fix: Callable[[Editor], None] | None = None
    claim: Claim | None = None
    title: str = ""
    display: bool = False
    places: tuple[Place, ...] = ()
    severity: Severity | None = None
    help: str = ""
