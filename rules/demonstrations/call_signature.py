"""A misspelt keyword of a loss."""

import torch
from torch import nn

HARM = "Building the loss raises {mistaken[raises]} and nothing is trained; spelled right, the loss is {mended[loss]}."


def mistaken():
    criterion = nn.CrossEntropyLoss(ignore_indx=0)
    return {"loss": criterion(torch.zeros(2, 4), torch.tensor([0, 1])).item()}


def mended():
    criterion = nn.CrossEntropyLoss(ignore_index=0)
    return {"loss": criterion(torch.zeros(2, 4), torch.tensor([0, 1])).item()}


def is_harm(mistaken, mended):
    return mistaken.get("raises") == "TypeError" and "raises" not in mended
