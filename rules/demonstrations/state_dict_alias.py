"""The weights that were kept are the last ones, not the best."""

import copy

import torch
import torch.nn.functional as F
from torch import nn

HARM = (
    "The loss was {mistaken[best_loss]} when the weights were kept; loaded again after 5 more steps they have a loss "
    "of {mistaken[loss_of_kept]} instead of {mended[loss_of_kept]}."
)
X, Y = torch.ones(8, 4), torch.ones(8, 1)


def mistaken():
    model, best = nn.Linear(4, 1), float("inf")
    optimizer = torch.optim.SGD(model.parameters(), lr=0.3)
    for _ in range(6):
        loss = F.mse_loss(model(X), Y)
        if loss.item() < best:
            best, weights = loss.item(), model.state_dict()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.load_state_dict(weights)
    return {"best_loss": best, "loss_of_kept": F.mse_loss(model(X), Y).item()}


def mended():
    model, best = nn.Linear(4, 1), float("inf")
    optimizer = torch.optim.SGD(model.parameters(), lr=0.3)
    for _ in range(6):
        loss = F.mse_loss(model(X), Y)
        if loss.item() < best:
            best, weights = loss.item(), copy.deepcopy(model.state_dict())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.load_state_dict(weights)
    return {"best_loss": best, "loss_of_kept": F.mse_loss(model(X), Y).item()}


def is_harm(mistaken, mended):
    return mistaken["loss_of_kept"] > 2 * mistaken["best_loss"] and mended["loss_of_kept"] == mended["best_loss"]
