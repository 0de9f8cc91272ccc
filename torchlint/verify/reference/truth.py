"""The reference at a point: multi-precision where that works and is affordable, float64 elsewhere."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch

from torchlint.verify.inputs.specs import Spec
from torchlint.verify.reference.meaning import SHAKE, NoReferenceError, Reference, UnstableError
from torchlint.verify.run.execution import Outcome, dyadic, run
from torchlint.verify.run.units import Unit

# Above this many input elements one evaluation costs more than it tells.
LARGEST = 400
# Relative distance on ordinary inputs that no rounding in float64 explains.
BELIEF = 1e-3
# A perturbation that moves an input off a kink but not out of its regime.
NUDGE, NUDGE_AT_ZERO = 1e-6, 1e-9
NEIGHBOURS = 32


class Truth:
    """References for the points of one unit; multi-precision ones only if `exact`, neighbours only if `near`.

    `reasons` counts why multi-precision did not work.
    """

    def __init__(self, unit: Unit, exact: bool = True) -> None:
        self.unit = unit
        self.exact = exact
        self.near = True
        self.differentiable = tuple(spec.name for spec in unit.specs if spec.is_differentiable)
        self.reasons: dict[str, int] = {}

    def at(self, values: Mapping[str, Any], elements: int, ordinary: bool = False) -> Reference | None:
        """The reference for float64 `values` on the CPU; None where `before` raises there in float64.

        On `ordinary` values float64 and multi-precision must nearly agree, or the latter is not believed.
        """
        plain = run(self.unit.before, values, self.differentiable)
        if plain.error is not None:
            return None
        if self.exact and elements <= LARGEST:
            exact = self._exact(values, plain, ordinary)
            if exact is not None:
                return exact
        return self.of_outcome(plain, values)

    def _exact(self, values: Mapping[str, Any], plain: Outcome, ordinary: bool) -> Reference | None:
        if sum(self.reasons.values()) >= 3:
            return None
        try:
            # Optional: gmpy2 and numpy may be missing where a GPU is.
            from torchlint.verify.reference.precise import multi_precision
        except ModuleNotFoundError as error:
            self.exact = False
            self._give_up(f"{error.name} is not installed")
            return None
        try:
            found = multi_precision(self.unit.before, values, self.differentiable, dyadic)
        except UnstableError:
            return self.unsampled(plain, values)
        except NoReferenceError as error:
            self._give_up(str(error))
            return None
        except Exception as error:
            # The text uses a part of the tensor interface that Exact does not have.
            self._give_up(f"{type(error).__name__}: {error}")
            return None
        if not _matches(found, plain):
            self._give_up("the multi-precision result has another form")
            return None
        if ordinary and not _believable(found, plain):
            self._give_up("multi-precision and float64 disagree on ordinary inputs")
            return None
        return found

    def _give_up(self, reason: str) -> None:
        self.reasons[reason[:120]] = self.reasons.get(reason[:120], 0) + 1

    def of_outcome(self, plain: Outcome, values: Mapping[str, Any]) -> Reference:
        """What `before` gave for `values`, as it is: where that is not finite, the truth is unknown (NaN)."""
        numbers = [_number(value) for value in plain.leaves.values]
        grads = {name: _grad(plain, name, values) for name in self.differentiable}
        shaken = [run(self.unit.before, _shaken(values, draw), self.differentiable) for draw in (1, 2, 3)]
        shaken = [outcome for outcome in shaken if outcome.error is None]
        value_noise = [_spread(n, [_value(o, place) for o in shaken]) for place, n in enumerate(numbers)]
        grad_noise = {name: _spread(grad, [_grad(o, name, values) for o in shaken]) for name, grad in grads.items()}
        values_known = [_known(number) for number in numbers]
        return Reference(
            "float64", values_known, {name: _known(g) for name, g in grads.items()}, value_noise, grad_noise
        )

    def unsampled(self, plain: Outcome, values: Mapping[str, Any]) -> Reference:
        """For numbers out of reach of a reference that works elsewhere: only whether results are finite is judged.

        `before` in float64 says little here: log(1 - sigmoid(28)) is off by 1e-4 beside an element of 1e8.
        """
        found = self.of_outcome(plain, values)
        noise = [torch.full_like(value, math.inf, dtype=torch.float64) for value in found.values]
        grad_noise = {name: torch.full_like(grad, math.inf) for name, grad in found.grads.items()}
        return Reference("none", found.values, found.grads, noise, grad_noise)

    def unknown(self) -> Reference:
        return Reference("none", [], {})

    def neighbours(self, values: Mapping[str, Any]) -> list[Outcome]:
        """`before` in float64 a little beside `values`, in several random directions."""
        return [
            run(self.unit.before, _nudged(values, self.unit.specs, draw), self.differentiable)
            for draw in range(NEIGHBOURS if self.near else 0)
        ]


def _matches(found: Reference, plain: Outcome) -> bool:
    if len(found.values) != len(plain.leaves.values):
        return False
    pairs = zip(found.values, plain.leaves.values, strict=True)
    return all(value.shape == getattr(other, "shape", torch.Size()) for value, other in pairs)


def _believable(found: Reference, plain: Outcome) -> bool:
    for truth, value in zip(found.values, plain.leaves.values, strict=True):
        number = _number(value)
        if not number.is_floating_point():
            continue
        finite = number.isfinite() & truth.isfinite()
        if not bool(finite.any()):
            continue
        distance = float((number - truth)[finite].abs().max())
        if distance > BELIEF * float(truth[finite].abs().max()) + BELIEF**2:
            return False
    return True


def _number(value: Any) -> torch.Tensor:
    if isinstance(value, torch.Tensor):
        number = value.detach().cpu()
        return number.to(torch.float64) if number.is_floating_point() else number
    return torch.tensor(value, dtype=torch.float64 if isinstance(value, float) else None)


def _value(outcome: Outcome, place: int) -> torch.Tensor | None:
    values = outcome.leaves.values
    return _number(values[place]) if place < len(values) else None


def _grad(outcome: Outcome, name: str, values: Mapping[str, Any]) -> torch.Tensor:
    grad = outcome.grads.get(name)
    shape = values[name].shape
    return torch.zeros(shape, dtype=torch.float64) if grad is None else grad.detach().cpu().to(torch.float64)


def _known(number: torch.Tensor) -> torch.Tensor:
    return torch.where(number.isfinite(), number, torch.nan) if number.is_floating_point() else number


def _spread(number: torch.Tensor, others: list[torch.Tensor | None]) -> torch.Tensor:
    noise = torch.zeros(number.shape, dtype=torch.float64)
    if not number.is_floating_point():
        return noise
    for other in others:
        if other is not None and other.shape == number.shape and other.is_floating_point():
            noise = torch.maximum(noise, ((other - number).abs() / SHAKE).nan_to_num(0, 0, 0))
    return noise


def _signs(shape: torch.Size, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 2, tuple(shape), generator=generator).to(torch.float64) * 2 - 1


def _shaken(values: Mapping[str, Any], draw: int) -> dict[str, Any]:
    result = dict(values)
    for place, (name, value) in enumerate(values.items()):
        if isinstance(value, torch.Tensor) and value.is_floating_point():
            result[name] = value * (1 + SHAKE * _signs(value.shape, 100 * draw + place))
    return result


def _nudged(values: Mapping[str, Any], specs: tuple[Spec, ...], draw: int) -> dict[str, Any]:
    result = dict(values)
    for place, spec in enumerate(specs):
        if spec.is_float:
            value = values[spec.name]
            generator = torch.Generator().manual_seed(991 * draw + place)
            random = torch.randn(tuple(value.shape), generator=generator, dtype=torch.float64)
            result[spec.name] = value + random * (NUDGE * value.abs() + NUDGE_AT_ZERO * (value == 0))
    return result
