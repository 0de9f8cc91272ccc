"""The strings that torch takes: it takes those of the table, and raises for another one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional

from torchlint.torch_facts import signatures
from torchlint.torch_facts.literals import LITERALS


def _weights() -> list[torch.Tensor]:
    return [torch.ones(2, 2, requires_grad=True)]


def _plateau(**given: str) -> Any:
    return torch.optim.lr_scheduler.ReduceLROnPlateau(torch.optim.SGD(_weights(), 0.1), **given)


RUNS: dict[str, Callable[..., Any]] = {
    "torch.nn.CrossEntropyLoss": lambda **given: nn.CrossEntropyLoss(**given)(torch.ones(2, 3), torch.tensor([0, 1])),
    "torch.nn.MSELoss": lambda **given: nn.MSELoss(**given)(torch.ones(2), torch.zeros(2)),
    "torch.nn.KLDivLoss": lambda **given: nn.KLDivLoss(**given)(torch.zeros(2), torch.ones(2)),
    "torch.nn.functional.l1_loss": lambda **given: functional.l1_loss(torch.ones(2), torch.zeros(2), **given),
    "torch.nn.functional.kl_div": lambda **given: functional.kl_div(torch.zeros(2), torch.ones(2), **given),
    "torch.nn.Conv2d": lambda **given: nn.Conv2d(1, 1, 3, padding=1, **given)(torch.ones(1, 1, 6, 6)),
    "torch.nn.ConvTranspose2d": lambda **given: nn.ConvTranspose2d(1, 1, 3, **given),
    "torch.nn.functional.pad": lambda **given: functional.pad(torch.ones(1, 2, 6, 6), (1, 1, 1, 1), **given),
    "torch.nn.RNN": lambda **given: nn.RNN(2, 3, **given),
    "torch.nn.GELU": lambda **given: nn.GELU(**given)(torch.ones(2)),
    "torch.nn.functional.gelu": lambda **given: functional.gelu(torch.ones(2), **given),
    "torch.nn.EmbeddingBag": lambda **given: nn.EmbeddingBag(4, 3, **given)(torch.tensor([[0, 1]])),
    "torch.nn.TransformerEncoderLayer": lambda **given: nn.TransformerEncoderLayer(4, 2, **given),
    "torch.nn.init.kaiming_normal_": lambda **given: nn.init.kaiming_normal_(_weights()[0], **given),
    "torch.nn.init.calculate_gain": lambda **given: nn.init.calculate_gain(**given),
    "torch.optim.lr_scheduler.ReduceLROnPlateau": _plateau,
    "torch.meshgrid": lambda **given: torch.meshgrid(torch.ones(2), torch.ones(2), **given),
}
CASES = [(name, parameter) for name in RUNS for parameter in LITERALS[name]]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "parameter"), CASES)
def test_torch_takes_these_strings_and_no_other(name: str, parameter: str) -> None:
    for word in LITERALS[name][parameter]:
        RUNS[name](**{parameter: word})
    with pytest.raises((ValueError, RuntimeError, KeyError, NotImplementedError)):
        RUNS[name](**{parameter: "another"})


@pytest.mark.parametrize("name", [*LITERALS])
def test_what_takes_them_has_the_parameter(name: str) -> None:
    assert LITERALS[name].keys() <= {*signatures.names_of(name)}
