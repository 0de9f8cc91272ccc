"""The second turn raises."""

import torch
import torch.nn.functional as F
from torch import nn

HARM = (
    "The second turn raises {mistaken[raises]} ({mistaken[message]}); with `update()` all {mended[turns]} turns are "
    "done."
)


def mistaken():
    model, turns = nn.Linear(4, 1), 0
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cpu")
    for x in torch.ones(5, 8, 4):
        optimizer.zero_grad()
        scaler.scale(F.mse_loss(model(x), torch.ones(8, 1))).backward()
        scaler.step(optimizer)
        turns += 1
    return {"turns": turns}


def mended():
    model, turns = nn.Linear(4, 1), 0
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cpu")
    for x in torch.ones(5, 8, 4):
        optimizer.zero_grad()
        scaler.scale(F.mse_loss(model(x), torch.ones(8, 1))).backward()
        scaler.step(optimizer)
        scaler.update()
        turns += 1
    return {"turns": turns}


def is_harm(mistaken, mended):
    return mistaken["raises"] == "RuntimeError" and mended["turns"] == 5
