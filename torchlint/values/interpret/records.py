"""What a frame keeps of its evaluation: a walk over it sees what was there when the walk began.

Whoever walks over the calls or values of a frame may ask for others, of an attribute of a class for example, and what
is asked for is evaluated then, perhaps in the very frame that is walked over. A plain dict raises there, and a plain
list may not end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import ItemsView, Iterator, KeysView, ValuesView
from typing import TypeVar

_Key = TypeVar("_Key")
_Held = TypeVar("_Held")


class Record(dict[_Key, _Held]):
    """A dict that may grow while it is walked."""

    def __iter__(self) -> Iterator[_Key]:
        return iter([*dict.__iter__(self)])

    def keys(self) -> KeysView[_Key]:  # type: ignore[override]
        return dict(dict.items(self)).keys()

    def values(self) -> ValuesView[_Held]:  # type: ignore[override]
        return dict(dict.items(self)).values()

    def items(self) -> ItemsView[_Key, _Held]:  # type: ignore[override]
        return dict(dict.items(self)).items()


class Lists(defaultdict[_Key, list[_Held]]):
    """Lists by key, empty before something is added, that may grow while they are walked."""

    def __init__(self) -> None:
        super().__init__(Log)

    def __iter__(self) -> Iterator[_Key]:
        return iter([*dict.__iter__(self)])

    def keys(self) -> KeysView[_Key]:  # type: ignore[override]
        return dict(dict.items(self)).keys()

    def values(self) -> ValuesView[list[_Held]]:  # type: ignore[override]
        return dict(dict.items(self)).values()

    def items(self) -> ItemsView[_Key, list[_Held]]:  # type: ignore[override]
        return dict(dict.items(self)).items()


class Log(list[_Held]):
    """A list that may grow while it is walked."""

    def __iter__(self) -> Iterator[_Held]:
        return iter(self[:])


class EvaluationError(Exception):
    """The evaluation of a frame failed; the cause is what was raised."""
