"""No loss is computed: the tensors are taken for settings."""

import torch
from torch import nn

HARM = (
    "The line raises {mistaken[raises]} ({mistaken[message]}); a module that is made and then called gives a loss of "
    "{mended[loss]}."
)


def mistaken():
    output = torch.randn(4, 3, requires_grad=True)
    target = torch.tensor([0, 1, 2, 0])
    loss = nn.CrossEntropyLoss(output, target)
    loss.backward()
    return {"loss": loss.item(), "gradient": output.grad.norm().item()}


def mended():
    output = torch.randn(4, 3, requires_grad=True)
    target = torch.tensor([0, 1, 2, 0])
    loss = nn.CrossEntropyLoss()(output, target)
    loss.backward()
    return {"loss": loss.item(), "gradient": output.grad.norm().item()}


def is_harm(mistaken, mended):
    return mistaken["raises"] == "RuntimeError" and mended["gradient"] > 0
