"""The value is right and the gradient NaN."""

import torch
from torch import nn

HARM = (
    "The entropy of the probabilities 1 and 0 is {mistaken[entropy]}, which is right; the gradient of the second is "
    "{mistaken[gradient]} instead of {mended[gradient]}."
)


def mistaken():
    p = nn.Parameter(torch.tensor([1.0, 0.0]))
    entropy = -torch.where(p > 0, p * torch.log(p), 0.0).sum()
    entropy.backward()
    return {"entropy": entropy.item(), "gradient": p.grad[1].item()}


def mended():
    p = nn.Parameter(torch.tensor([1.0, 0.0]))
    entropy = -(p * torch.log(torch.where(p > 0, p, 1.0))).sum()
    entropy.backward()
    return {"entropy": entropy.item(), "gradient": p.grad[1].item()}


def is_harm(mistaken, mended):
    return mistaken["gradient"] == "NaN" and mended["gradient"] == 0
