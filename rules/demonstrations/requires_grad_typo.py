"""Nothing is frozen: the weights move."""

import torch
from torch import nn

HARM = "The frozen weights move by {mistaken[moved]} instead of {mended[moved]} in one step."


def mistaken():
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 1))
    for param in model[0].parameters():
        param.require_grad = False
    before = model[0].weight.detach().clone()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model(torch.eye(4)).pow(2).sum().backward()
    optimizer.step()
    return {"moved": (model[0].weight - before).norm().item()}


def mended():
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 1))
    for param in model[0].parameters():
        param.requires_grad = False
    before = model[0].weight.detach().clone()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model(torch.eye(4)).pow(2).sum().backward()
    optimizer.step()
    return {"moved": (model[0].weight - before).norm().item()}


def is_harm(mistaken, mended):
    return mistaken["moved"] > 0 == mended["moved"]
