"""What rules ask of a text, in the form that is looked up quickest: a bit for each group of words.

The words of a file, a region or a function give the bits that it has. A rule is out of the question where one of the
bits that it needs is missing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache

from torchlint.analysis.tokens import Interest
from torchlint.registry import Anchor, RuleInfo, rules, word_of


@dataclass(frozen=True, slots=True)
class Asked:
    """A rule, the bits that must be within reach (alternatives), and those that a function itself must have."""

    info: RuleInfo
    within_reach: tuple[int, ...]
    anchors: int

    def concerns(self, mask: int) -> bool:
        """Whether what has these bits may have something for the rule."""
        return any(mask & needed == needed for needed in self.within_reach)


class Plan:
    """The bits of some rules: for words in a file or region, and for the tokens of a function."""

    def __init__(self, codes: Collection[str]) -> None:
        self.words: dict[str, int] = {}
        self.tokens: dict[str, int] = {}
        self._groups: dict[frozenset[str], int] = {}
        self._anchors: dict[Anchor, int] = {}
        self.asked = [self._ask(info) for info in rules() if info.code in codes]
        # Anchors that may be behind what is called: the bit of their words, and their own.
        self.hidden = [
            (self.plain_bit(anchor), bit)
            for anchor, bit in self._anchors.items()
            if anchor.plain and (anchor.layered or not anchor.is_special)
        ]
        self.special = frozenset(word_of(token) for token in self.tokens if ":" in token)
        self.interest = Interest(self.tokens)

    def _ask(self, info: RuleInfo) -> Asked:
        within_reach = tuple(union(map(self._bit_of_words, groups)) for groups in info.words)
        return Asked(info, within_reach, union(map(self._bit_of_anchor, info.anchors)))

    def _bit_of_words(self, group: frozenset[str]) -> int:
        bit = self._groups.get(group)
        if bit is None:
            bit = self._groups[group] = 1 << len(self._groups)
            for word in group:
                self.words[word] = self.words.get(word, 0) | bit
        return bit

    def _bit_of_anchor(self, anchor: Anchor) -> int:
        """The bit of an anchor; none for one that asks for nothing."""
        bit = self._anchors.get(anchor)
        if bit is None:
            bit = self._anchors[anchor] = 1 << len(self._anchors) if anchor.tokens else 0
            for token in anchor.tokens:
                self.tokens[token] = self.tokens.get(token, 0) | bit
            self._bit_of_words(anchor.plain)
        return bit

    def lacking(self, asked: Asked, mask: int) -> list[Anchor]:
        """The anchors of a rule whose bits are missing."""
        return [anchor for anchor in asked.info.anchors if self._anchors[anchor] & ~mask]

    def mask(self, words: Iterable[str]) -> int:
        """The bits of some words of a file or region."""
        return union([self.words[word] for word in self.words.keys() & words])

    def plain_bit(self, anchor: Anchor) -> int:
        """The bit that tells of words whether one of them is an identifier that an anchor asks for."""
        return self._groups[anchor.plain] if anchor.plain else 0


@cache
def plan_of(codes: tuple[str, ...]) -> Plan:
    """The plan for some rules: one for a whole run."""
    return Plan(codes)


def union(masks: Iterable[int]) -> int:
    """All bits of some masks."""
    found = 0
    for mask in masks:
        found |= mask
    return found
