"""The digits of a small number are lost, and what cannot be negative is."""

import torch
from torch import nn

HARM = (
    "`exp(x) - 1` of x = 1e-8 is {mistaken[of_a_small_x]} instead of {mended[of_a_small_x]}; the estimate of a "
    "divergence `exp(x) - 1 - x`, which cannot be negative, is {mistaken[divergence]} instead of {mended[divergence]}."
)


def mistaken():
    x = nn.Parameter(torch.tensor(1e-8))
    y = torch.exp(x) - 1
    return {"of_a_small_x": y.item(), "divergence": (y - x).item()}


def mended():
    x = nn.Parameter(torch.tensor(1e-8))
    y = torch.expm1(x)
    return {"of_a_small_x": y.item(), "divergence": (y - x).item()}


def is_harm(mistaken, mended):
    return mistaken["divergence"] < 0 == mended["divergence"]
