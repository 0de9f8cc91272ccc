"""Which folders of rules are asked: each project has its own, and two of them may use one code for two things."""

from __future__ import annotations

from contextvars import ContextVar

# None: all that were read.
ACTIVE: ContextVar[tuple[str, ...] | None] = ContextVar("active folders of rules", default=None)
