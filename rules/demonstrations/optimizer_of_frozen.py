"""The optimiser has nothing to train."""

import torch
from torch import nn

HARM = (
    "The optimiser holds {mistaken[trainable]} weights that can be trained instead of {mended[trainable]}, the new "
    "head."
)


def mistaken():
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    for parameter in model.parameters():
        parameter.requires_grad = False
    optimizer = torch.optim.Adam(model.parameters())
    return {"trainable": sum(p.requires_grad for group in optimizer.param_groups for p in group["params"])}


def mended():
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    for parameter in model.parameters():
        parameter.requires_grad = False
    model[2] = nn.Linear(8, 2)
    optimizer = torch.optim.Adam(model[2].parameters())
    return {"trainable": sum(p.requires_grad for group in optimizer.param_groups for p in group["params"])}


def is_harm(mistaken, mended):
    return mistaken["trainable"] == 0 and mended["trainable"] == 2
