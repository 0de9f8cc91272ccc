"""Calling the model raises."""

import torch
from torch import nn

HARM = "Calling the model raises {mistaken[raises]}; with `forward` it returns {mended[outputs]} numbers."


class Misspelt(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def foward(self, x):
        return self.fc(x)


class Spelt(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(x)


def mistaken():
    return {"outputs": Misspelt()(torch.ones(4)).numel()}


def mended():
    return {"outputs": Spelt()(torch.ones(4)).numel()}


def is_harm(mistaken, mended):
    return mistaken["raises"] == "NotImplementedError" and mended["outputs"] == 2
