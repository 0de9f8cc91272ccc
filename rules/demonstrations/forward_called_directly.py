"""The hooks of the module do not run."""

import torch
from torch import nn

HARM = "A hook that counts calls sees {mistaken[calls_seen]} of 3 instead of {mended[calls_seen]}."


def mistaken():
    seen = []
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
    model.register_forward_hook(lambda module, inputs, output: seen.append(output))
    for _ in range(3):
        model.forward(torch.ones(1, 4))
    return {"calls_seen": len(seen)}


def mended():
    seen = []
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
    model.register_forward_hook(lambda module, inputs, output: seen.append(output))
    for _ in range(3):
        model(torch.ones(1, 4))
    return {"calls_seen": len(seen)}


def is_harm(mistaken, mended):
    return mistaken["calls_seen"] == 0 and mended["calls_seen"] == 3
