"""The last batches of an epoch train nothing."""

import torch
from torch import nn
from torch.utils.data import DataLoader

HARM = "Of 10 batches, with a step after every 4, {mistaken[batches_used]} are used instead of {mended[batches_used]}."


def mistaken():
    model = nn.Linear(10, 1, bias=False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    before = model.weight.detach().clone()
    loader = DataLoader(torch.eye(10), batch_size=1)
    for i, x in enumerate(loader):
        (model(x).sum() / 4).backward()
        if (i + 1) % 4 == 0:
            optimizer.step()
            optimizer.zero_grad()
    return {"batches_used": int((model.weight != before).sum())}


def mended():
    model = nn.Linear(10, 1, bias=False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    before = model.weight.detach().clone()
    loader = DataLoader(torch.eye(10), batch_size=1)
    for i, x in enumerate(loader):
        (model(x).sum() / 4).backward()
        if (i + 1) % 4 == 0 or i + 1 == len(loader):
            optimizer.step()
            optimizer.zero_grad()
    return {"batches_used": int((model.weight != before).sum())}


def is_harm(mistaken, mended):
    return mistaken["batches_used"] == 8 and mended["batches_used"] == 10
