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
from torchlint.verify.inputs.lattice import Cell, DoesNotFitError, arguments, lattice, typed
from torchlint.verify.inputs.recipes import Recipe
from torchlint.verify.inputs.specs import InputError
from torchlint.verify.judge.differences import Point, compare
from torchlint.verify.judge.higher import compare_higher
from torchlint.verify.judge.observation import Effect, Record
from torchlint.verify.judge.polish import Search, search
from torchlint.verify.judge.repeat import same_results, widened
from torchlint.verify.judge.verdict import Decision, Verdict, decide
from torchlint.verify.reference.meaning import Reference
from torchlint.verify.reference.truth import Truth
from torchlint.verify.run.execution import Outcome, run
from torchlint.verify.run.units import Unit, from_pair

# CPU seconds after which a pair is given up, by tier: on a busy machine the same pairs must come out the same.
PATIENCE = {"fast": 30.0, "full": 180.0}
# After so many regressions a pair is refused anyway.
UNEXPLAINED = 6
# One draw of ordinary inputs may happen to have small gradients: harmless elsewhere, but a search finds it.
SEARCHED_DRAWS = 4
# A result that is 0 up to rounding has no scale of its own; ordinary inputs are of size 1.
SMALLEST_SCALE = 1e-3


@dataclass(slots=True)
class Result:
    """What came out for one unit on one device. `unit` is None if its inputs cannot be generated."""

    decision: Decision
    record: Record
    device: str
    tier: str
    seconds: float = 0.0
    unit: Unit | None = None
    search: Search | None = None


def verify_pair(pair: Pair, device: str = "cpu", tier: str = "fast") -> Result:
    """Verify a rule's pair. Never raises for what the pair does; see `Verdict` for what can come out."""
    try:
        unit = from_pair(pair)
    except InputError as error:
        return Result(Decision(Verdict.UNSUPPORTED, str(error)), Record(), device, tier)
    return verify_unit(unit, device, tier)


def verify_unit(
    unit: Unit, device: str = "cpu", tier: str = "fast", patience: float | None = None, stop: bool = False
) -> Result:
    """Verify two functions on generated inputs.

    `patience` is in CPU seconds. With `stop` the first refusing difference ends the walk: enough to refuse, not to say
    under which condition the rewrite holds.
    """
    started = time.monotonic()
    deadline = time.process_time() + (PATIENCE[tier] if patience is None else patience)
    walk = Walk(unit, device)
    result = Result(Decision(Verdict.VACUOUS), walk.record, device, tier, unit=unit)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for cell in lattice(unit.specs, tier, walk.runs):
            if time.process_time() > deadline:
                result.decision = Decision(Verdict.TIMEOUT, f"stopped after {walk.record.points:,} points")
                break
            walk.visit(cell)
            if stop and walk.refused:
                result.decision = decide(walk.record)
                break
        else:
            if tier == "full":
                result.search = walk.finish()
            result.decision = decide(walk.record)
    walk.record.reasons = walk.truth.reasons
    result.seconds = time.monotonic() - started
    return result


