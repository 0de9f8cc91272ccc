"""The step is taken with the gradient of the last batch alone."""

import torch
from torch import nn

HARM = "Of 4 batches {mistaken[batches_in_step]} counts in the step instead of {mended[batches_in_step]}."


def mistaken():
    model = nn.Linear(4, 1, bias=False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for i, x in enumerate(torch.eye(4)):
        optimizer.zero_grad()
        (model(x).sum() / 4).backward()
        if (i + 1) % 4 == 0:
            optimizer.step()
            batches = int(model.weight.grad.count_nonzero())
    return {"batches_in_step": batches}


def mended():
    model = nn.Linear(4, 1, bias=False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for i, x in enumerate(torch.eye(4)):
        (model(x).sum() / 4).backward()
        if (i + 1) % 4 == 0:
            batches = int(model.weight.grad.count_nonzero())
            optimizer.step()
            optimizer.zero_grad()
    return {"batches_in_step": batches}


def is_harm(mistaken, mended):
    return mistaken["batches_in_step"] == 1 and mended["batches_in_step"] == 4
