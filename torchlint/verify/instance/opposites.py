"""The opposites of what a fix may need: integers, lists, shared memory, other counts. Runs in the worker.

The inputs that a text was solved with are contiguous floating-point tensors that nobody else holds. A program may be
given others, as far as the file does not exclude them; where both versions then differ, that is a condition.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch

from torchlint.verify.inputs.lattice import Cell, DoesNotFitError, arguments, typed
from torchlint.verify.inputs.recipes import normal
from torchlint.verify.inputs.specs import Spec
from torchlint.verify.inputs.tried_shapes import Shapes
from torchlint.verify.instance.solve import Solution
from torchlint.verify.judge.differences import name_of
from torchlint.verify.judge.observation import Effect, Observation
from torchlint.verify.run.execution import Outcome, run
from torchlint.verify.run.units import Unit

_DTYPE = "float32"
_CASTS = {"int": torch.int64, "bool": torch.bool, "complex": torch.complex64}
# What one run on a list raises where its code is about tensors: nobody's program.
_OTHER_TYPES = (TypeError, AttributeError)
_TOLERANCE, _NARROW = 1e-4, 2e-2
# Ranks at which opposites are tried.
_MOST_POINTS = 3
_COUNTS = {-1: "not negative", 0: "not 0", 9: "at most the size of what it counts"}

Given = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Doubts:
    """What the file does not say of one input: `dtypes` that its elements may have besides `float`, whether it may be
    no tensor, be negative, or share its memory with the inputs of the names in `shared`."""

    dtypes: tuple[str, ...] = ()
    several: bool = False
    negative: bool = False
    shared: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Opposite:
    """One opposite: what it is called in a list of what was tried, the need that it is the opposite of, and what makes
    its inputs of ordinary ones."""

    name: str
    need: str
    made: Callable[[Given], Given]


@dataclass(slots=True)
class Outcomes:
    """What came out: the names of what both versions ran on, and the first opposite that shows a difference."""

    tried: list[str]
    need: str = ""
    witness: Observation | None = None


def search(unit: Unit, solution: Solution, doubts: Mapping[str, Doubts], *, unproven: bool, layout: bool) -> Outcomes:
    """Try the opposites of what is assumed of the inputs.

    `unproven`: also what only a fix that states needs is asked: counts, indices, broadcasts. `layout`: whether somebody
    looks at how results lie in memory.
    """
    found = Outcomes([])
    for shapes, scalars in _points(solution):
        try:
            base = typed(arguments(Cell(shapes, normal(1.0), scalars), unit.specs), getattr(torch, _DTYPE), "cpu")
        except DoesNotFitError:
            continue
        for opposite in opposites(unit.specs, base, doubts, unproven=unproven):
            text = _difference_at(unit, opposite, base, layout, found.tried)
            if text:
                cell = Cell(shapes, normal(1.0), scalars, (_DTYPE,), given=opposite.made(base))
                found.witness = Observation(Effect.METADATA, cell, _DTYPE, f"{opposite.name}: {text}")
                found.need = opposite.need
                return found
    return found


def _points(solution: Solution) -> Iterator[tuple[Shapes, dict[str, Any]]]:
    """One point of each rank, the likeliest first, and a square one, which a transposed view fits."""
    ranks: set[tuple[int, bool]] = set()
    for shapes, scalars in solution.points:
        kind = shapes.rank, any(_is_square(shape) for shape in shapes.shapes.values())
        if kind not in ranks and len(ranks) < _MOST_POINTS:
            ranks.add(kind)
            yield shapes, scalars


def _difference_at(unit: Unit, opposite: Opposite, base: Given, layout: bool, tried: list[str]) -> str:
    before, after = (
        # Made within the run: what shares memory does so in the copies, too.
        run(partial(made, function, opposite=opposite), base)
        for function in (unit.before, unit.after)
    )
    if before.error is None and opposite.name not in tried:
        tried.append(opposite.name)
    return difference(before, after, layout)


def made(function: Callable[..., Any], /, *, opposite: Opposite, **given: Any) -> Any:
    return function(**opposite.made(given))


# -- what is tried ----------------------------------------------------------------------------------------------------


def opposites(
    specs: Sequence[Spec], base: Given, doubts: Mapping[str, Doubts], *, unproven: bool
) -> Iterator[Opposite]:
    """All opposites of ordinary inputs that the doubts allow."""
    floats = [spec.name for spec in specs if spec.is_float]
    yield from _of_dtypes(floats, doubts)
    for name in floats:
        if doubts[name].several and base[name].ndim:
            need = f"{{{name}}} is a tensor"
            yield Opposite("tuples of tensors", need, _with([name], lambda tensor: tuple(tensor.unbind(0))))
            yield Opposite("lists of tensors", need, _with([name], lambda tensor: list(tensor.unbind(0))))
    yield from _of_memory(floats, base, doubts)
    wide = [name for name in floats if base[name].ndim > 1]
    if wide:
        need = "nobody asks how the result lies in memory"
        yield Opposite("transposed tensors", need, _with(wide, lambda tensor: tensor.mT.contiguous().mT))
        yield Opposite("expanded tensors", need, _with(wide, lambda tensor: tensor[:1].expand(tensor.shape)))
    if unproven:
        yield from _of_counts(specs, doubts)
        yield from _of_indices(specs, base)
        yield from _of_broadcasts(floats, base)
        yield from _of_dims(specs)
        yield from _of_widths(floats)


def _with(names: Sequence[str], change: Callable[[Any], Any]) -> Callable[[Given], Given]:
    return lambda given: given | {name: change(given[name]) for name in names}


def _of_dtypes(floats: Sequence[str], doubts: Mapping[str, Doubts]) -> Iterator[Opposite]:
    for kind, dtype in _CASTS.items():
        free = [name for name in floats if kind in doubts[name].dtypes]
        # All at once, as programs have them, then one.
        for names in (*([free] if len(free) > 1 else []), *([name] for name in free)):
            need = " and ".join(f"{{{name}}} is a floating-point tensor" for name in names)
            yield Opposite(f"{kind} tensors", need, _with(names, partial(_cast, dtype=dtype)))


def _cast(tensor: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    if dtype == torch.bool:
        return tensor > 0
    if dtype.is_complex:
        return torch.complex(tensor, tensor.flip(-1) if tensor.ndim else tensor)
    return (tensor * 2).round().abs().to(dtype)


def _of_memory(floats: Sequence[str], base: Given, doubts: Mapping[str, Doubts]) -> Iterator[Opposite]:
    """Two inputs that are one tensor, or views of one."""
    for one, other in itertools.permutations(floats, 2):
        if other not in doubts[one].shared or base[one].shape != base[other].shape:
            continue
        need = f"{{{one}}} and {{{other}}} share no memory"
        yield Opposite("inputs that are one tensor", need, partial(_shared, one=one, other=other))
        if _is_square(base[one].shape):
            yield Opposite("inputs that are views of one", need, partial(_shared, one=one, other=other, turned=True))


def _shared(given: Given, one: str, other: str, turned: bool = False) -> Given:
    return given | {other: given[one].mT if turned else given[one]}


def _of_counts(specs: Sequence[Spec], doubts: Mapping[str, Doubts]) -> Iterator[Opposite]:
    for spec in specs:
        if spec.kind != "size":
            continue
        for count, need in _COUNTS.items():
            if count >= 0 or doubts[spec.name].negative:
                made = _with([spec.name], partial(_constant, value=count))
                yield Opposite(f"a count of {count}", f"{{{spec.name}}} is {need}", made)


def _of_indices(specs: Sequence[Spec], base: Given) -> Iterator[Opposite]:
    for spec in specs:
        if spec.kind not in ("labels", "long"):
            continue
        name, said = [spec.name], f"{{{spec.name}}}"
        if spec.kind == "long":
            yield Opposite("float tensors", f"{said} is an integer tensor", _with(name, lambda index: index + 0.5))
        yield Opposite("negative indices", f"{said} holds none below 0", _with(name, lambda index: index * 0 - 1))
        yield Opposite("indices of -100", f"{said} holds no -100", _with(name, lambda index: index * 0 - 100))
        yield Opposite(
            "indices of another rank", f"{said} has no further dim", _with(name, lambda index: index[..., None])
        )
        if base[spec.name].ndim:
            yield Opposite("fewer indices", f"{said} holds one for each row", _with(name, lambda index: index[:-1]))


def _of_broadcasts(floats: Sequence[str], base: Given) -> Iterator[Opposite]:
    for name in floats:
        if base[name].ndim:
            need = f"{{{name}}} has no dim of size 1"
            yield Opposite("a dim of size 1", need, _with([name], lambda tensor: tensor[..., :1]))
            yield Opposite("a dim of size 1", need, _with([name], lambda tensor: tensor[..., None]))


def _of_dims(specs: Sequence[Spec]) -> Iterator[Opposite]:
    for name in (spec.name for spec in specs if spec.kind == "dim"):
        for said, dim in (("a tuple of dims", (0, -1)), ("no dim", None)):
            yield Opposite(said, f"{{{name}}} is one int", _with([name], partial(_constant, value=dim)))


def _constant(old: Any, value: Any) -> Any:
    return value


def _of_widths(floats: Sequence[str]) -> Iterator[Opposite]:
    """What is rounded to half precision shows beside a tensor of double precision."""
    for one, other in itertools.permutations(floats, 2):
        need = f"{{{one}}} and {{{other}}} have one dtype"
        yield Opposite("tensors of two dtypes", need, partial(_widths, one=one, other=other))


def _widths(given: Given, one: str, other: str) -> Given:
    return given | {one: given[one].half(), other: given[other].double()}


def _is_square(shape: Sequence[int]) -> bool:
    return len(shape) > 1 and shape[-1] == shape[-2]


# -- what is compared -------------------------------------------------------------------------------------------------


def difference(before: Outcome, after: Outcome, layout: bool) -> str:
    """In what two outcomes differ, in words; empty where a program cannot tell one from the other."""
    if before.error is not None:
        alike = after.error is not None or isinstance(before.error, _OTHER_TYPES)
        return "" if alike else f"only before raises {name_of(before.error)}"
    if after.error is not None:
        return f"only after raises {name_of(after.error)}"
    if before.leaves.structure != after.leaves.structure:
        return f"{before.leaves.structure} becomes {after.leaves.structure}"
    if before.mutated != after.mutated:
        return (
            f"{', '.join(before.mutated) or 'nothing'} changed in place, after {', '.join(after.mutated) or 'nothing'}"
        )
    for one, other in zip(before.leaves.values, after.leaves.values, strict=True):
        text = _difference_of(one, other, layout)
        if text:
            return text
    return ""


def _difference_of(one: Any, other: Any, layout: bool) -> str:
    if type(one) is not type(other):
        return f"{type(one).__name__} becomes {type(other).__name__}"
    if not isinstance(one, torch.Tensor):
        return "" if _is_same_number(one, other) else "another number"
    for what in ("dtype", "shape"):
        if getattr(one, what) != getattr(other, what):
            return f"{what} {_short(getattr(one, what))} becomes {_short(getattr(other, what))}"
    if layout and one.is_contiguous() and not other.is_contiguous():
        return "the result is not contiguous any more"
    return "" if _is_close(one.detach(), other.detach()) else "other values"


def _is_same_number(one: Any, other: Any) -> bool:
    if hasattr(one, "shape"):
        # An array of NumPy's, or a number of it.
        return bool(one.shape == other.shape and (abs(one * 1.0 - other) <= _TOLERANCE).all())
    return bool(one == other or one != one or abs(one - other) <= _TOLERANCE * max(1.0, abs(one)))


def _short(value: object) -> str:
    return str(tuple(value)) if isinstance(value, torch.Size) else str(value).removeprefix("torch.")


def _is_close(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Whether values are the same up to rounding, where the old ones are numbers."""
    if not (one.is_floating_point() or one.is_complex()):
        return torch.equal(one, other)
    tolerance = _NARROW if one.dtype in (torch.float16, torch.bfloat16) else _TOLERANCE
    wide = torch.complex128 if one.is_complex() else torch.float64
    one, other = one.to(wide), other.to(wide)
    finite = one.isfinite()
    return torch.allclose(one[finite], other[finite], rtol=tolerance, atol=tolerance)
