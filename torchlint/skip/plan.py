"""What rules ask of a text, in the form that is looked up quickest: a bit for each group of words.

The words of a file, a region or a function give the bits that it has. A rule is out of the question where one of the
bits that it needs is missing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache
from typing import NamedTuple

from torchlint.anchors import Anchor, word_of
from torchlint.registry import RuleInfo, rules
from torchlint.skip.tokens import WAYS, Interest, way_of


class Look:
    """An anchor: the bit of its tokens, that of the identifiers among them, and the tokens by how they are found.

    `plain` are these identifiers where what a function calls may hide them: a layer, or another name. `signs` are the
    tokens that have no word.
    """

    def __init__(
        self,
        anchor: Anchor,
        bit: int,
        plain: frozenset[str],
        plain_bit: int,
        tokens: tuple[tuple[str, frozenset[str]], ...],
        signs: tuple[str, ...],
    ) -> None:
        self.anchor = anchor
        self.bit = bit
        self.plain = plain
        self.plain_bit = plain_bit
        self.tokens = tokens
        self.signs = signs


class Asked(NamedTuple):
    """A rule, the bits that must be within reach (alternatives), and those that a function itself must have.

    `special` are the names in its tokens with a colon, `hideable` the identifiers that a call may hide.
    """

    info: RuleInfo
    within_reach: tuple[int, ...]
    anchors: int
    looks: tuple[Look, ...]
    special: frozenset[str]
    hideable: frozenset[str]

    def concerns(self, mask: int) -> bool:
        """Whether what has these bits may have something for the rule."""
        first, *others = self.within_reach
        return mask & first == first or (bool(others) and any(mask & needed == needed for needed in others))


class Plan:
    """The bits of some rules: for the words of a file or region, and for the tokens of a function.

    Rules on comments have none: they are `on_comments`.

    A token is told by a word (`spelled`), by a statement (`stated`) or by characters (`signs`): each says that a
    function may have the token.
    """

    def __init__(self, codes: Collection[str]) -> None:
        self.words: dict[str, int] = {}
        self.spelled: dict[str, int] = {}
        self.stated: dict[str, int] = {}
        self.signs: dict[str, int] = {}
        self._groups: dict[frozenset[str], int] = {}
        self._looks: dict[Anchor, Look] = {}
        wanted = [info for info in rules() if info.code in codes]
        self.on_comments = [info for info in wanted if info.on_comments]
        self.asked = [self._ask(info) for info in wanted if not info.on_comments]
        self.signed = union(self.signs.values())
        self.interest = Interest(token for anchor in self._looks for token in anchor.tokens)

    def _ask(self, info: RuleInfo) -> Asked:
        within_reach = tuple(union(map(self._bit_of_words, groups)) for groups in info.words)
        looks = tuple(self._look(anchor) for anchor in info.anchors if anchor.tokens)
        special = frozenset(word_of(token) for look in looks for token in look.anchor.tokens if ":" in token)
        hideable = frozenset().union(*(look.plain for look in looks))
        return Asked(info, within_reach, union(look.bit for look in looks), looks, special, hideable)

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
        by_way: dict[str, set[str]] = {}
        for token in sorted(anchor.tokens):
            by_way.setdefault(way_of(token), set()).add(token)
            table, key = self._told_by(token)
            table[key] = table.get(key, 0) | bit
        plain = anchor.plain if anchor.layered or not anchor.is_special else frozenset()
        tokens = tuple((way, frozenset(by_way[way])) for way in WAYS if way in by_way)
        signs = tuple(token for token in sorted(anchor.tokens) if token in self.signs)
        look = Look(anchor, bit, plain, self._bit_of_words(plain) if plain else 0, tokens, signs)
        self._looks[anchor] = look
        return look

    def _told_by(self, token: str) -> tuple[dict[str, int], str]:
        """The table in which a token is looked up beforehand, and what is looked up there."""
        way, word = way_of(token), word_of(token)
        if way == "stated":
            return self.stated, token
        if way == "tests" and token != "op:chain":
            return self.spelled, token.partition(":")[2]
        return (self.spelled, word) if word else (self.signs, token)

    def mask(self, words: Iterable[str]) -> int:
        """The bits of some words of a file or region."""
        return union([self.words[word] for word in self.words.keys() & words])


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
