"""A last layer that cannot take what the convolutions give it."""

import torch
from torch import nn

HARM = (
    "The first batch raises {mistaken[raises]} ({mistaken[message]}); with a layer of the right size it gives "
    "{mended[rows]} rows."
)


class Mistaken(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 16, 5)
        self.fc = nn.Linear(120, 10)

    def forward(self, x):
        x = torch.relu(self.conv(x)).view(-1, 16 * 28 * 28)
        return self.fc(x)


class Mended(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 16, 5)
        self.fc = nn.Linear(16 * 28 * 28, 10)

    def forward(self, x):
        x = torch.relu(self.conv(x)).view(-1, 16 * 28 * 28)
        return self.fc(x)


def outcome(model):
    return {"rows": len(model(torch.zeros(2, 3, 32, 32)))}


def mistaken():
    return outcome(Mistaken())


def mended():
    return outcome(Mended())


def is_harm(mistaken, mended):
    return "raises" in mistaken and "raises" not in mended
