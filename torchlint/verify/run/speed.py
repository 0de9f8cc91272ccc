"""How long both versions take and how much memory they need, forward and forward with backward."""

from __future__ import annotations

import statistics
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from torchlint.verify.inputs.lattice import Cell, DoesNotFitError, arguments, typed
from torchlint.verify.inputs.recipes import normal
from torchlint.verify.inputs.specs import Spec
from torchlint.verify.inputs.tried_shapes import Shapes, all_shapes, shapes_of_size
from torchlint.verify.run.execution import flatten, run
from torchlint.verify.run.units import Unit

# Seconds for one of the two measurements of a pair; rounds after which a median is good enough.
BUDGET = 0.4
ROUNDS = 15
# Milliseconds below which a call is repeated until the clock can tell.
SHORTEST = 1.0
REPEATS = 1_000
# Rows and columns, from large to small: a loop over rows needs seconds at the first.
SIZES = ((2_048, 256), (512, 64), (64, 16))
# On a GPU inputs should not fit into its cache, of 50 MB on an H100.
CUDA_SIZES = ((16_384, 1_024), *SIZES)
# A fixture program says its sizes itself. Where the code takes them from its inputs, larger ones run too: these are
# given to the sizes of the annotations, in order of appearance.
GROWN = ((512, 64, 32, 16), (64, 32, 16, 8))
_USUAL: dict[str, tuple[Any, ...]] = {"dim": (-1,), "flag": (True,), "size": (2,), "number": (0.5,)}

Call = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Speed:
    """Milliseconds: forward before and after, forward with backward before and after; 0 where there is no backward.

    `memory` is in bytes before and after: the peak on CUDA, elsewhere the largest tensor that was made on the way.
    """

    shape: str
    milliseconds: tuple[float, float, float, float]
    memory: tuple[int, int] = (0, 0)

    @property
    def ratios(self) -> tuple[float, float]:
        """Before over after: above 1 the rewrite is faster."""
        before, after, both_before, both_after = self.milliseconds
        return before / after if after else 0.0, both_before / both_after if both_after else 0.0


def measure(unit: Unit, device: str = "cpu") -> Speed | None:
    """Medians of interleaved runs in float32; None where no size runs."""
    for rows, columns in CUDA_SIZES if device.startswith("cuda") else SIZES:
        for shapes in shapes_of_size(unit.specs, rows, columns):
            found = _at(unit, shapes, device)
            if found is not None:
                return found
    return None


def measure_program(unit: Unit, device: str = "cpu") -> Speed | None:
    """The same for a fixture program, at larger sizes than it names where these run."""
    for specs in (*grown(unit.specs), unit.specs):
        found = _at(replace(unit, specs=specs), all_shapes(specs)[0], device)
        if found is not None:
            return found
    return None


def grown(specs: Sequence[Spec]) -> Iterator[tuple[Spec, ...]]:
    """The specs with other numbers for the sizes that they name; a size of 1 stays, equal ones stay equal."""
    words = [word for spec in specs if spec.is_tensor for word in (*(spec.shape or ()), spec.bound or "")]
    numbers = list(dict.fromkeys(word for word in words if word.isdigit() and int(word) > 1))
    for sizes in GROWN if 0 < len(numbers) <= len(GROWN[0]) else ():
        new = dict(zip(numbers, map(str, sizes), strict=False))
        yield tuple(_resized(spec, new) if spec.is_tensor else spec for spec in specs)


def _resized(spec: Spec, new: Mapping[str, str]) -> Spec:
    shape = tuple(new.get(word, word) for word in spec.shape) if spec.shape else None
    return replace(spec, shape=shape, bound=new.get(spec.bound, spec.bound) if spec.bound else None)


