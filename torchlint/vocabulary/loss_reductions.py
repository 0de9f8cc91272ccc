"""Where the losses of torch take `size_average` and `reduce`, which `reduction` replaced in torch 0.4.1."""

from __future__ import annotations

from torchlint.rule import ops
from torchlint.torch_facts import signatures

KEYWORDS = ("size_average", "reduce")


def _places() -> dict[str, tuple[int, int]]:
    """The positions of both among the arguments of each loss, by qualified name."""
    found: dict[str, tuple[int, int]] = {}
    for loss in ops.LOSSES:
        names = [f"torch.nn.functional.{loss}", *(f"torch.nn.{layer}" for layer in ops.layers_of(loss))]
        for qualname in names:
            for overload in signatures.overloads(qualname):
                parameters = [parameter.name for parameter in overload]
                if {*KEYWORDS} <= {*parameters}:
                    found[qualname] = parameters.index("size_average"), parameters.index("reduce")
    return found


PLACES = _places()
NAMES = frozenset(name.rpartition(".")[2] for name in PLACES)


def reduction(size_average: bool | None, reduce: bool | None) -> str:
    """What both together mean; None is what a loss takes for True."""
    if reduce is False:
        return "none"
    return "sum" if size_average is False else "mean"
