"""Facts by which rules tell families apart hold for the installed torch, and of nothing else that is alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torchlint.torch_facts import ops  # noqa: E402

# These take two tensors.
TWO = {"hypot", "hypot_"}
SPREAD = [[-3.0, -0.5, 0.0, 0.75, 9.0]]


def function(name: str) -> Callable[..., Any]:
    for space in (torch, torch.nn.functional, torch.Tensor):
        if hasattr(space, name):
            found: Callable[..., Any] = getattr(space, name)
            return found
    raise AttributeError(name)


@pytest.mark.parametrize("name", sorted(ops.that(clamps=("min max", "min", "max", "min_val max_val"))))
def test_a_clamp_goes_no_further_than_its_arguments_say(name: str) -> None:
    row = ops.of(name)
    assert row is not None
    bounds = dict(zip(row.clamps.split(), (-1.0, 2.0) if "min" in row.clamps.split()[0] else (2.0,), strict=False))
    result = function(name)(torch.tensor(SPREAD), **bounds)
    lower = [value for argument, value in bounds.items() if argument.startswith("min")]
    upper = [value for argument, value in bounds.items() if argument.startswith("max")]
    assert result.min().item() == (lower or [-3.0])[0]
    assert result.max().item() == (upper or [9.0])[0]


@pytest.mark.parametrize("name", sorted(ops.that(elementwise=True, gives="tensor", range="nonnegative") - TWO))
def test_what_rectifies_makes_zero_of_what_is_negative_and_nothing_else_does(name: str) -> None:
    below, above = (function(name)(torch.tensor([value])).item() for value in (-0.5, 0.5))
    row = ops.of(name)
    assert row is not None
    assert ((below, above) == (0.0, 0.5)) == row.rectifies


@pytest.mark.parametrize("name", sorted(ops.that(normalises=("kept", "reversed", "random"))))
def test_a_softmax_sums_to_one_in_the_order_that_its_row_says(name: str) -> None:
    row = ops.of(name)
    assert row is not None
    result = function(name)(torch.tensor(SPREAD), dim=1)
    total = (result if row.range == "unit" else result.exp()).sum(dim=1)
    torch.testing.assert_close(total, torch.ones(1))
    order = result.argsort(dim=1).tolist()
    wanted = {"kept": [[0, 1, 2, 3, 4]], "reversed": [[4, 3, 2, 1, 0]]}
    assert row.normalises == "random" or order == wanted[row.normalises]


@pytest.mark.filterwarnings("ignore:Using a target size")
@pytest.mark.parametrize("name", sorted(ops.that(loss=True, takes="input target")))
def test_a_loss_of_classes_takes_them_in_dim_1_of_any_input(name: str) -> None:
    """Scores of three classes at each of five positions, and the number of the right one there."""
    scores, labels = torch.randn(2, 3, 5), torch.randint(0, 3, (2, 5))
    try:
        function(name)(scores, labels)
        accepts = True
    except (RuntimeError, ValueError, TypeError, IndexError):
        accepts = False
    row = ops.of(name)
    assert row is not None
    assert accepts == row.classes
