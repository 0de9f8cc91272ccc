"""Whether a class is a rule that can run beside torchlint's own, and what is wrong with it if not."""

from __future__ import annotations

from collections.abc import Iterator

from torchlint.finding import Severity
from torchlint.own_rules.codes import code_problem
from torchlint.rule import Check, Rewrite, Rule
from torchlint.torch_facts import ops

_LISTS = ("ops", "calls", "dimless", "anchors", "aliases", "related", "tags")
_GROUPS = ("needs", "words")


def problem(rule: type[Rule]) -> str:
    """What is wrong with a class that is meant to be a rule, in one line; empty if nothing is."""
    return next(_problems(rule), "")


def _problems(rule: type[Rule]) -> Iterator[str]:
    name = rule.__name__
    if not issubclass(rule, Rewrite | Check):
        yield f"the class {name} must derive from Rewrite or Check"
    for attribute in ("code", "message"):
        if not isinstance(getattr(rule, attribute, None), str) or not getattr(rule, attribute):
            yield f"the class {name} needs `{attribute}`, a text"
    if text := code_problem(rule.code):
        yield text
    if not isinstance(rule.severity, Severity):
        yield f"`severity` of {name} must be ERROR, WARNING or INFO"
    yield from _of_lists(rule)
    if issubclass(rule, Rewrite) and not getattr(rule, "pairs", ()):
        yield f"the class {name} needs `pairs`"
    if issubclass(rule, Check) and not (rule.is_on_classes() or rule.is_on_frames()):
        yield f"the class {name} has none of the methods `check_..`, so it would find nothing"
    if issubclass(rule, Check) and rule.overrides("check_op") and not rule.ops:
        yield f"{name} has a `check_op` and names no `ops`: it would never be asked"


def _of_lists(rule: type[Rule]) -> Iterator[str]:
    """What is wrong with what is meant to be tuples of words: a text in brackets without a comma, above all."""
    for attribute in _LISTS:
        if not _is_list(getattr(rule, attribute, ())):
            yield f"`{attribute}` of {rule.__name__} must be a tuple of texts"
    for attribute in _GROUPS:
        groups = getattr(rule, attribute, ())
        if not isinstance(groups, tuple | list) or not all(map(_is_list, groups)):
            yield f"`{attribute}` of {rule.__name__} must be a tuple of tuples of texts"
    unknown = [name for name in getattr(rule, "ops", ()) if name not in ops.everything()]
    if unknown:
        yield f"`ops` of {rule.__name__} names {unknown[0]!r}, an operation that torchlint does not know"


def _is_list(value: object) -> bool:
    return isinstance(value, tuple | list) and all(isinstance(item, str) for item in value)
