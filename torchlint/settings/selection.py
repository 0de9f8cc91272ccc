"""Which rules a list of selectors means: codes, prefixes of codes, rule names, `ALL`.

A prefix that selects turns on the rules under it that are on by default, so that `TLT` is never more than all of these;
a rule that is off by default is named by its code or its name, or runs with `ALL`. A prefix that leaves rules out, as
in `ignore` and `per-file-ignores`, leaves out all rules under it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from torchlint import registry
from torchlint.selectors import advice, covered, is_everything, named, turned_on

# A code in full and a name say the same, and more than any prefix.
_IN_FULL = 1_000


class UnknownSelectorError(Exception):
    """A selector that names no rule; the message is one line and says what to write instead."""


def expand(selector: str) -> frozenset[str]:
    """The codes that a selector stands for: none where it names rules that are not run, such as local ones that nobody
    allowed. Raises `UnknownSelectorError` where it names none at all."""
    found = frozenset(rule.code for rule in covered(selector))
    if found or registry.is_absent(selector):
        return found
    raise UnknownSelectorError(f"unknown rule selector {selector!r}{advice(selector)}")


def expand_all(selectors: Iterable[str]) -> frozenset[str]:
    """The codes that any of the selectors stands for. Raises `UnknownSelectorError`."""
    return frozenset().union(*map(expand, selectors))


def defaults() -> frozenset[str]:
    """The rules that run where nothing is selected."""
    return frozenset(rule.code for rule in registry.rules() if rule.default)


def choose(
    codes: frozenset[str], select: Sequence[str] | None, more: Sequence[str], ignore: Sequence[str]
) -> frozenset[str]:
    """`codes` after one layer of configuration: `select` starts anew, `more` adds, `ignore` removes.

    The longer selector wins, so that `TLT101` can be taken out of `TLT1` and the other way round; between two of
    equal length `ignore` does. Raises `UnknownSelectorError`.
    """
    wanted: dict[str, bool] = {}
    votes = [(weight(selector), True, selector) for selector in (*(select or ()), *more)]
    votes += [(weight(selector), False, selector) for selector in ignore]
    for _, on, selector in sorted(votes, key=lambda vote: (vote[0], not vote[1])):
        wanted.update(dict.fromkeys(_selected(selector) if on else expand(selector), on))
    before = codes if select is None else frozenset[str]()
    return frozenset(code for code in before | wanted.keys() if wanted.get(code, True))


def _selected(selector: str) -> frozenset[str]:
    expand(selector)  # raises
    return frozenset(rule.code for rule in turned_on(selector))


def weight(selector: str) -> int:
    """How much a selector says: of two that contradict each other the heavier one wins."""
    if is_everything(selector):
        return 0
    return len(selector) if named(selector) is None else _IN_FULL


def idle(selectors: Iterable[str]) -> Iterator[str]:
    """A line for each selector that turns nothing on, because all rules under it are off by default."""
    for selector in selectors:
        rules = covered(selector)
        if rules and not turned_on(selector):
            codes = ", ".join(rule.code for rule in rules)
            yield f"{selector!r} turns nothing on: all rules under it are off by default; name them in full: {codes}"
