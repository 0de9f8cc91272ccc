"""What a word that is meant to name rules stands for: a code, the beginning of one, a rule's name, `ALL`.

Case does not matter. Where a word names nothing, what to write instead is a matter of how codes and names are mistyped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from torchlint import registry
from torchlint.registry import RuleInfo

EVERYTHING = "ALL"
_CODE = re.compile(r"([A-Z]+)([0-9]+)")
# Letters that stand for a digit of the same shape.
_DIGITS = str.maketrans("OQILSBZ", "0011582")
_DASHES = str.maketrans("_ ", "--")
# Below this, what difflib calls close are other words.
_ALIKE = 0.75


def named(word: str) -> RuleInfo | None:
    """The rule whose code or name this is."""
    folded = word.casefold()
    return next((rule for rule in registry.rules() if folded in (rule.code.casefold(), rule.name)), None)


def is_everything(word: str) -> bool:
    """Whether the word stands for all rules."""
    return word.upper() == EVERYTHING


def covered(word: str) -> Sequence[RuleInfo]:
    """All rules that the word stands for, in the order of their codes; none if it names nothing."""
    if is_everything(word):
        return registry.rules()
    rule = named(word)
    if rule is not None:
        return (rule,)
    return tuple(rule for rule in registry.rules() if word and rule.code.startswith(word.upper()))


def is_known(word: str) -> bool:
    """Whether the word names rules, be it that they are not run."""
    return bool(covered(word)) or registry.is_absent(word)


def turned_on(word: str) -> Sequence[RuleInfo]:
    """The rules that selecting the word turns on: of those under a prefix only the ones that are on by default."""
    rules = covered(word)
    if is_everything(word) or named(word) is not None:
        return rules
    return tuple(rule for rule in rules if rule.default)


def advice(word: str) -> str:
    """What to write instead of a word that names no rule, as the end of a sentence: `; did you mean 'TLT202'?`."""
    meant = intended(word)
    if meant:
        return f"; did you mean {meant!r}?"
    letters, prefix = _letters_of(registry.built_in()[0].code), _longest_prefix(word)
    if prefix:
        return f"; `torchlint rule {prefix}` lists the rules that begin with {prefix}"
    listing = f"`torchlint rule {letters}` lists"
    if _CODE.fullmatch(word.upper()) and _letters_of(word.upper()) not in letters_of_codes():
        return f"; torchlint's codes begin with {letters}: {listing} them"
    return f"; {listing} all rules"


def intended(word: str) -> str:
    """The code, prefix or name that a word which names no rule is most likely a slip for, or nothing."""
    return _meant_code(word) or _meant_name(word)


def _meant_code(word: str) -> str:
    """The code, or prefix of codes, that is one slip away; digits must be right, for every number is another rule."""
    folded = re.sub(r"[\s_:-]", "", word.upper())
    for letters in letters_of_codes():
        for size in (len(letters), len(letters) - 1, len(letters) + 1):
            head, tail = folded[:size], folded[size:].translate(_DIGITS)
            if tail.isdecimal() and _is_one_slip(head, letters) and covered(letters + tail):
                return letters + tail
    return ""


def letters_of_codes() -> list[str]:
    """The letters that our codes begin with."""
    return sorted({_letters_of(rule.code) for rule in registry.rules()})


def _letters_of(code: str) -> str:
    return code.rstrip("0123456789")


def _is_one_slip(typed: str, meant: str) -> bool:
    """Whether at most one letter is missing, too many, another one, or swapped with its neighbour."""
    if typed == meant:
        return True
    if len(typed) > len(meant):
        typed, meant = meant, typed
    start = next((at for at, (one, other) in enumerate(zip(typed, meant, strict=False)) if one != other), len(typed))
    if len(typed) < len(meant):
        return typed[start:] == meant[start + 1 :]
    swapped = typed[:start] + typed[start : start + 2][::-1] + typed[start + 2 :]
    return typed[start + 1 :] == meant[start + 1 :] or swapped == meant


def _meant_name(word: str) -> str:
    # Start-up: only a selector that nobody knows needs it.
    import difflib

    names = [rule.name for rule in registry.rules()]
    close = difflib.get_close_matches(word.casefold().translate(_DASHES), names, n=1, cutoff=_ALIKE)
    return close[0] if close else ""


def _longest_prefix(word: str) -> str:
    """The longest beginning of a code with wrong digits that other codes have, or nothing."""
    code = _CODE.match(word.upper())
    if code is None or code[1] not in letters_of_codes():
        return ""
    sizes = range(len(code[0]), len(code[1]), -1)
    return next((code[0][:size] for size in sizes if covered(code[0][:size])), "")


def suggestion(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` for the known word that is most like this one, or nothing."""
    # Start-up: only a selector that nobody knows needs it.
    import difflib

    folded = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(word.casefold(), folded, n=1)
    return f"; did you mean {folded[close[0]]!r}?" if close else ""
