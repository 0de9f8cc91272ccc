"""The call raises."""

import torch

HARM = "The call raises {mistaken[raises]}; with `apply` the gradient is {mended[gradient]}."


class OldReverse(torch.autograd.Function):
    def forward(self, x):
        return x.view_as(x)

    def backward(self, grad):
        return -grad


class Reverse(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.view_as(x)

    @staticmethod
    def backward(ctx, grad):
        return -grad


def mistaken():
    x = torch.ones(1, requires_grad=True)
    OldReverse()(x).sum().backward()
    return {"gradient": x.grad.item()}


def mended():
    x = torch.ones(1, requires_grad=True)
    Reverse.apply(x).sum().backward()
    return {"gradient": x.grad.item()}


def is_harm(mistaken, mended):
    return mistaken["raises"] == "RuntimeError" and mended["gradient"] == -1