class Walk:
    """The state while inputs of one unit are visited; without `exact` all references are `before` in float64."""

    def __init__(self, unit: Unit, device: str, exact: bool = True) -> None:
        self.unit = unit
        self.device = device
        self.record = Record()
        self.truth = Truth(unit, exact)
        self.scales: dict[str, tuple[list[float], dict[str, float]]] = {}

    @property
    def refused(self) -> bool:
        return next(self.record.refusals(), None) is not None

    def runs(self, cell: Cell) -> bool:
        """Whether `before` gives anything at a cell, in float64 on the CPU."""
        return run(self.unit.before, arguments(cell, self.unit.specs)).error is None

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

    def finish(self) -> Search | None:
        """What is done once: higher derivatives at an ordinary point, and, if nothing refuses, a search for worse."""
        if not self.record.cells:
            return None
        ordinary = self.record.cells[0][0]
        self.record.observations += compare_higher(self.unit, ordinary, arguments(ordinary, self.unit.specs))
        if self.refused or self.record.sharpest is None:
            return None
        start = self.record.sharpest[1]
        found, worst = search(start, arguments(start, self.unit.specs), self.unit.specs, self._tried)
        if worst is not None:
            self._visit(worst, arguments(worst, self.unit.specs))
        return found

    def _tried(self, cell: Cell) -> Record:
        """What is seen at a cell, apart from all else."""
        everything, self.record = self.record, Record()
        try:
            self._visit(cell, arguments(cell, self.unit.specs))
            return self.record
        finally:
            self.record = everything

    def _visit(self, cell: Cell, values: Mapping[str, Any]) -> None:
        reference: Reference | None = None
        if not cell.cast and not cell.mode:
            reference = self.truth.at(values, cell.shapes.elements, cell.is_ordinary)
        for dtype in cell.dtypes:
            # Apple's GPUs have no float64: what is decided there is decided on the CPU.
            if dtype != "float64" or not self.device.startswith("mps"):
                self._compare(cell, dtype, values, reference)

    def _compare(self, cell: Cell, dtype: str, values: Mapping[str, Any], reference: Reference | None) -> None:
        before, after = self._outcomes(cell, dtype, values)
        if reference is None:
            if before.error is None and after.error is None and not cell.cast and not cell.mode:
                return  # before raises in float64 and nowhere else: there is nothing to compare with
            reference = self.truth.unknown()
        else:
            self.record.references[reference.kind] = self.record.references.get(reference.kind, 0) + 1
        again = self._spread(cell, dtype, values, before)
        if again is not None:
            reference = widened(reference, before, again, getattr(torch, dtype))
        values_scale, grads_scale = self._scales(cell)
        point = Point(
            cell,
            dtype,
            before,
            after,
            reference,
            values_scale,
            grads_scale,
            _once(lambda: self._neighbours(values)),
        )
        compare(point, self.record)

    def _outcomes(self, cell: Cell, dtype: str, values: Mapping[str, Any]) -> tuple[Outcome, Outcome]:
        """Both versions on the device. What raises on the CPU stays there: a bad index ends a CUDA process."""
        differentiable = self.truth.differentiable if not cell.mode and not cell.cast else ()

        def on(device: str) -> tuple[Outcome, Outcome]:
            given = typed(values, getattr(torch, dtype), device)
            context = _context(cell.mode, device)
            before = run(self.unit.before, given, differentiable, context=context)
            return before, run(self.unit.after, given, differentiable, context=context)

        if self.device != "cpu":
            before, after = on("cpu")
            if before.error is not None or after.error is not None:
                return before, after
        return on(self.device)

    def _spread(self, cell: Cell, dtype: str, values: Mapping[str, Any], first: Outcome) -> Outcome | None:
        """`before` once more where a device may add up in another order each time; None where that is the same."""
        if self.device == "cpu" or first.error is not None or cell.mode or cell.cast:
            return None
        given = typed(values, getattr(torch, dtype), self.device)
        again = run(self.unit.before, given, self.truth.differentiable)
        return None if again.error is not None or same_results(first, again) else again

    def _neighbours(self, values: Mapping[str, Any]) -> list[Outcome]:
        """Evaluations beside `values`, as long as they explain anything: where meaning differs they never do."""
        unexplained = sum(seen.effect is Effect.REGRESSES for seen in self.record.observations)
        return self.truth.neighbours(values) if unexplained < UNEXPLAINED else []

    def _scales(self, cell: Cell) -> tuple[list[float], dict[str, float]]:
        """The largest result and gradient of `before` on ordinary inputs of these shapes, in float64."""
        draws = SEARCHED_DRAWS if cell.given is not None else 1
        key = f"{cell.shapes.label} {sorted(cell.scalars.items())} {draws}"
        if key not in self.scales:
            self.scales[key] = _largest_of([self._ordinary(cell, draw) for draw in range(draws)])
        return self.scales[key]

    def _ordinary(self, cell: Cell, draw: int) -> tuple[list[float], dict[str, float]]:
        ordinary = Cell(cell.shapes, Recipe("normal", draw=draw), cell.scalars)
        return scales_of(run(self.unit.before, arguments(ordinary, self.unit.specs), self.truth.differentiable))


def scales_of(outcome: Outcome) -> tuple[list[float], dict[str, float]]:
    """The sizes of the results and of the gradients of a run on ordinary inputs."""
    values = [max(_largest(value), SMALLEST_SCALE) for value in outcome.leaves.values]
    return values, {name: max(_largest(grad), SMALLEST_SCALE) for name, grad in outcome.grads.items()}


def _largest_of(scales: list[tuple[list[float], dict[str, float]]]) -> tuple[list[float], dict[str, float]]:
    values = [max(column) for column in zip(*(values for values, _ in scales), strict=True)]
    grads = {name: max(grads.get(name, 0.0) for _, grads in scales) for name in scales[0][1]}
    return values, grads


def _largest(value: Any) -> float:
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
        # The types that autocast is used with: float16 on a GPU, bfloat16 on a CPU.
        dtype = torch.bfloat16 if device == "cpu" else torch.float16
        return lambda: torch.autocast(torch.device(device).type, dtype)
    return nullcontext
