"""The inputs of a rewrite: each thing that its text names or calls and that is not run itself."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from torchlint.verify.instance.context import Known

_T = TypeVar("_T")
# What is tried last, whatever the hints say.
_USUAL = ("float", "number", "long")


@dataclass(slots=True)
class Hole:
    """An input. `text` is the user's expression for it; an `opaque` one holds a call, of which each is its own input.

    `uses` are the kinds of inputs that the operations around it ask for, `guesses` those that its name suggests;
    `is_tensor` is whether an operation takes nothing else in its place.
    """

    name: str
    text: str
    opaque: bool
    known: Known = field(default_factory=Known)
    is_tensor: bool = False
    uses: list[str] = field(default_factory=list)
    guesses: list[str] = field(default_factory=list)

    def used_as(self, *kinds: str) -> None:
        self.uses += [kind for kind in kinds if kind not in self.uses]

    @property
    def kinds(self) -> list[str]:
        """The kinds of inputs to try, best first."""
        if self.known.kind and self.known.tensor:
            return [self.known.kind]
        # That it is an int is known; whether it is a size or a dim, its uses say.
        kinds = [*self.uses, *filter(None, [self.known.kind]), *self.guesses, *_USUAL]
        if self.known.tensor or self.is_tensor:
            kinds = [kind for kind in kinds if kind not in ("dim", "flag", "size", "number")]
        return list(dict.fromkeys(kinds))


class Holes:
    """The inputs and the locals of both versions under common names, numbered in order of appearance."""

    def __init__(self) -> None:
        self._holes: dict[str, Hole] = {}
        self._locals: dict[str, str] = {}
        self._answers: dict[tuple[str, str], object] = {}
        self.named: dict[str, Hole] = {}

    def __iter__(self) -> Iterator[Hole]:
        return iter(self._holes.values())

    def hole(self, key: str, node: ast.expr, opaque: bool) -> tuple[Hole, bool]:
        """The input with this key, and whether it is new."""
        known = self._holes.get(key)
        if known is not None:
            return known, False
        found = self._holes[key] = Hole(f"h{len(self._holes)}", ast.unparse(node), opaque)
        self.named[found.name] = found
        return found, True

    def local(self, name: str) -> str:
        return self._locals.setdefault(name, f"v{len(self._locals)}")

    def answer(self, question: str, text: str, ask: Callable[[], _T]) -> _T:
        """What is known of a text: asked once, of the version before, and true of the same text after."""
        key = question, text
        if key not in self._answers:
            self._answers[key] = ask()
        return self._answers[key]  # type: ignore[return-value]

    def state(self) -> tuple[int, int]:
        return len(self._holes), len(self._locals)

    def restore(self, state: tuple[int, int]) -> None:
        """Forget what came after a state."""
        for key in list(self._holes)[state[0] :]:
            del self.named[self._holes.pop(key).name]
        for name in list(self._locals)[state[1] :]:
            del self._locals[name]
