"""The second turn raises."""

import torch
import torch.nn.functional as F
from torch import nn

HARM = (
    "The second turn raises {mistaken[raises]}; with the features computed in the loop "
    "all {mended[turns]} turns are done."
)


def mistaken():
    encoder, head = nn.Linear(4, 8), nn.Linear(8, 1)
    optimizer = torch.optim.SGD([*encoder.parameters(), *head.parameters()], lr=0.1)
    x, y = torch.ones(6, 4), torch.ones(6, 1)
    features = F.relu(encoder(x))
    for turn in range(5):
        optimizer.zero_grad()
        F.mse_loss(head(features), y).backward()
        optimizer.step()
    return {"turns": turn + 1}


def mended():
    encoder, head = nn.Linear(4, 8), nn.Linear(8, 1)
    optimizer = torch.optim.SGD([*encoder.parameters(), *head.parameters()], lr=0.1)
    x, y = torch.ones(6, 4), torch.ones(6, 1)
    for turn in range(5):
        optimizer.zero_grad()
        features = F.relu(encoder(x))
        F.mse_loss(head(features), y).backward()
        optimizer.step()
    return {"turns": turn + 1}


def is_harm(mistaken, mended):
    return mistaken["raises"] == "RuntimeError" and mended["turns"] == 5
