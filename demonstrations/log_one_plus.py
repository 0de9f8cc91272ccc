"""The digits of a small number are lost."""

import torch
from torch import nn

HARM = (
    "`log(1 + x)` of x = 1e-8 is {mistaken[of_1e-8]} instead of {mended[of_1e-8]}, and of x = 1e-6 it is off by "
    "{mistaken[percent_off_at_1e-6]} % instead of {mended[percent_off_at_1e-6]} %."
)


def mistaken():
    x = nn.Parameter(torch.tensor([1e-8, 1e-6]))
    y = torch.log(1 + x)
    return {"of_1e-8": y[0].item(), "percent_off_at_1e-6": abs(y[1].item() / 1e-6 - 1) * 100}


def mended():
    x = nn.Parameter(torch.tensor([1e-8, 1e-6]))
    y = torch.log1p(x)
    return {"of_1e-8": y[0].item(), "percent_off_at_1e-6": abs(y[1].item() / 1e-6 - 1) * 100}


def is_harm(mistaken, mended):
    return mistaken["of_1e-8"] == 0 < mended["of_1e-8"]
