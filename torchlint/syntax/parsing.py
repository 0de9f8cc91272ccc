"""Text to tree, or one line that says why there is none."""

from __future__ import annotations

import ast
import warnings
from typing import NamedTuple


class Parsed(NamedTuple):
    """The tree of a file; or None, with the reason and its 1-based row and column (0 where there is none)."""

    tree: ast.Module | None
    error: str = ""
    row: int = 0
    column: int = 0


def parse(text: str) -> Parsed:
    """Parse a file. Never raises: what is nested too deeply for Python's own parser is an error like any other."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Parsed(ast.parse(text))
    except SyntaxError as error:
        return Parsed(None, f"cannot be parsed: {error.msg}", error.lineno or 0, error.offset or 0)
    except (ValueError, RecursionError, MemoryError) as error:
        return Parsed(None, f"cannot be parsed: {error or type(error).__name__}")
