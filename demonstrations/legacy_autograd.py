"""The tensor is cut off from what it was computed from."""

import torch
from torch.autograd import Variable

HARM = "The weights get a gradient of {mistaken[gradient]} instead of {mended[gradient]}, and nothing is said."


def mistaken():
    w = torch.ones(3, requires_grad=True)
    y = Variable(w * 2, requires_grad=True)
    (y.sum() + 0 * w.sum()).backward()
    return {"gradient": w.grad[0].item()}


def mended():
    w = torch.ones(3, requires_grad=True)
    y = w * 2
    (y.sum() + 0 * w.sum()).backward()
    return {"gradient": w.grad[0].item()}


def is_harm(mistaken, mended):
    return mistaken["gradient"] == 0 and mended["gradient"] == 2
