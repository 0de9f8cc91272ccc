"""A model that holds the module cannot be put into another mode."""

import torch
from torch import nn

HARM = "`eval()` of a model that holds the fitted module raises {mistaken[raises]}: {mistaken[message]}."


class Line(nn.Module):
    def train(self, x, y):
        self.slope = ((x * y).sum() / x.square().sum()).item()

    def forward(self, x):
        return self.slope * x


class FittedLine(nn.Module):
    def fit(self, x, y):
        self.slope = ((x * y).sum() / x.square().sum()).item()

    def forward(self, x):
        return self.slope * x


def mistaken():
    model = nn.Sequential(Line(), nn.Dropout(0.5))
    model[0].train(torch.arange(4.0), 2 * torch.arange(4.0))
    model.eval()
    return {"dropout": model[1].training}


def mended():
    model = nn.Sequential(FittedLine(), nn.Dropout(0.5))
    model[0].fit(torch.arange(4.0), 2 * torch.arange(4.0))
    model.eval()
    return {"dropout": model[1].training}


def is_harm(mistaken, mended):
    return mistaken["raises"] == "TypeError" and mended["dropout"] is False
