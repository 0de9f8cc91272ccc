"""Second derivatives, forward-mode derivatives and vmap: what a fused operation may not have."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import torch

from torchlint.verify.inputs.lattice import Cell
from torchlint.verify.judge.differences import name_of
from torchlint.verify.judge.observation import Effect, Observation
from torchlint.verify.run.execution import dyadic, flatten
from torchlint.verify.run.units import Unit

# Between two float64 evaluations on ordinary inputs a larger relative distance is one of meaning.
AGREEMENT = 1e-6
MODE = "double backward"

Function = Callable[..., Any]


def compare_higher(unit: Unit, cell: Cell, values: Mapping[str, Any]) -> Iterator[Observation]:
    """What after loses at one point of ordinary float64 `values`, on the CPU.

    A second derivative that is missing or another refuses; the rest is worth a note.
    """
    names = tuple(spec.name for spec in unit.specs if spec.is_differentiable)
    if not names:
        return
    here = replace(cell, mode=MODE, dtypes=("float64",))
    yield from _second(unit, here, values, names)
    for what, attempt in (("forward-mode derivatives", _forward), ("vmap", _mapped)):
        if _error(attempt, unit.before, values, names) is None:
            error = _error(attempt, unit.after, values, names)
            if error is not None:
                yield Observation(Effect.NOTE, here, "float64", f"{what}: only after raises {name_of(error)}")


def _second(unit: Unit, cell: Cell, values: Mapping[str, Any], names: tuple[str, ...]) -> Iterator[Observation]:
    try:
        old = _derivatives(unit.before, values, names)
    except Exception:
        return  # nothing to lose
    if not all(bool(value.isfinite().all()) for value in old if value is not None):
        return
    try:
        new = _derivatives(unit.after, values, names)
    except Exception as error:
        text = f"second derivatives: only after raises {name_of(error)}"
        yield Observation(Effect.EXCEPTION, cell, "float64", text)
        return
    for name, left, right in zip(names, old, new, strict=True):
        if left is None or not left.numel():
            continue
        scale = float(left.abs().max())
        if right is None:
            if scale > 0:  # autograd passes over a function that says that it can be differentiated once
                text = f"second derivatives: after has none with respect to {name}"
                yield Observation(Effect.EXCEPTION, cell, "float64", text)
            continue
        distance = (left - right).abs().nan_to_num(nan=float("inf"))
        if float(distance.max()) > AGREEMENT * max(scale, AGREEMENT):
            place = int(distance.argmax())
            numbers = f"{left.reshape(-1)[place].item():.6g} becomes {right.reshape(-1)[place].item():.6g}"
            text = f"second derivative with respect to {name}: {numbers}"
            yield Observation(Effect.REGRESSES, cell, "float64", text)


def _derivatives(function: Function, values: Mapping[str, Any], names: tuple[str, ...]) -> list[torch.Tensor | None]:
    """The gradient of a weighted sum of the gradients for each name; None where nothing depends on it."""
    leaves = {name: values[name].detach().clone().requires_grad_() for name in names}
    given = {name: leaves[name].clone() if name in leaves else value for name, value in values.items()}
    ends = [value for value in flatten(function(**given)).values if _has_graph(value)]
    if not ends:
        return [None] * len(names)
    weights = [dyadic(place, value.shape).to(value.dtype) for place, value in enumerate(ends)]
    grads = torch.autograd.grad(ends, list(leaves.values()), weights, create_graph=True, allow_unused=True)
    firsts = [(dyadic(place, grad.shape) * grad).sum() for place, grad in enumerate(grads) if _has_graph(grad)]
    if not firsts:
        return [None] * len(names)
    return list(torch.autograd.grad(firsts, list(leaves.values()), allow_unused=True))


def _has_graph(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.requires_grad and value.is_floating_point()


def _error(
    attempt: Callable[[Function, Mapping[str, Any], tuple[str, ...]], object],
    function: Function,
    values: Mapping[str, Any],
    names: tuple[str, ...],
) -> Exception | None:
    try:
        attempt(function, values, names)
    except Exception as error:
        return error
    return None


def _of(function: Function, values: Mapping[str, Any], names: tuple[str, ...]) -> Function:
    """The function of the differentiable inputs alone, with tensors as results."""

    def call(*tensors: torch.Tensor) -> Any:
        given = dict(values) | dict(zip(names, tensors, strict=True))
        return tuple(value for value in flatten(function(**given)).values if isinstance(value, torch.Tensor))

    return call


def _forward(function: Function, values: Mapping[str, Any], names: tuple[str, ...]) -> object:
    inputs = tuple(values[name].detach().clone() for name in names)
    return torch.func.jvp(_of(function, values, names), inputs, tuple(map(torch.ones_like, inputs)))


def _mapped(function: Function, values: Mapping[str, Any], names: tuple[str, ...]) -> object:
    stacked = (torch.stack([values[name], 2 * values[name]]) for name in names)
    return torch.func.vmap(_of(function, values, names))(*stacked)
