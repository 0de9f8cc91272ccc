"""Which inputs a text takes: kinds, ranks and numbers, found by trying. Runs in the worker."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from torchlint.verify.inputs.lattice import Cell, DoesNotFitError, arguments
from torchlint.verify.inputs.recipes import normal
from torchlint.verify.inputs.specs import MATRIX_KINDS, Spec
from torchlint.verify.inputs.tried_shapes import Shapes

Shape = tuple[int, ...]
# Sizes that differ, so that a broadcast by accident raises; then equal ones, for matrices that are to be square.
_MAIN: tuple[Shape, ...] = ((3, 5), (6,), (3, 4, 5), (), (2, 3, 4, 5), (4, 4), (3, 4, 4))
# Trials for one rank and one choice of kinds.
_TRIALS = (8, 60)
_DOMAINS = ("positive", "unit", "prob", "inner", "spd")
_SAID = {"positive": "> 0", "unit": "in (0, 1)", "prob": "a softmax", "inner": "in (-1, 1)", "spd": "positive definite"}
_NUMBERS = {"flag": (True, False), "size": (2, 3, 1, 4), "number": (0.5, 2.0, -1.5)}


@dataclass(frozen=True, slots=True)
class Input:
    """What is known of an input: the kinds to try, its rank and its sizes where they are certain."""

    name: str
    kinds: tuple[str, ...]
    rank: int | None = None
    sizes: tuple[int | None, ...] | None = None
    sure: bool = False


@dataclass(slots=True)
class Solution:
    """How a text can be called: the kinds of its inputs, and for each rank the shapes and numbers that run.

    `domain` says what was assumed of the values so that the results are numbers; empty if nothing was. `fixed` are the
    sizes that the code certainly has.
    """

    specs: tuple[Spec, ...]
    points: list[tuple[Shapes, dict[str, Any]]]
    domain: str = ""
    fixed: frozenset[int] = frozenset()


class Solver:
    """Looks for inputs on which a function runs, for so many CPU seconds. `error` is what the first trial raised."""

    def __init__(
        self, function: Callable[..., Any], inputs: Sequence[Input], patience: float, numbers: Sequence[int] = ()
    ) -> None:
        self._function = function
        self._inputs = inputs
        self._shapes = [*_MAIN, *_shapes_with(numbers)]
        self._deadline = time.process_time() + patience
        self.error = ""

    def solve(self) -> Solution | None:
        """The first choice of kinds that runs at any rank, with all ranks at which it runs; None if there is none.

        Numbers in tensors without dims run almost everywhere, and square matrices broadcast by accident: they count
        only where nothing else does.
        """
        last: Solution | None = None
        fixed = frozenset(size for entry in self._inputs for size in entry.sizes or () if size is not None)
        if not self._inputs:
            points = list(self._points((), 1))
            return Solution((), points) if points else None
        for kinds, most in itertools.chain(*([(kinds, most) for kinds in _choices(self._inputs)] for most in _TRIALS)):
            specs = tuple(
                Spec(entry.name, kind, None, _bound(kind)) for entry, kind in zip(self._inputs, kinds, strict=True)
            )
            points = list(self._points(specs, most))
            if any(_tells(shapes) for shapes, _ in points):
                return self._in_domain(Solution(specs, points, fixed=fixed))
            if points and last is None:
                last = Solution(specs, points, fixed=fixed)
            if time.process_time() > self._deadline:
                break
        return self._in_domain(last) if last else None

    def _points(self, specs: Sequence[Spec], most: int) -> Iterator[tuple[Shapes, dict[str, Any]]]:
        """For each shape of the first tensor the first shapes of the others that run, and numbers that run there."""
        tensors = [spec for spec in specs if spec.is_tensor]
        if not tensors:
            yield from ((Shapes("plain", {}, {}), scalars) for scalars in self._scalars(specs, Shapes("plain", {}, {})))
            return
        by_name = {entry.name: entry for entry in self._inputs}
        # Labels and masks follow the shape of another tensor.
        main = next((spec for spec in tensors if spec.is_float), tensors[0])
        plain: set[int] = set()
        for shape in self._shapes:
            first = _fitted(shape, by_name[main.name])
            if first is None or len(first) in plain:
                continue
            for found in self._around(specs, tensors, main, first, by_name, most):
                plain.add(len(first))
                yield found

    def _around(
        self,
        specs: Sequence[Spec],
        tensors: Sequence[Spec],
        main: Spec,
        first: Shape,
        by_name: Mapping[str, Input],
        most: int,
    ) -> Iterator[tuple[Shapes, dict[str, Any]]]:
        others = [spec for spec in tensors if spec is not main]
        options = [
            [fitted for shape in _related(spec, first) if (fitted := _fitted(shape, by_name[spec.name])) is not None]
            for spec in others
        ]
        for choice in itertools.islice(_by_distance(options), most):
            shapes = {spec.name: shape for spec, shape in zip(others, choice, strict=True)}
            ordered = {spec.name: first if spec is main else shapes[spec.name] for spec in tensors}
            bound = min([size for size in first if size] or [3])
            candidate = Shapes("plain", ordered, {"K": bound})
            found = list(self._scalars(specs, candidate))
            if found:
                yield from ((candidate, scalars) for scalars in found)
                return
            if time.process_time() > self._deadline:
                return

    def _scalars(self, specs: Sequence[Spec], shapes: Shapes) -> Iterator[dict[str, Any]]:
        """The numbers with which it runs, up to four choices of them."""
        names = [spec.name for spec in specs if not spec.is_tensor]
        rank = max((len(shape) for shape in shapes.shapes.values()), default=0)
        dims = tuple(dict.fromkeys((-1, *range(rank)))) or (0,)
        options = [dims if spec.kind == "dim" else _NUMBERS[spec.kind] for spec in specs if not spec.is_tensor]
        count = 0
        for choice in itertools.islice(itertools.product(*options), 24):
            scalars = dict(zip(names, choice, strict=True))
            if self._runs(specs, shapes, scalars) is not None:
                yield scalars
                count += 1
            if count == 4 or (not count and time.process_time() > self._deadline):
                return

    def _runs(self, specs: Sequence[Spec], shapes: Shapes, scalars: Mapping[str, Any]) -> list[torch.Tensor] | None:
        """The floating-point results on ordinary inputs; None if it raises."""
        try:
            given = arguments(Cell(shapes, normal(1.0), scalars), specs)
            with torch.no_grad():
                result = self._function(**{name: _copied(value) for name, value in given.items()})
        except DoesNotFitError:
            return None
        except Exception as error:
            lines = str(error).splitlines() or [""]
            # The first choice is the likeliest: what it raises says most.
            self.error = self.error or f"{type(error).__name__}: {lines[0][:100]}"
            return None
        return [part for part in _parts(result) if isinstance(part, torch.Tensor) and part.is_floating_point()]

    def _in_domain(self, solution: Solution) -> Solution:
        """The same with values restricted where otherwise most results are not numbers."""
        shapes, scalars = solution.points[0]
        if self._share_of_numbers(solution.specs, shapes, scalars) > 0.5:
            return solution
        sure = {entry.name for entry in self._inputs if entry.sure}
        free = [spec.name for spec in solution.specs if spec.kind == "float" and spec.name not in sure]
        for domain in _DOMAINS:
            for names in (*([name] for name in free), free):
                specs = tuple(
                    Spec(s.name, domain if s.name in names else s.kind, s.shape, s.bound) for s in solution.specs
                )
                if domain in MATRIX_KINDS and not _square(shapes, names):
                    continue
                if self._share_of_numbers(specs, shapes, scalars) > 0.5:
                    said = " and ".join(f"{{{name}}} {_SAID[domain]}" for name in names)
                    return Solution(specs, solution.points, said, solution.fixed)
        return solution

    def _share_of_numbers(self, specs: Sequence[Spec], shapes: Shapes, scalars: Mapping[str, Any]) -> float:
        """The share of the floating-point results that are finite; 1 where there are none."""
        parts = self._runs(specs, shapes, scalars)
        if parts is None:
            return 0.0
        count = sum(part.numel() for part in parts)
        return sum(int(part.isfinite().sum()) for part in parts) / count if count else 1.0


def _tells(shapes: Shapes) -> bool:
    """Whether it takes the right shapes to run at these: no two sizes of the largest are equal, all have dims."""
    largest = max(shapes.shapes.values(), key=len, default=())
    return all(shapes.shapes.values()) and bool(largest) and len(set(largest)) == len(largest)


def _shapes_with(numbers: Sequence[int]) -> Iterator[Shape]:
    """Shapes with the sizes that a text names, such as the 10 of `torch.zeros(n, 10)`."""
    for number in numbers:
        yield from ((3, number), (number, 5), (number,), (3, number, 5))
    yield from itertools.permutations(numbers, 2)


def _choices(inputs: Sequence[Input]) -> Iterator[tuple[str, ...]]:
    """Kinds for all inputs: the likeliest ones, then those in which one input is something else, then two."""
    options = [entry.kinds[:5] for entry in inputs]
    return itertools.islice(_by_distance(options), 40)


def _by_distance(options: Sequence[Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
    """Choices of one option each, the sum of their places rising; nothing if there is an input without options."""
    if not all(options):
        return
    most = sum(len(option) - 1 for option in options)
    for total in range(min(most, 4) + 1):
        for places in _places([len(option) for option in options], total):
            yield tuple(option[place] for option, place in zip(options, places, strict=True))


def _places(lengths: Sequence[int], total: int) -> Iterator[tuple[int, ...]]:
    if not lengths:
        if total == 0:
            yield ()
        return
    for first in range(min(total, lengths[0] - 1) + 1):
        for rest in _places(lengths[1:], total - first):
            yield (first, *rest)


def _bound(kind: str) -> str | None:
    return "K" if kind == "labels" else None


def _fitted(shape: Shape, entry: Input) -> Shape | None:
    """A shape with the sizes that an input certainly has; None if its rank is another one."""
    if entry.rank is not None and len(shape) != entry.rank:
        return None
    if entry.sizes is None:
        return shape
    return tuple(size if known is None or known > 64 else known for size, known in zip(shape, entry.sizes, strict=True))


def _related(spec: Spec, shape: Shape) -> list[Shape]:
    """The shapes that another tensor may have beside one of this shape, likeliest first."""
    rows = [shape[:1] + shape[2:], shape[:-1]] if shape else [()]
    same: list[Shape] = [shape]
    last: list[Shape] = [shape[-1:], (), (*shape[:-1], 1)] if shape else []
    product: list[Shape] = (
        [(*shape[:-2], shape[-1], shape[-2]), (shape[-1], 4), (4, shape[-1])] if len(shape) > 1 else []
    )
    first = [shape[:1]] if shape else []
    ordered = [*rows, *same] if spec.kind in ("labels", "long") else [*same, *last, *rows, *product, *first]
    return list(dict.fromkeys(ordered))


def _square(shapes: Shapes, names: Sequence[str]) -> bool:
    found = [shapes.shapes[name] for name in names if name in shapes.shapes]
    return bool(found) and all(len(shape) > 1 and shape[-1] == shape[-2] for shape in found)


def _copied(value: Any) -> Any:
    return value.clone() if isinstance(value, torch.Tensor) else value


def _parts(result: Any) -> Iterator[Any]:
    if isinstance(result, tuple | list):
        for part in result:
            yield from _parts(part)
    else:
        yield result
