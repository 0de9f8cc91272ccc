"""What rules ask of a text, in the form that is looked up quickest: a bit for each group of words.

The words of a file, a region or a function give the bits that it has. A rule is out of the question where one of the
bits that it needs is missing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from torchlint.anchors import Anchor, word_of
from torchlint.registry import RuleInfo, rules, while_rules_stay


@dataclass(frozen=True, eq=False)
class Look:
    """An anchor: the bit of its tokens, and that of the identifiers among them.

    `plain` are these identifiers where what a function calls may hide them: a layer, or another name.
    """

    anchor: Anchor
    bit: int
    plain: frozenset[str]
    plain_bit: int


class Asked(NamedTuple):
    """A rule, the bits that must be within reach (alternatives), and those that a function itself must have."""

    info: RuleInfo
    within_reach: tuple[int, ...]
    anchors: int
    looks: tuple[Look, ...]

    def concerns(self, mask: int) -> bool:
        """Whether what has these bits may have something for the rule."""
        for needed in self.within_reach:  # noqa: SIM110  # a generator costs more than what it tests
            if mask & needed == needed:
                return True
        return False


class Plan:
    """The bits of some rules: for the words of a file or region, and for the tokens of a function.

    `tokens` are the anchors that each token gives. That a function may have a token is told by a word (`spelled`) or by
    characters (`signs`). `called` are the words in tokens of calls, `written` those that must stand in the function
    itself.
    """

    def __init__(self, codes: Collection[str]) -> None:
        self.words: dict[str, int] = {}
        self.tokens: dict[str, int] = {}
        self.spelled: dict[str, int] = {}
        self.signs: dict[str, int] = {}
        self.called: set[str] = set()
        self.written: set[str] = set()
        self._groups: dict[frozenset[str], int] = {}
        self._looks: dict[Anchor, Look] = {}
        self.asked = [self._ask(info) for info in rules() if info.code in codes and not info.on_comments]
        self.signed = union(self.signs.values())

    def _ask(self, info: RuleInfo) -> Asked:
        within_reach = tuple(union(map(self._bit_of_words, groups)) for groups in info.words)
        looks = tuple(self._look(anchor) for anchor in info.anchors if anchor.tokens)
        return Asked(info, within_reach, union(look.bit for look in looks), looks)

    def _bit_of_words(self, group: frozenset[str]) -> int:
        bit = self._groups.get(group)
        if bit is None:
            bit = self._groups[group] = 1 << len(self._groups)
            _add(bit, group, self.words)
        return bit

    def _look(self, anchor: Anchor) -> Look:
        known = self._looks.get(anchor)
        if known is not None:
            return known
        bit = 1 << len(self._looks)
        _add(bit, anchor.tokens, self.tokens)
        _add(bit, [token for token in anchor.tokens if not word_of(token)], self.signs)
        _add(bit, filter(None, map(word_of, anchor.tokens)), self.spelled)
        called = {word_of(token) for token in anchor.tokens if ":" in token}
        self.called |= called
        self.written |= called | anchor.plain if anchor.written else called
        plain = frozenset() if anchor.written or (called and not anchor.layered) else anchor.plain
        look = Look(anchor, bit, plain, self._bit_of_words(plain) if plain else 0)
        self._looks[anchor] = look
        return look

    def mask(self, words: Iterable[str]) -> int:
        """The bits of some words of a file or region."""
        return bits_of(self.words, words)


def bits_of(table: Mapping[str, int], keys: Iterable[str]) -> int:
    """All bits that some keys have in a table."""
    return union([table[key] for key in table.keys() & keys])


def _add(bit: int, keys: Iterable[str], table: dict[str, int]) -> None:
    for key in keys:
        table[key] = table.get(key, 0) | bit


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
