"""The tensor is cut off from what it was computed from, without a word."""

import torch
from torch.autograd import Variable

HARM = (
    "After `backward()`, {mistaken[weights_with_gradient]} of 1 weights have a gradient instead of "
    "{mended[weights_with_gradient]}, and nothing was said."
)


def mistaken():
    weights = [torch.ones(3, requires_grad=True)]
    y = Variable(weights[0] * 2, requires_grad=True)
    y.sum().backward()
    return {"weights_with_gradient": sum(w.grad is not None for w in weights)}


def mended():
    weights = [torch.ones(3, requires_grad=True)]
    y = weights[0] * 2
    y.sum().backward()
    return {"weights_with_gradient": sum(w.grad is not None for w in weights)}


def is_harm(mistaken, mended):
    return mistaken["weights_with_gradient"] == 0 and mended["weights_with_gradient"] == 1
