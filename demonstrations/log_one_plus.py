"""The digits of a small number are lost."""

import torch

HARM = (
    "`log(1 + x)` of x = 1e-8 is {mistaken[of_a_small_x]} instead of {mended[of_a_small_x]}, and of x = 1e-6 it is off "
    "by {mistaken[percent_off]} % instead of {mended[percent_off]} %."
)
NUMBERS = [1e-8, 1e-6]


def logarithm(x: torch.Tensor):
    return torch.log(1 + x.float())


def precise_logarithm(x: torch.Tensor):
    return torch.log1p(x.float())


def mistaken():
    small, larger = logarithm(torch.tensor(NUMBERS)).tolist()
    return {"of_a_small_x": small, "percent_off": abs(larger / 1e-6 - 1) * 100}


def mended():
    small, larger = precise_logarithm(torch.tensor(NUMBERS)).tolist()
    return {"of_a_small_x": small, "percent_off": abs(larger / 1e-6 - 1) * 100}


def is_harm(mistaken, mended):
    return mistaken["of_a_small_x"] == 0 < mended["of_a_small_x"]
