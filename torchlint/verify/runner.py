"""Run one unit over the lattice on one device and decide."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch

from torchlint.claims import Pair
from torchlint.verify.cells import Cell, DoesNotFitError, arguments, lattice, typed
from torchlint.verify.compare import Point, compare
from torchlint.verify.inputs import InputError
from torchlint.verify.observation import Record
from torchlint.verify.outcome import Outcome, run
from torchlint.verify.pairs import Unit, from_pair
from torchlint.verify.reference import Reference
from torchlint.verify.truth import Truth
from torchlint.verify.values import normal
from torchlint.verify.verdict import Decision, Verdict, decide

# Seconds of wall time after which a pair is given up, by tier.
PATIENCE = {"fast": 30.0, "full": 180.0}


@dataclass(slots=True)
class Result:
    """What came out for one unit on one device. `unit` is None if its inputs cannot be generated."""

    decision: Decision
    record: Record
    device: str
    tier: str
    seconds: float = 0.0
    unit: Unit | None = None


def verify_pair(pair: Pair, device: str = "cpu", tier: str = "fast") -> Result:
    """Verify a rule's pair. Never raises for what the pair does; see `Verdict` for what can come out."""
    try:
        unit = from_pair(pair)
    except InputError as error:
        return Result(Decision(Verdict.UNSUPPORTED, str(error)), Record(), device, tier)
    return verify_unit(unit, device, tier)


def verify_unit(unit: Unit, device: str = "cpu", tier: str = "fast", patience: float | None = None) -> Result:
    """Verify two functions on generated inputs."""
    started = time.monotonic()
    deadline = started + (PATIENCE[tier] if patience is None else patience)
    walk = _Walk(unit, device)
    result = Result(Decision(Verdict.VACUOUS), walk.record, device, tier, unit=unit)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for cell in lattice(unit.specs, tier):
            if time.monotonic() > deadline:
                result.decision = Decision(Verdict.TIMEOUT, f"stopped after {walk.record.points:,} points")
                break
            walk.visit(cell)
        else:
            result.decision = decide(walk.record)
    walk.record.reasons = walk.truth.reasons
    result.seconds = time.monotonic() - started
    return result


class _Walk:
    """The state while the lattice of one unit is visited."""

    def __init__(self, unit: Unit, device: str) -> None:
        self.unit = unit
        self.device = device
        self.record = Record()
        self.truth = Truth(unit)
        self.scales: dict[str, tuple[list[float], dict[str, float]]] = {}

    def visit(self, cell: Cell) -> None:
        try:
            groups = [(cell, arguments(cell, self.unit.specs))]
        except DoesNotFitError:
            # float16 ends at 65,504; bfloat16 goes on.
            if cell.dtypes[0] != "float16":
                return
            narrow = Cell(cell.shapes, cell.recipe, cell.scalars, ("bfloat16",), cell.layout, cell.mode)
            groups = [(narrow, arguments(narrow, self.unit.specs))]
        for group, values in groups:
            self._visit(group, values)

    def _visit(self, cell: Cell, values: Mapping[str, Any]) -> None:
        reference: Reference | None = None
        if not cell.cast and not cell.mode:
            reference = self.truth.at(values, cell.shapes.elements)
        for dtype in cell.dtypes:
            self._compare(cell, dtype, values, reference)

    def _compare(self, cell: Cell, dtype: str, values: Mapping[str, Any], reference: Reference | None) -> None:
        given = typed(values, getattr(torch, dtype), self.device)
        differentiable = self.truth.differentiable if not cell.mode and not cell.cast else ()
        context = _context(cell.mode, self.device)
        before, after = (
            run(function, given, differentiable, context=context) for function in (self.unit.before, self.unit.after)
        )
        if reference is None:
            if before.error is None and after.error is None and not cell.cast and not cell.mode:
                return  # before raises in float64 and nowhere else: there is nothing to compare with
            reference = self.truth.unknown()
        else:
            self.record.references[reference.kind] = self.record.references.get(reference.kind, 0) + 1
        values_scale, grads_scale = self._scales(cell)
        point = Point(
            cell,
            dtype,
            before,
            after,
            reference,
            values_scale,
            grads_scale,
            _once(lambda: self.truth.neighbours(values)),
        )
        compare(point, self.record)

    def _scales(self, cell: Cell) -> tuple[list[float], dict[str, float]]:
        """The largest result and gradient of `before` on ordinary inputs of these shapes, in float64."""
        key = f"{cell.shapes.label} {sorted(cell.scalars.items())}"
        if key not in self.scales:
            ordinary = Cell(cell.shapes, normal(1.0), cell.scalars)
            outcome = run(self.unit.before, arguments(ordinary, self.unit.specs), self.truth.differentiable)
            values = [largest(value) for value in outcome.leaves.values]
            self.scales[key] = values, {name: largest(grad) for name, grad in outcome.grads.items()}
        return self.scales[key]


def largest(value: Any) -> float:
    """The largest finite absolute value of a tensor; 1 for anything else."""
    if not isinstance(value, torch.Tensor) or not value.is_floating_point() or not value.numel():
        return 1.0
    finite = value.detach().abs()[value.detach().isfinite()]
    return float(finite.max()) if finite.numel() else 1.0


def _once(function: Callable[[], list[Outcome]]) -> Callable[[], list[Outcome]]:
    found: list[list[Outcome]] = []

    def call() -> list[Outcome]:
        if not found:
            found.append(function())
        return found[0]

    return call


def _context(mode: str, device: str) -> Callable[[], AbstractContextManager[Any]]:
    if mode == "no_grad":
        return torch.no_grad
    if mode == "inference":
        return torch.inference_mode
    if mode == "autocast":
        return lambda: torch.autocast(torch.device(device).type, torch.bfloat16)
    return nullcontext
