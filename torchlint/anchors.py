"""What must be spelled before a rule can have something to say, as the index of the rules keeps it.

A token is an identifier, a keyword (`for`), an operator (`-`, `**`), or one of these:
`call:step`   a call of the method or attribute `step`
`bare:sum`    a call of `sum` without a `dim` or `axis`, and without a literal that could be one; None is none
`a<b<c`       a chain of comparisons
`y[m]=0`      a number that is written where a test holds: `y[x == 0] = 0`, or with a name for the test
"""

from __future__ import annotations

from typing import NamedTuple

# Alternatives, each of them groups of words of which one each must occur.
Words = tuple[tuple[frozenset[str], ...], ...]
CHAIN = "a<b<c"
MASKED = "y[m]=0"
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
    """The word that a token is made of: `sum` of `bare:sum`; none where it has none."""
    word = token.rpartition(":")[2]
    return word if word.isidentifier() else ""


class Anchor(NamedTuple):
    """Tokens of which a function needs one, if there are any; with `layered`, the words of a layer that it calls do.

    `written`: they must stand in the function, under whatever names, since the rule looks for what is written.
    """

    tokens: frozenset[str]
    layered: bool
    written: bool = False

    @property
    def plain(self) -> frozenset[str]:
        """The identifiers among the tokens: they may also stand where what the function calls was made."""
        return frozenset(filter(str.isidentifier, self.tokens))
