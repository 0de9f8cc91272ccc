"""The graphs of all batches stay in memory."""

import gc

import torch
import torch.nn.functional as F
from torch import nn

HARM = (
    "After 10 batches of 1,000 samples, {mistaken[outputs_in_memory]} outputs of the first layer are in memory instead of "
    "{mended[outputs_in_memory]}."
)


def outputs_in_memory():
    return sum(isinstance(held, torch.Tensor) and held.shape == (1000, 7) for held in gc.get_objects())


def mistaken():
    model = nn.Sequential(nn.Linear(4, 7), nn.Tanh(), nn.Linear(7, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    total = 0
    for _ in range(10):
        optimizer.zero_grad()
        loss = F.mse_loss(model(torch.randn(1000, 4)), torch.ones(1000, 1))
        loss.backward()
        optimizer.step()
        total += loss
    return {"total": float(total), "outputs_in_memory": outputs_in_memory()}
