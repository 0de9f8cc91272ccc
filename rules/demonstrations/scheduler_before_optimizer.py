"""The first learning rate of the schedule is never used."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.optim.lr_scheduler import StepLR

HARM = (
    "Of a schedule that begins with 1 and halves it, the first step is taken with {mistaken[first_rate]} instead of "
    "{mended[first_rate]}."
)


def mistaken():
    model = nn.Linear(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    scheduler = StepLR(optimizer, step_size=1, gamma=0.5)
    rates = []
    for _ in range(3):
        optimizer.zero_grad()
        F.mse_loss(model(torch.eye(4)), torch.ones(4, 1)).backward()
        scheduler.step()
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
    return {"first_rate": rates[0]}


def mended():
    model = nn.Linear(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    scheduler = StepLR(optimizer, step_size=1, gamma=0.5)
    rates = []
    for _ in range(3):
        optimizer.zero_grad()
        F.mse_loss(model(torch.eye(4)), torch.ones(4, 1)).backward()
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return {"first_rate": rates[0]}


def is_harm(mistaken, mended):
    return mistaken["first_rate"] == 0.5 and mended["first_rate"] == 1
