"""The gradients of all steps add up: each step is larger than it should be, and the loss goes up again."""

import torch
import torch.nn.functional as F
from torch import nn

HARM = "After 40 steps the loss is {mistaken[loss]} instead of {mended[loss]}."


def mistaken():
    model = nn.Linear(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    for _ in range(40):
        loss = F.mse_loss(model(torch.eye(4)), torch.ones(4, 1))
        loss.backward()
        optimizer.step()
    return {"loss": loss.item()}


def mended():
    model = nn.Linear(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    for _ in range(40):
        optimizer.zero_grad()
        loss = F.mse_loss(model(torch.eye(4)), torch.ones(4, 1))
        loss.backward()
        optimizer.step()
    return {"loss": loss.item()}


def is_harm(mistaken, mended):
    return mistaken["loss"] > 100 * mended["loss"]
