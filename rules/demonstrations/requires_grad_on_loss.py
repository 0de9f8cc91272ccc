"""The error is hidden, and nothing is trained."""

import torch
import torch.nn.functional as F
from torch import nn

HARM = (
    "After `backward()`, {mistaken[weights_with_gradient]} of 2 weights have a gradient instead of "
    "{mended[weights_with_gradient]}, and nothing was said."
)


def mistaken():
    model = nn.Linear(4, 3)
    y = torch.tensor([0, 1, 2, 0])
    loss = F.mse_loss(model(torch.eye(4)).argmax(1).float(), y.float())
    loss.requires_grad = True
    loss.backward()
    return {"weights_with_gradient": sum(p.grad is not None for p in model.parameters())}


def mended():
    model = nn.Linear(4, 3)
    y = torch.tensor([0, 1, 2, 0])
    loss = F.cross_entropy(model(torch.eye(4)), y)
    loss.backward()
    return {"weights_with_gradient": sum(p.grad is not None for p in model.parameters())}


def is_harm(mistaken, mended):
    return mistaken["weights_with_gradient"] == 0 and mended["weights_with_gradient"] == 2
