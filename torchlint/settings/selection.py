"""Which rules a list of selectors means: codes, prefixes of codes, rule names, `ALL`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from torchlint import registry


class UnknownSelectorError(Exception):
    """A selector that names no rule; the message is one line and suggests a similar one."""


def expand(selector: str) -> frozenset[str]:
    """The codes that a selector stands for, at least one. Raises `UnknownSelectorError`."""
    rules = registry.rules()
    if selector == "ALL":
        return frozenset(rule.code for rule in rules)
    found = frozenset(rule.code for rule in rules if rule.name == selector or _is_prefix(selector, rule.code))
    if found:
        return found
    names = [name for rule in rules for name in (rule.code, rule.name)]
    raise UnknownSelectorError(f"unknown rule selector {selector!r}{suggestion(selector, ['ALL', *names])}")


def _is_prefix(selector: str, code: str) -> bool:
    return bool(selector) and code.startswith(selector)


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
    votes = [(_weight(selector), True, selector) for selector in (*(select or ()), *more)]
    votes += [(_weight(selector), False, selector) for selector in ignore]
    for _, on, selector in sorted(votes, key=lambda vote: (vote[0], not vote[1])):
        wanted.update(dict.fromkeys(expand(selector), on))
    before = codes if select is None else frozenset[str]()
    return frozenset(code for code in before | wanted.keys() if wanted.get(code, True))


def _weight(selector: str) -> int:
    if selector == "ALL":
        return 0
    return len(selector) if selector.isupper() and selector.isalnum() else 1_000


def suggestion(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` for the known word that is most like this one, or nothing."""
    # Start-up: only a selector that nobody knows needs it.
    import difflib

    folded = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(word.casefold(), folded, n=1)
    return f"; did you mean {folded[close[0]]!r}?" if close else ""
