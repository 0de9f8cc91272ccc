"""The gradient is None."""

import torch

HARM = "Reading the gradient raises {mistaken[raises]} ({mistaken[message]}); that of a leaf is {mended[gradient]}."


def mistaken():
    w = torch.ones(3, requires_grad=True) * 0.5
    (w * w).sum().backward()
    return {"gradient": w.grad[0].item()}


def mended():
    w = (torch.ones(3) * 0.5).requires_grad_()
    (w * w).sum().backward()
    return {"gradient": w.grad[0].item()}


def is_harm(mistaken, mended):
    return mistaken["raises"] == "TypeError" and mended["gradient"] == 1
