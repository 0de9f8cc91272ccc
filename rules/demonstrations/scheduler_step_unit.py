"""The learning rate ends where it began."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR

HARM = (
    "A learning rate that is to fall from 1 to 0 within 4 epochs of 6 batches is 0 after {mistaken[steps_to_zero]} of "
    "24 steps instead of {mended[steps_to_zero]}, and ends at {mistaken[last_rate]} instead of {mended[last_rate]}."
)


def mistaken(epochs=4):
    model = nn.Linear(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    scheduler = CosineAnnealingLR(optimizer, T_max=epochs)
    rates = []
    for _ in range(epochs):
        for x in torch.eye(4).repeat(6, 1, 1):
            optimizer.zero_grad()
            F.mse_loss(model(x), torch.ones(4, 1)).backward()
            rates.append(round(scheduler.get_last_lr()[0], 4))
            optimizer.step()
            scheduler.step()
    rates.append(round(scheduler.get_last_lr()[0], 4))
    return {"steps_to_zero": rates.index(0), "last_rate": rates[-1]}


def mended(epochs=4):
    model = nn.Linear(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    scheduler = CosineAnnealingLR(optimizer, T_max=epochs)
    rates = []
    for _ in range(epochs):
        for x in torch.eye(4).repeat(6, 1, 1):
            optimizer.zero_grad()
            F.mse_loss(model(x), torch.ones(4, 1)).backward()
            rates.append(round(scheduler.get_last_lr()[0], 4))
            optimizer.step()
        scheduler.step()
    rates.append(round(scheduler.get_last_lr()[0], 4))
    return {"steps_to_zero": rates.index(0), "last_rate": rates[-1]}


def is_harm(mistaken, mended):
    return (mistaken["steps_to_zero"], mistaken["last_rate"]) == (4, 1) and mended["last_rate"] == 0
