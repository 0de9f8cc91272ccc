"""Steps are taken in three of four turns instead of in one."""

import torch
import torch.nn.functional as F
from torch import nn

HARM = "Of 8 batches, with a step after every 4, {mistaken[steps]} steps are taken instead of {mended[steps]}."


def mistaken():
    model = nn.Linear(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    steps = 0
    for i, x in enumerate(torch.ones(8, 2, 4)):
        (F.mse_loss(model(x), torch.ones(2, 1)) / 4).backward()
        if i % 4:
            optimizer.step()
            optimizer.zero_grad()
            steps += 1
    return {"steps": steps}


def mended():
    model = nn.Linear(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    steps = 0
    for i, x in enumerate(torch.ones(8, 2, 4)):
        (F.mse_loss(model(x), torch.ones(2, 1)) / 4).backward()
        if (i + 1) % 4 == 0:
            optimizer.step()
            optimizer.zero_grad()
            steps += 1
    return {"steps": steps}


def is_harm(mistaken, mended):
    return mistaken["steps"] == 6 and mended["steps"] == 2
