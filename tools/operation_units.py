"""What rows say of the meaning of numbers, compared with runs: probabilities sum to 1, `exp` undoes a logarithm."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch

from tools.operation_runs import Run, run
from torchlint.torch_facts.ops import Operation

_SLACK = 1e-4


def _are_chances(numbers: torch.Tensor) -> bool:
    return bool(((numbers >= -_SLACK) & (numbers <= 1 + _SLACK)).all())


def _sum_to_one(numbers: torch.Tensor) -> bool:
    sums = (numbers.sum(dim) for dim in range(numbers.ndim))
    return _are_chances(numbers) and any(bool(((found - 1).abs() < _SLACK).all()) for found in sums)


_UNITS: dict[str, Callable[[torch.Tensor], bool]] = {
    "probabilities": _sum_to_one,
    "log-probabilities": lambda numbers: _sum_to_one(numbers.exp()),
    "chances": lambda numbers: _are_chances(numbers) and not _sum_to_one(numbers),
    "log-chances": lambda numbers: _are_chances(numbers.exp()) and not _sum_to_one(numbers.exp()),
}
_TURNS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "exp": lambda numbers: torch.tensor(2.718281828459045).double() ** numbers.double(),
    "log": lambda numbers: numbers.double().log(),
    "not": lambda numbers: numbers == 0,
}


def problems(operation: Operation, runs: list[Run]) -> Iterator[str]:
    """What a row says of units that is not so."""
    if operation.unit:
        for scale in (0.01, 2.0, 40.0):
            again = run(runs[0].spelling, runs[0].call, "float", scale=scale)
            if not _UNITS[operation.unit](again.results[0].detach().double()):
                yield f"its results are no {operation.unit}"
                return
    if operation.turns:
        dtype = "bool" if operation.turns == "not" else "float"
        again = run(runs[0].spelling, runs[0].call, dtype)
        wanted = _TURNS[operation.turns](again.before[0]).to(again.results[0].dtype)
        if not torch.allclose(again.results[0].detach(), wanted, rtol=1e-3, equal_nan=True):
            yield f"it does not do what `{operation.turns}` does"
