"""The weight is not a parameter: it is neither trained nor saved."""

import torch
from torch import nn

HARM = (
    "The module has {mistaken[parameters]} parameters instead of {mended[parameters]}, and "
    "{mistaken[saved_tensors]} tensors instead of {mended[saved_tensors]} in its `state_dict`."
)


class Outside(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(5)).double()

    def forward(self, x):
        return x * self.scale


class Inside(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(5).double())

    def forward(self, x):
        return x * self.scale


def mistaken():
    model = Outside()
    return {"parameters": len(list(model.parameters())), "saved_tensors": len(model.state_dict())}


def mended():
    model = Inside()
    return {"parameters": len(list(model.parameters())), "saved_tensors": len(model.state_dict())}


def is_harm(mistaken, mended):
    return mistaken["parameters"] == 0 and mended["parameters"] == 1
