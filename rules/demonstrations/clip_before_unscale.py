"""The scaled gradients are cut down to almost nothing."""

import torch
import torch.nn.functional as F
from torch import nn

HARM = (
    "Clipped to a norm of 1, the gradient that the step is taken with has a norm of {mistaken[gradient]} instead of "
    "{mended[gradient]}."
)


def mistaken():
    model = nn.Linear(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cpu")
    scaler.scale(F.mse_loss(model(torch.ones(8, 4)), torch.full((8, 1), 10.0))).backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    scaler.step(optimizer)
    scaler.update()
    return {"gradient": nn.utils.get_total_norm([p.grad for p in model.parameters()]).item()}


def mended():
    model = nn.Linear(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cpu")
    scaler.scale(F.mse_loss(model(torch.ones(8, 4)), torch.full((8, 1), 10.0))).backward()
    scaler.unscale_(optimizer)
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    scaler.step(optimizer)
    scaler.update()
    return {"gradient": nn.utils.get_total_norm([p.grad for p in model.parameters()]).item()}


def is_harm(mistaken, mended):
    return mistaken["gradient"] < 1e-4 and mended["gradient"] > 0.99
