"""The losses of torch that take `size_average` and `reduce`, which `reduction` replaced in torch 0.4.1."""

from __future__ import annotations

from collections.abc import Iterator

from torchlint.rule import ops
from torchlint.torch_facts import signatures

KEYWORDS = ("size_average", "reduce")


def _takes_both(qualname: str) -> bool:
    return any({*KEYWORDS} <= {parameter.name for parameter in each} for each in signatures.overloads(qualname))


def _spellings(loss: str) -> Iterator[str]:
    yield f"torch.nn.functional.{loss}"
    yield from (f"torch.nn.{layer}" for layer in ops.layers_of(loss))


# The losses that take both, by qualified name and by the last part of it.
LOSSES = frozenset(filter(_takes_both, (name for loss in ops.LOSSES for name in _spellings(loss))))
NAMES = frozenset(name.rpartition(".")[2] for name in LOSSES)


def reduction(size_average: bool | None, reduce: bool | None) -> str:
    """What both together mean; None is what a loss takes for True."""
    if reduce is False:
        return "none"
    return "sum" if size_average is False else "mean"
