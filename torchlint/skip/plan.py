"""What rules ask of a text, in the form that is looked up quickest: a bit for each group of words.

The words of a file, a region or a function give the bits that it has. A rule is out of the question where one of the
bits that it needs is missing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from torchlint.anchors import Anchor, word_of
from torchlint.registry import RuleInfo, rules, while_rules_stay


@dataclass(frozen=True, eq=False)
class Look:
    """An anchor: the bit of its tokens, and that of the identifiers among them.

    `plain` are these identifiers where what a function calls may hide them: a layer, or another name. `signs` are the
    tokens that have no word.
    """

    anchor: Anchor
    bit: int
    plain: frozenset[str]
    plain_bit: int
    signs: tuple[str, ...]


class Asked(NamedTuple):
    """A rule, the bits that must be within reach (alternatives), and those that a function itself must have."""

    info: RuleInfo
    within_reach: tuple[int, ...]
    anchors: int
    looks: tuple[Look, ...]

    def concerns(self, mask: int) -> bool:
        """Whether what has these bits may have something for the rule."""
        return any(mask & needed == needed for needed in self.within_reach)


class Plan:
    """The bits of some rules: for the words of a file or region, and for the tokens of a function.

    A token is told by a word (`spelled`) or by characters (`signs`): each says that a function may have the token.
    `called` are the words in tokens of calls, `written` those that must stand in the function itself.
    """

    def __init__(self, codes: Collection[str]) -> None:
        self.words: dict[str, int] = {}
        self.spelled: dict[str, int] = {}
        self.signed = 0
        self.called: set[str] = set()
        self.written: set[str] = set()
        self._groups: dict[frozenset[str], int] = {}
        self._looks: dict[Anchor, Look] = {}
        self.asked = [self._ask(info) for info in rules() if info.code in codes and not info.on_comments]

    def _ask(self, info: RuleInfo) -> Asked:
        within_reach = tuple(union(map(self._bit_of_words, groups)) for groups in info.words)
        looks = tuple(self._look(anchor) for anchor in info.anchors if anchor.tokens)
        return Asked(info, within_reach, union(look.bit for look in looks), looks)

    def _bit_of_words(self, group: frozenset[str]) -> int:
        bit = self._groups.get(group)
        if bit is None:
            bit = self._groups[group] = 1 << len(self._groups)
            for word in group:
                self.words[word] = self.words.get(word, 0) | bit
        return bit

    def _look(self, anchor: Anchor) -> Look:
        known = self._looks.get(anchor)
        if known is not None:
            return known
        bit = 1 << len(self._looks)
        signs = tuple(token for token in sorted(anchor.tokens) if not word_of(token))
        for word in filter(None, map(word_of, anchor.tokens)):
            self.spelled[word] = self.spelled.get(word, 0) | bit
        self.signed |= bit if signs else 0
        called = {word_of(token) for token in anchor.tokens if ":" in token}
        self.called |= called
        self.written |= called | anchor.plain if anchor.written else called
        plain = frozenset() if anchor.written or (called and not anchor.layered) else anchor.plain
        look = Look(anchor, bit, plain, self._bit_of_words(plain) if plain else 0, signs)
        self._looks[anchor] = look
        return look

    def mask(self, words: Iterable[str]) -> int:
        """The bits of some words of a file or region."""
        return union([self.words[word] for word in self.words.keys() & words])


@while_rules_stay
def plan_of(codes: tuple[str, ...]) -> Plan:
    """The plan for some rules: one for a whole run."""
    return Plan(codes)


def union(masks: Iterable[int]) -> int:
    """All bits of some masks."""
    found = 0
    for mask in masks:
        found |= mask
    return found
