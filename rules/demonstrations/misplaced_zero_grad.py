"""The gradients are gone when the step is taken: the weights stay what they were."""

import torch
import torch.nn.functional as F
from torch import nn

HARM = "After 20 steps the weights have moved by {mistaken[moved]} instead of {mended[moved]}."
X = torch.eye(4)


def mistaken():
    model = nn.Linear(4, 1)
    before = model.weight.detach().clone()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(20):
        loss = F.mse_loss(model(X), torch.ones(4, 1))
        loss.backward()
        optimizer.zero_grad()
        optimizer.step()
    return {"moved": (model.weight - before).norm().item()}


def mended():
    model = nn.Linear(4, 1)
    before = model.weight.detach().clone()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(20):
        loss = F.mse_loss(model(X), torch.ones(4, 1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return {"moved": (model.weight - before).norm().item()}


def is_harm(mistaken, mended):
    return mistaken["moved"] == 0 < mended["moved"]
