"""How long both versions take, forward and forward with backward."""

from __future__ import annotations

import statistics
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from torchlint.verify.cells import Cell, DoesNotFitError, arguments, typed
from torchlint.verify.outcome import flatten
from torchlint.verify.pairs import Unit
from torchlint.verify.shapes import Shapes, shapes_of_size
from torchlint.verify.values import normal

# Seconds for all measurements of a pair; rounds after which a median is good enough.
BUDGET = 1.5
ROUNDS = 15
# Rows and columns, from large to small: a loop over rows needs seconds at the first.
SIZES = ((2_048, 256), (512, 64), (64, 16))


@dataclass(frozen=True, slots=True)
class Speed:
    """Milliseconds: forward before and after, forward with backward before and after; 0 where there is no backward."""

    shape: str
    milliseconds: tuple[float, float, float, float]

    @property
    def ratios(self) -> tuple[float, float]:
        """Before over after: above 1 the rewrite is faster."""
        before, after, both_before, both_after = self.milliseconds
        return before / after if after else 0.0, both_before / both_after if both_after else 0.0


def measure(unit: Unit, device: str = "cpu") -> Speed | None:
    """Medians of interleaved runs in float32; None where no size runs."""
    for rows, columns in SIZES:
        for shapes in shapes_of_size(unit.specs, rows, columns):
            found = _at(unit, shapes, device)
            if found is not None:
                return found
    return None


def _at(unit: Unit, shapes: Shapes, device: str) -> Speed | None:
    scalars = {spec.name: (*spec.choices, *_USUAL[spec.kind])[0] for spec in unit.specs if not spec.is_tensor}
    try:
        values = arguments(Cell(shapes, normal(1.0), scalars, ("float32",)), unit.specs)
    except DoesNotFitError:
        return None
    given = typed(values, torch.float32, device)
    wanted = [spec.name for spec in unit.specs if spec.is_differentiable]
    times = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for backward in (False, True):
            pair = [_runner(function, given, wanted if backward else []) for function in (unit.before, unit.after)]
            try:
                times += _medians(pair[0], pair[1], device)
            except Exception:
                # This size does not suit `before`, or nothing depends on the inputs.
                if not backward:
                    return None
                times += [0.0, 0.0]
    first, second, third, fourth = times
    label = " ".join("x".join(map(str, shape)) for shape in shapes.shapes.values())
    return Speed(label, (first, second, third, fourth))


_USUAL: dict[str, tuple[Any, ...]] = {"dim": (-1,), "flag": (True,), "size": (2,), "number": (0.5,)}


class _TooSlowError(Exception):
    """One run takes longer than the whole budget allows."""


def _runner(function: Callable[..., Any], given: dict[str, Any], wanted: list[str]) -> Callable[[], None]:
    leaves = {name: value.clone().requires_grad_(name in wanted) for name, value in given.items() if name in wanted}

    def call() -> None:
        results = flatten(function(**(given | leaves))).values
        if wanted:
            ends = [value for value in results if isinstance(value, torch.Tensor) and value.requires_grad]
            torch.autograd.grad([end.sum() for end in ends], list(leaves.values()), allow_unused=True)

    return call


def _medians(before: Callable[[], None], after: Callable[[], None], device: str) -> list[float]:
    clock = _cuda_clock if device.startswith("cuda") else _cpu_clock
    started = time.monotonic()
    before()
    after()
    if time.monotonic() - started > BUDGET:
        raise _TooSlowError
    old, new = [], []
    for _ in range(ROUNDS):
        old.append(clock(before))
        new.append(clock(after))
        if time.monotonic() - started > BUDGET / 2 and len(old) >= 3:
            break
    return [statistics.median(old), statistics.median(new)]


def _cpu_clock(call: Callable[[], None]) -> float:
    """Milliseconds of CPU time, which other processes do not disturb."""
    started = time.process_time()
    call()
    return max((time.process_time() - started) * 1e3, 1e-4)


def _cuda_clock(call: Callable[[], None]) -> float:
    event: Any = torch.cuda.Event
    start, end = event(enable_timing=True), event(enable_timing=True)
    start.record()
    call()
    end.record()
    end.synchronize()
    return float(start.elapsed_time(end))
