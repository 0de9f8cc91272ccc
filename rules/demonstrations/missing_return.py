"""The model returns None."""

import torch
from torch import nn

HARM = "Using the output raises {mistaken[raises]} ({mistaken[message]}); returned, it has {mended[outputs]} numbers."


class Silent(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        x = self.fc(x)


class Returning(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        x = self.fc(x)
        return x


def mistaken():
    return {"outputs": Silent()(torch.ones(4)).numel()}


def mended():
    return {"outputs": Returning()(torch.ones(4)).numel()}


def is_harm(mistaken, mended):
    return mistaken["raises"] == "AttributeError" and mended["outputs"] == 2
