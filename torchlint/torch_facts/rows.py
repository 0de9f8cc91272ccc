"""How rows of the table are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Unpack

    from torchlint.torch_facts.terms import Facts, Row, Writer


def op(name: str, **facts: Unpack[Facts]) -> Row:
    """A row: what is true of one operation."""
    return name, facts


def family(**shared: Unpack[Facts]) -> Writer:
    """What writes rows of operations that share facts."""

    def row(name: str, **facts: Unpack[Facts]) -> Row:
        return name, {**shared, **facts}

    return row
