"""What must be spelled before a rule can have something to say: derived from what the rule declares.

`words` are looked for in a file and in what a region can reach; `anchors` in the function itself: the operation at the
root of a pattern, or one that a check is called for, stands where it is reported.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from torchlint.anchors import OPERATORS, Anchor, Words, word_of
from torchlint.match import Pattern
from torchlint.rule import Check, OnComments, Rewrite, Rule
from torchlint.torch_facts import ops, spelled


def words_needed(rule: type[Rule]) -> Words:
    """Alternatives of groups of words of which one each must occur."""
    if issubclass(rule, Rewrite):
        return tuple(dict.fromkeys(tuple(Pattern(pair.before).groups()) for pair in rule.pairs))
    if issubclass(rule, OnComments):
        return ((),)
    assert issubclass(rule, Check)
    groups = [] if rule.is_on_classes() else _triggers(rule)
    groups.extend(_spelled(group) for group in rule.needs)
    words = [frozenset(word_of(_token(word)) for word in group) for group in rule.words]
    groups.extend(frozenset() if "" in group else group for group in words)
    return (tuple(group for group in groups if group),)


def anchors_needed(rule: type[Rule]) -> tuple[Anchor, ...]:
    """Groups of tokens of which a function needs one each."""
    if issubclass(rule, Rewrite):
        patterns = [Pattern(pair.before) for pair in rule.pairs]
        roots = frozenset().union(*(pattern.root_names for pattern in patterns))
        return (_anchor(roots), *(_common(patterns, rule.elsewhere) if rule.local else ()))
    if issubclass(rule, OnComments):
        return ()
    assert issubclass(rule, Check)
    found = [_anchor(rule.ops, rule.dimless, rule.calls)] if rule.ops or rule.calls else []
    if rule.words and not found:
        found = [Anchor(frozenset(map(_token, rule.anchors or rule.words[0])), False, True)]
    return tuple(found)


def _triggers(rule: type[Check]) -> list[frozenset[str]]:
    """The words of the operations and calls that a check is called for, of which one is needed."""
    if not rule.ops and not rule.calls:
        return []
    spelled_ops = _spelled(rule.ops)
    calls = frozenset(word_of(_token(name)) for name in rule.calls)
    return [spelled_ops | calls if spelled_ops or not rule.ops else frozenset()]


def _token(name: str) -> str:
    """The token of a word; of `.step`, any method of that name; of the last part of a qualified name."""
    owner, dot, last = name.rpartition(".")
    return f"call:{last}" if dot and not owner else last


def _common(patterns: list[Pattern], elsewhere: Collection[str]) -> list[Anchor]:
    """An anchor for each operation that all patterns have in them, except at the root or from elsewhere."""
    inner = [pattern.inner_names for pattern in patterns]
    return [_anchor([name]) for name in sorted(frozenset.intersection(*inner).difference(elsewhere))]


def _spelled(names: Iterable[str]) -> frozenset[str]:
    """The words for any of these operations; empty, so no condition, if one may be written without a word."""
    found = [spelled.spellings(name) for name in names]
    return frozenset().union(*found) if all(found) else frozenset()


def _anchor(names: Iterable[str], dimless: Collection[str] = (), calls: Iterable[str] = ()) -> Anchor:
    """The tokens of operations, and of the functions, classes and methods of `calls`."""
    tokens: set[str] = set()
    for name in names:
        if name in dimless:
            tokens |= {f"bare:{word}" for word in spelled.words_for(name)}
            continue
        tokens |= spelled.words_for(name)
        tokens |= {OPERATORS[name]} if name in OPERATORS else set()
        if name in spelled.UNSPELLED and name not in OPERATORS:
            return Anchor(frozenset(), False)  # may be written in ways that no token shows
    for name in calls:
        tokens |= {_token(name)} - {token.removeprefix("bare:") for token in tokens}
    # A layer is called under the name of an attribute.
    layers = ops.that(kind="layer")
    return Anchor(
        frozenset(tokens), any(ops.layers_of(name) or name in layers for name in names if name not in dimless)
    )
