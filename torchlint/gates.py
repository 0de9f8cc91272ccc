"""What must be spelled in a text before a rule can have something to say: derived from what the rule declares."""

from __future__ import annotations

from collections.abc import Iterable

from torchlint import ops
from torchlint.patterns import Pattern
from torchlint.registry import Words
from torchlint.rule import Check, Rewrite, Rule


def words_needed(rule: type[Rule]) -> Words:
    """Alternatives of groups of words. The first group of a check's names the operations that it is called for."""
    if issubclass(rule, Rewrite):
        return tuple(dict.fromkeys(tuple(Pattern(pair).groups()) for pair in rule.pairs))
    assert issubclass(rule, Check)
    groups = [_spelled(rule.ops)] if rule.ops else []
    groups.extend(_spelled(group) for group in rule.needs)
    groups.extend(frozenset(group) for group in rule.words)
    return (tuple(group for group in groups if group),)


def _spelled(names: Iterable[str]) -> frozenset[str]:
    """The words for any of these operations; empty, so no condition, if one may be written without a word."""
    found = [ops.spellings(name) for name in names]
    return frozenset().union(*found) if all(found) else frozenset()
