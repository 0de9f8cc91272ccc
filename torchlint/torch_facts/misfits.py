"""Calls that torch refuses before it computes anything: keywords that nothing has, too many or too few arguments."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from torchlint.torch_facts.signatures import NUMPY_NAMES, SEQUENCES, Kind, Overload, Style, assign, canonical, overloads

# These still take `add(input, alpha, other)` in their own ways, which no stub and no schema tells of.
_OLD_FORMS = frozenset({"add", "sub", "addbmm", "addcdiv", "addcmul", "addmm", "addmv", "addr", "baddbmm"})


class Misfit(NamedTuple):
    """Why a call raises before anything is computed: keywords that no overload has, how many positional arguments the
    longest overload takes if more are given, or parameters that are not given."""

    unknown: tuple[str, ...] = ()
    most: int | None = None
    missing: tuple[str, ...] = ()


@lru_cache(maxsize=4096)
def misfit(qualname: str, count: int, keywords: tuple[str, ...], is_open: bool = False) -> Misfit | None:
    """Why no overload takes so many positional arguments and these keywords; None where one may, or where it is not
    one of these reasons. With `is_open`, more may be given than these."""
    candidates = overloads(qualname)
    named = {keyword: keyword for keyword in keywords}
    if not candidates or any(assign(each, range(count), named, _any_kind) is not None for each in candidates):
        return None
    unknown = [word for word in keywords if not any(_names(overload, word) for overload in candidates)]
    if unknown:
        return Misfit(unknown=tuple(unknown))
    if is_open:
        return None
    if canonical(qualname) in _OLD_FORMS:
        return None
    most = [_most(overload) for overload in candidates]
    if None not in most and count > max(each or 0 for each in most):
        return Misfit(most=max(each or 0 for each in most))
    if len(candidates) > 1:
        return None
    given = {one.name for one in [one for one in candidates[0] if one.style is Style.PLAIN][:count]}
    held = given.union(NUMPY_NAMES.get(word, word) for word in keywords).union(keywords)
    left = [one.name for one in candidates[0] if one.required and one.style in (Style.PLAIN, Style.KEYWORD)]
    missing = tuple(name for name in left if name not in held)
    return Misfit(missing=missing) if missing else None


def _any_kind(argument: object) -> Kind:
    return Kind.UNKNOWN


def _names(overload: Overload, keyword: str) -> bool:
    """Whether an overload takes a keyword."""
    known = {one.name for one in overload if one.style is not Style.STAR or one.words}
    taken = any(one.style is Style.STARS for one in overload)
    return taken or keyword in known or NUMPY_NAMES.get(keyword, keyword) in known or keyword == "out"


def _most(overload: Overload) -> int | None:
    """How many positional arguments an overload takes; None for any number."""
    if any(one.style is Style.STAR or one.words & SEQUENCES for one in overload):
        return None
    return sum(one.style is Style.PLAIN for one in overload)
