"""The loss falls below zero for ever, while the model learns next to nothing."""

import torch
import torch.nn.functional as F
from torch import nn

HARM = (
    "After 100 steps the loss is {mistaken[loss]}, which no likelihood can be, instead of {mended[loss]}; "
    "{mistaken[right_of_60]} of 60 samples are right instead of {mended[right_of_60]}."
)


def samples():
    x = torch.randn(60, 4)
    y = x[:, :3].argmax(dim=1)
    model = nn.Linear(4, 3)
    return x, y, model, torch.optim.SGD(model.parameters(), lr=1.0)


def mistaken():
    x, y, model, optimizer = samples()
    for _ in range(100):
        optimizer.zero_grad()
        loss = F.nll_loss(F.linear(x, model.weight, model.bias), y)
        loss.backward()
        optimizer.step()
    return {"loss": loss.item(), "right_of_60": int((model(x).argmax(dim=1) == y).sum())}


def mended():
    x, y, model, optimizer = samples()
    for _ in range(100):
        optimizer.zero_grad()
        loss = F.nll_loss(F.log_softmax(F.linear(x, model.weight, model.bias), dim=1), y)
        loss.backward()
        optimizer.step()
    return {"loss": loss.item(), "right_of_60": int((model(x).argmax(dim=1) == y).sum())}


def is_harm(mistaken, mended):
    return mistaken["loss"] < 0 < mended["loss"]
