"""The step is taken with gradients of any size."""

import torch
import torch.nn.functional as F
from torch import nn

HARM = (
    "Clipped to a norm of 1, the gradient has a norm of {mistaken[norm_in_step]} in the step instead of "
    "{mended[norm_in_step]}."
)


def norm(model):
    return nn.utils.get_total_norm([p.grad for p in model.parameters()]).item()


def mistaken():
    model = nn.Linear(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(1):
        optimizer.zero_grad()
        F.mse_loss(model(torch.ones(8, 4)), torch.full((8, 1), 100.0)).backward()
        norm_in_step = norm(model)
        optimizer.step()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    return {"norm_in_step": norm_in_step}


def mended():
    model = nn.Linear(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(1):
        optimizer.zero_grad()
        F.mse_loss(model(torch.ones(8, 4)), torch.full((8, 1), 100.0)).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        norm_in_step = norm(model)
        optimizer.step()
    return {"norm_in_step": norm_in_step}


def is_harm(mistaken, mended):
    return mistaken["norm_in_step"] > 100 and mended["norm_in_step"] <= 1
