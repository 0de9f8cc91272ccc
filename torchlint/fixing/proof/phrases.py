"""How the sentences about a fix name what is in its code."""

from __future__ import annotations

import ast


def short(node: ast.expr | ast.stmt) -> str:
    """The text of a node, of at most 40 characters."""
    text = ast.unparse(node)
    return text if len(text) <= 40 else f"{text[:37]}..."


def article(words: str) -> str:
    """A noun with its indefinite article."""
    return f"an {words}" if words[0] in "aeiou" else f"a {words}"
