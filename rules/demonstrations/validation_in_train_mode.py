"""Dropout is on while the model is judged, so that the result is another one each time."""

import torch
import torch.nn.functional as F
from torch import nn

HARM = (
    "The same model is validated twice on the same data: the losses are {mistaken[first_loss]} and "
    "{mistaken[second_loss]}; in eval mode they are {mended[first_loss]} both times."
)
VAL_LOADER = [(torch.eye(4), torch.tensor([0, 1, 0, 1]))] * 2


def mistaken():
    model = nn.Sequential(nn.Linear(4, 8), nn.Dropout(), nn.Linear(8, 2))
    model.train()
    losses = []
    with torch.no_grad():
        for x, y in VAL_LOADER:
            losses.append(F.cross_entropy(model(x), y).item())
    return {"first_loss": losses[0], "second_loss": losses[1]}


def mended():
    model = nn.Sequential(nn.Linear(4, 8), nn.Dropout(), nn.Linear(8, 2))
    model.eval()
    losses = []
    with torch.no_grad():
        for x, y in VAL_LOADER:
            losses.append(F.cross_entropy(model(x), y).item())
    return {"first_loss": losses[0], "second_loss": losses[1]}


def is_harm(mistaken, mended):
    return mistaken["first_loss"] != mistaken["second_loss"] and mended["first_loss"] == mended["second_loss"]
