"""What must be spelled before a rule can have something to say, as the index of the rules keeps it."""

from __future__ import annotations

from typing import NamedTuple

# Alternatives, each of them groups of words of which one each must occur.
Words = tuple[tuple[frozenset[str], ...], ...]
_WORDS = {"for:1": "for", "for:n": "for", "comp:": "for", "while:": "while"}
# Kinds of tokens that are made of no identifier.
_WORDLESS = frozenset({"op", "set"})

# The tokens of operators by the canonical name of their operation.
OPERATORS: dict[str, str] = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "div": "/",
    "floor_divide": "//",
    "remainder": "%",
    "pow": "**",
    "matmul": "@",
    "neg": "u-",
    "getitem": "[]",
}


def word_of(token: str) -> str:
    """The identifier that a token is made of: `view` of `stmt:view`, `for` of `for:1`; none where it has none."""
    kind, colon, name = token.partition(":")
    word = "" if kind in _WORDLESS else _WORDS.get(token) or (name if colon else kind)
    return word if word.isidentifier() else ""


class Anchor(NamedTuple):
    """Tokens of which a function needs one, if there are any; with `layered`, the words of a layer that it calls do."""

    tokens: frozenset[str]
    layered: bool

    @property
    def plain(self) -> frozenset[str]:
        """The identifiers among the tokens: they may also stand where what the function calls was made."""
        return frozenset(filter(str.isidentifier, self.tokens))

    @property
    def is_special(self) -> bool:
        return any(":" in token for token in self.tokens)
