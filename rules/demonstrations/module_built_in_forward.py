"""The same input gives another output each time, and nothing can be trained."""

import torch
from torch import nn

HARM = (
    "Two calls with the same input differ by {mistaken[difference]} instead of {mended[difference]}; the model has "
    "{mistaken[parameters]} parameters instead of {mended[parameters]}."
)


class MadeAnew(nn.Module):
    def forward(self, x):
        return nn.Linear(4, 2)(x)


class MadeOnce(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(x)


def mistaken():
    model, x = MadeAnew(), torch.ones(1, 4)
    return {"difference": (model(x) - model(x)).norm().item(), "parameters": len(list(model.parameters()))}


def mended():
    model, x = MadeOnce(), torch.ones(1, 4)
    return {"difference": (model(x) - model(x)).norm().item(), "parameters": len(list(model.parameters()))}


def is_harm(mistaken, mended):
    return mistaken["difference"] > 0.1 and mended["difference"] == 0
