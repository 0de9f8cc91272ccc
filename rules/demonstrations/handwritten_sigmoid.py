"""The gradient is NaN where `exp` overflows."""

import torch

HARM = (
    "The sigmoid of -200 is {mistaken[value]} either way; its gradient is {mistaken[gradient]} instead of "
    "{mended[gradient]}."
)


def mistaken():
    x = torch.tensor(-200.0, requires_grad=True)
    gate = 1 / (1 + torch.exp(-x))
    gate.backward()
    return {"value": gate.item(), "gradient": x.grad.item()}


def mended():
    x = torch.tensor(-200.0, requires_grad=True)
    gate = torch.sigmoid(x)
    gate.backward()
    return {"value": gate.item(), "gradient": x.grad.item()}


def is_harm(mistaken, mended):
    return mistaken["gradient"] == "NaN" and mended["gradient"] == 0