def _at(unit: Unit, shapes: Shapes, device: str) -> Speed | None:
    scalars = {spec.name: (*spec.choices, *_USUAL[spec.kind])[0] for spec in unit.specs if not spec.is_tensor}
    try:
        values = arguments(Cell(shapes, normal(1.0), scalars, ("float32",)), unit.specs)
    except DoesNotFitError:
        return None
    if device.startswith("cuda") and not _runs_on_cpu(unit, values):
        return None
    given = typed(values, torch.float32, device)
    wanted = [spec.name for spec in unit.specs if spec.is_differentiable]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            forward = [_runner(function, given, []) for function in (unit.before, unit.after)]
            times = _medians(forward[0], forward[1], device)
        except Exception:
            return None  # this size does not suit `before`
        try:
            both = [_runner(function, given, wanted) for function in (unit.before, unit.after)]
            times += _medians(both[0], both[1], device) if wanted else [0.0, 0.0]
        except _TooSlowError:
            return None  # a smaller size tells of both
        except Exception:
            both, times = forward, [*times, 0.0, 0.0]  # nothing depends on the inputs
        memory = [_memory(call, device) for call in both]
    first, second, third, fourth = times
    label = " ".join("x".join(map(str, shape)) or "scalar" for shape in shapes.shapes.values())
    return Speed(label or "its own sizes", (first, second, third, fourth), (memory[0], memory[1]))


def _runs_on_cpu(unit: Unit, values: Mapping[str, Any]) -> bool:
    """Whether both versions take these values: a bad index, which is an error on the CPU, ends a CUDA process."""
    given = typed(values, torch.float32, "cpu")
    return all(run(function, given).error is None for function in (unit.before, unit.after))


class _TooSlowError(Exception):
    """One run takes longer than the whole budget allows."""


def _runner(function: Callable[..., Any], given: dict[str, Any], wanted: list[str]) -> Call:
    leaves = {name: value.clone().requires_grad_() for name, value in given.items() if name in wanted}

    def call() -> None:
        results = flatten(function(**(given | leaves))).values
        if wanted:
            ends = [value for value in results if isinstance(value, torch.Tensor) and value.requires_grad]
            torch.autograd.grad([end.sum() for end in ends], list(leaves.values()), allow_unused=True)

    return call


def _medians(before: Call, after: Call, device: str) -> list[float]:
    """Milliseconds of one call each, from runs that take turns."""
    clock = _cuda_clock if device.startswith("cuda") else _cpu_clock
    if device.startswith("cuda"):
        # Loading a kernel for the first time takes longer than the budget.
        before()
        after()
        torch.cuda.synchronize()
    started = time.monotonic()
    for call in (before, after):  # the first calls allocate and fill caches
        call()
    _synchronize(device)
    if time.monotonic() - started > BUDGET:
        raise _TooSlowError
    repeats = [_repeats(clock(call, 1)) for call in (before, after)]
    old, new = [], []
    for _ in range(ROUNDS):
        old.append(clock(before, repeats[0]))
        new.append(clock(after, repeats[1]))
        if time.monotonic() - started > BUDGET and len(old) >= 3:
            break
    return [statistics.median(old), statistics.median(new)]


def _repeats(milliseconds: float) -> int:
    return min(REPEATS, max(1, round(SHORTEST / max(milliseconds, SHORTEST / REPEATS))))


def _cpu_clock(call: Call, repeats: int) -> float:
    """CPU time of this thread, which other processes do not disturb.

    The harness lets torch have one thread, and CPU gradients are computed in the thread that asks for them. The time
    of the whole process would be the same, but a process with a CPU limit has its time counted in ticks of 4 ms.
    """
    started = time.thread_time()
    for _ in range(repeats):
        call()
    return max((time.thread_time() - started) * 1e3, 1e-6) / repeats


def _cuda_clock(call: Call, repeats: int) -> float:
    """Time between two events on the device's stream, with nothing of an earlier run left on it."""
    event: Any = torch.cuda.Event
    start, end = event(enable_timing=True), event(enable_timing=True)
    torch.cuda.synchronize()
    start.record()
    for _ in range(repeats):
        call()
    end.record()
    end.synchronize()
    return max(float(start.elapsed_time(end)), 1e-6) / repeats


def _synchronize(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.synchronize()


class _Largest(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Remembers the largest storage that an operation gave."""

    size = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for value in result if isinstance(result, tuple | list) else (result,):
            if isinstance(value, torch.Tensor) and value.layout == torch.strided:
                self.size = max(self.size, value.untyped_storage().nbytes())
        return result


def _memory(call: Call, device: str) -> int:
    if device.startswith("cuda"):
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
        idle = torch.cuda.memory_allocated()
        call()
        torch.cuda.synchronize()
        return max(0, torch.cuda.max_memory_allocated() - idle)
    with _counting() as largest:
        call()
    return largest.size


@contextmanager
def _counting() -> Iterator[_Largest]:
    with _Largest() as mode:  # type: ignore[no-untyped-call]
        yield mode
