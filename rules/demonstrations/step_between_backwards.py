"""The second backward pass raises: the step has changed what it needs."""

import torch
from torch import nn

HARM = "The second backward pass raises {mistaken[raises]}; before the step it gives a gradient of {mended[gradient]}."


def mistaken():
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    out = model(torch.ones(6, 4))
    first, second = out.pow(2).mean(), out.abs().mean()
    first.backward(retain_graph=True)
    optimizer.step()
    second.backward()
    return {"gradient": model[0].weight.grad.norm().item()}


def mended():
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    out = model(torch.ones(6, 4))
    first, second = out.pow(2).mean(), out.abs().mean()
    first.backward(retain_graph=True)
    second.backward()
    optimizer.step()
    return {"gradient": model[0].weight.grad.norm().item()}


def is_harm(mistaken, mended):
    return mistaken["raises"] == "RuntimeError" and mended["gradient"] > 0
