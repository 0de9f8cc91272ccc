"""The layer runs over the samples of the batch as if they were steps."""

import torch
from torch import nn

HARM = (
    "The result for the last of 8 samples of 5 steps depends on {mistaken[samples]} samples and {mistaken[steps]} of "
    "the steps instead of {mended[samples]} and {mended[steps]}."
)


def used(result, x):
    """How many samples, and how many of their steps, a result is computed from."""
    (grad,) = torch.autograd.grad(result.sum(), x)
    is_used = grad.abs().sum(-1) > 0
    return {"samples": int(is_used.any(1).sum()), "steps": int(is_used.any(0).sum())}


def mistaken():
    lstm = nn.LSTM(3, 4)
    x = torch.randn(8, 5, 3, requires_grad=True)
    out, _ = lstm(x)
    return used(out[:, -1][7], x)


def mended():
    lstm = nn.LSTM(3, 4, batch_first=True)
    x = torch.randn(8, 5, 3, requires_grad=True)
    out, _ = lstm(x)
    return used(out[:, -1][7], x)


def is_harm(mistaken, mended):
    return (mistaken["samples"], mistaken["steps"]) == (8, 1) and (mended["samples"], mended["steps"]) == (1, 5)
