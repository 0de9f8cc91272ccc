"""What TLT735 says of casts: the parameters stay, and the nodes on which wrappers hang their hooks do not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn


def gathering_node(model: nn.Linear) -> object:
    """The node of the graph that gathers the gradient of the weight."""
    function = model.weight.expand_as(model.weight).grad_fn
    assert function is not None
    return function.next_functions[0][0]


@pytest.mark.parametrize(
    ("change", "stays"),
    [
        (lambda model: model.double(), False),
        (lambda model: model.to(torch.bfloat16), False),
        (lambda model: model.to("cpu"), True),
        (lambda model: model.float(), True),
    ],
)
def test_a_cast_keeps_parameters_and_makes_their_nodes_anew(change: Callable[[nn.Linear], object], stays: bool) -> None:
    model = nn.Linear(4, 2)
    weight, node = model.weight, gathering_node(model)
    change(model)
    assert model.weight is weight
    assert (gathering_node(model) is node) == stays
