"""Training ends with the first batch."""

import torch
from torch import nn

HARM = "The second of 3 batches raises {mistaken[raises]}: {mistaken[message]}."


def mistaken():
    model = nn.Linear(4, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    loss = nn.CrossEntropyLoss()
    batches = 0
    for x, y in [(torch.randn(8, 4), torch.randint(2, (8,)))] * 3:
        optimizer.zero_grad()
        loss = loss(model(x), y)
        loss.backward()
        optimizer.step()
        batches += 1
    return {"batches": batches}


def mended():
    model = nn.Linear(4, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    criterion = nn.CrossEntropyLoss()
    batches = 0
    for x, y in [(torch.randn(8, 4), torch.randint(2, (8,)))] * 3:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        batches += 1
    return {"batches": batches}


def is_harm(mistaken, mended):
    return mistaken["raises"] == "TypeError" and mended["batches"] == 3
