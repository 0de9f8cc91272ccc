"""The worker's side of a finding that is demonstrated: of some inputs the one on which both versions differ most."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from torchlint.verify.inputs.lattice import Cell, DoesNotFitError, arguments, typed
from torchlint.verify.inputs.recipes import Recipe, normal
from torchlint.verify.instance.solve import Solution
from torchlint.verify.instance.validate import UnsolvedError, solved
from torchlint.verify.report.reproducer import PRINTABLE, literal
from torchlint.verify.run.execution import Outcome, run
from torchlint.verify.run.units import Unit

# What people train with.
_DTYPE = torch.float32
_NORMAL = tuple(map(normal, (1.0, 30.0, 90.0, 1e-8)))
_RECIPES = (*_NORMAL, Recipe("offset", 1e4), Recipe("zeros"), Recipe("ties"))
# Differences below, relative to the largest number, are those of rounding; numbers below are as good as 0.
_LEAST, _NOTHING = 1e-3, 1e-20
# Numbers of a result that are shown.
_SHOWN = 4


@dataclass(frozen=True, slots=True)
class _Difference:
    """What both versions gave for some arguments.

    `kind` is 3 where only the old code gives NaN or infinity, 2 where only it raises, 1 where both give numbers that
    differ by `size`, relative to the largest.
    """

    kind: int
    size: float
    given: Mapping[str, Any]
    before: Outcome
    after: Outcome


def worst(request: Mapping[str, Any]) -> dict[str, Any]:
    """Both texts, the arguments and what came out; or `reason`, why there is nothing to show."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            unit, solution = _solved({**request, "tier": "fast"})
        except UnsolvedError as error:
            return {"reason": str(error)}
        tried = [_difference(unit, given) for given in _arguments(unit, solution)]
    found = [difference for difference in tried if difference is not None]
    if not found:
        return {"reason": f"on {len(tried)} inputs that were tried both versions give the same"}
    most = max(found, key=lambda difference: (difference.kind, difference.size))
    return {
        "before": unit.before_text,
        "after": unit.after_text,
        "inputs": {name: _written(value) for name, value in most.given.items()},
        "tried": len(tried),
        "torch": torch.__version__.partition("+")[0],
        "gives": [_told(most.before), _told(most.after)],
    }


def _solved(request: Mapping[str, Any]) -> tuple[Unit, Solution]:
    """The pair and inputs on which one of its versions runs: where the old code always raises, this is the harm.

    Raises `UnsolvedError`.
    """
    try:
        return solved(request)
    except UnsolvedError as error:
        try:
            unit, solution = solved({**request, "before": request["after"], "after": request["before"]})
        except UnsolvedError:
            raise error from None
    return Unit(unit.after, unit.before, unit.specs, unit.after_text, unit.before_text), solution


def _arguments(unit: Unit, solution: Solution) -> Iterator[Mapping[str, Any]]:
    """Arguments of several sizes for the likeliest shapes, and ordinary ones for others."""
    shapes, scalars = solution.points[0]
    cells = [Cell(shapes, recipe, scalars) for recipe in _RECIPES]
    cells += [Cell(other, normal(1.0), numbers) for other, numbers in solution.points[1:4]]
    for cell in cells:
        try:
            yield typed(arguments(cell, unit.specs), _DTYPE, "cpu")
        except DoesNotFitError:
            continue


def _difference(unit: Unit, given: Mapping[str, Any]) -> _Difference | None:
    """How the old code is other than the new one; None where it is not, or the new code raises."""
    floats = tuple(
        name for name, value in given.items() if isinstance(value, torch.Tensor) and value.is_floating_point()
    )
    before, after = (run(version, given, floats, _ones) for version in (unit.before, unit.after))
    if after.error is not None:
        return None
    if before.error is not None:
        return _Difference(2, 0.0, given, before, after)
    if _is_finite(after) and not _is_finite(before):
        return _Difference(3, 0.0, given, before, after)
    size = max((_distance(one, other) for one, other in zip(_parts(before), _parts(after), strict=False)), default=0.0)
    return _Difference(1, size, given, before, after) if size > _LEAST else None


def _ones(place: int, shape: torch.Size) -> torch.Tensor:
    """What each result is weighed with: gradients are those of the sum."""
    return torch.ones(shape, dtype=torch.float64)


def _parts(outcome: Outcome) -> list[torch.Tensor]:
    return [*outcome.tensors, *(gradient for gradient in outcome.grads.values() if gradient is not None)]


def _is_finite(outcome: Outcome) -> bool:
    return all(bool(part.isfinite().all()) for part in _parts(outcome))


def _distance(one: torch.Tensor, other: torch.Tensor) -> float:
    """The largest difference, relative to the largest number; 1 for results of different shapes."""
    if one.shape != other.shape:
        return 1.0
    if not one.numel() or not bool(one.isfinite().all() & other.isfinite().all()):
        return 0.0
    largest = max(float(one.abs().max()), float(other.abs().max()))
    return float((one.double() - other.double()).abs().max()) / largest if largest > _NOTHING else 0.0


def _told(outcome: Outcome) -> dict[str, str]:
    """What a version gave, by what it is, in words."""
    if outcome.error is not None:
        return {"raises": f"{type(outcome.error).__name__}: {str(outcome.error).partition(chr(10))[0]}"}
    results = {f"result {place}" if place else "result": _numbers(part) for place, part in enumerate(outcome.tensors)}
    gradients = {f"gradient for {name}": _numbers(part) for name, part in outcome.grads.items() if part is not None}
    return results | gradients


def _written(value: Any) -> str:
    """An argument, its numbers with few digits."""
    if not isinstance(value, torch.Tensor) or not value.is_floating_point() or value.numel() > PRINTABLE:
        return literal(value)
    rounded = value.detach().double().apply_(lambda number: float(f"{number:.6g}"))
    return f"torch.tensor({rounded.tolist()})"


def _numbers(tensor: torch.Tensor) -> str:
    """The first numbers of a tensor, and its shape where it has more."""
    flat = tensor.detach().flatten()
    first = " ".join(f"{float(number):.3g}" for number in flat[:_SHOWN])
    return first if len(flat) <= _SHOWN else f"{first} .. ({'x'.join(map(str, tensor.shape))})"
