"""A value of 100 becomes infinite, and its gradient NaN."""

import torch
import torch.nn.functional as F

HARM = (
    "`log(1 + exp(x))` of x = 100 is {mistaken[softplus]} instead of {mended[softplus]}, and the gradient "
    "{mistaken[gradient]} instead of {mended[gradient]}."
)


def mistaken():
    x = torch.tensor(100.0, requires_grad=True)
    softplus = torch.log(1 + torch.exp(x))
    softplus.backward()
    return {"softplus": softplus.item(), "gradient": x.grad.item()}


def mended():
    x = torch.tensor(100.0, requires_grad=True)
    softplus = F.softplus(x, threshold=40)
    softplus.backward()
    return {"softplus": softplus.item(), "gradient": x.grad.item()}


def is_harm(mistaken, mended):
    return mistaken["gradient"] == "NaN" and mended["gradient"] == 1
