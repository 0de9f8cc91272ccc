"""What rules find out about a file once."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar
from weakref import WeakKeyDictionary

from torchlint.syntax.module import Module

_Found = TypeVar("_Found")


def once_per_file(function: Callable[[Module], _Found]) -> Callable[[Module], _Found]:
    """Remember what a function says of a file, and for no longer than the file is there: it may hold the whole tree."""
    known: WeakKeyDictionary[Module, _Found] = WeakKeyDictionary()

    @wraps(function)
    def call(module: Module) -> _Found:
        found = known.get(module)
        if found is None:
            found = known[module] = function(module)
        return found

    return call
