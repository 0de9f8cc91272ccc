"""Nothing happens: no step is taken."""

import torch
import torch.nn.functional as F
from torch import nn

HARM = "After 20 turns the weights have moved by {mistaken[moved]} instead of {mended[moved]}."


def mistaken():
    model = nn.Linear(4, 1)
    before = model.weight.detach().clone()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(20):
        optimizer.zero_grad()
        F.mse_loss(model(torch.eye(4)), torch.ones(4, 1)).backward()
        optimizer.step
    return {"moved": (model.weight - before).norm().item()}


def mended():
    model = nn.Linear(4, 1)
    before = model.weight.detach().clone()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(20):
        optimizer.zero_grad()
        F.mse_loss(model(torch.eye(4)), torch.ones(4, 1)).backward()
        optimizer.step()
    return {"moved": (model.weight - before).norm().item()}


def is_harm(mistaken, mended):
    return mistaken["moved"] == 0 < mended["moved"]
