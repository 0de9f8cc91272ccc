"""An estimate of a divergence, which cannot be negative, is."""

import torch
from torch import nn

HARM = (
    "`exp(x) - 1` of x = 1e-8 is {mistaken[of_1e-8]} instead of {mended[of_1e-8]}; the estimate `exp(x) - x - 1` of "
    "x = 1e-4 is off by {mistaken[percent_off_at_1e-4]} % instead of {mended[percent_off_at_1e-4]} %."
)


def mistaken():
    x = nn.Parameter(torch.tensor([1e-8, 1e-4]))
    y = torch.exp(x) - 1
    return {"of_1e-8": y[0].item(), "percent_off_at_1e-4": abs((y - x)[1].item() / 5.00017e-9 - 1) * 100}


def mended():
    x = nn.Parameter(torch.tensor([1e-8, 1e-4]))
    y = torch.expm1(x)
    return {"of_1e-8": y[0].item(), "percent_off_at_1e-4": abs((y - x)[1].item() / 5.00017e-9 - 1) * 100}


def is_harm(mistaken, mended):
    return mistaken["of_1e-8"] == 0 < mended["of_1e-8"]
