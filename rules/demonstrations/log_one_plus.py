"""The digits of a small number are lost."""

import torch
from torch import nn

HARM = (
    "`log(1 + tanh(x))` of x = 1e-8 is {mistaken[of_a_small_x]} instead of {mended[of_a_small_x]}, and of x = 1e-6 it "
    "is off by {mistaken[percent_off]} % instead of {mended[percent_off]} %."
)


def mistaken():
    x = nn.Parameter(torch.tensor([1e-8, 1e-6]))
    small, larger = torch.log(1 + x.tanh()).tolist()
    return {"of_a_small_x": small, "percent_off": round(abs(larger / 1e-6 - 1) * 100, 2)}


def mended():
    x = nn.Parameter(torch.tensor([1e-8, 1e-6]))
    small, larger = torch.log1p(x.tanh()).tolist()
    return {"of_a_small_x": small, "percent_off": round(abs(larger / 1e-6 - 1) * 100, 2)}


def is_harm(mistaken, mended):
    return mistaken["of_a_small_x"] == 0 < mended["of_a_small_x"]
