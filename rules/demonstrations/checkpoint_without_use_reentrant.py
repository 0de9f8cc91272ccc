"""A layer whose input needs no gradient gets none itself, and is not trained."""

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

HARM = (
    "After `backward()`, {mistaken[layers_with_gradient]} of 2 layers has a gradient; with `use_reentrant=False`, "
    "{mended[layers_with_gradient]} have."
)


def mistaken():
    first, second = nn.Linear(3, 3), nn.Linear(3, 1)
    images = torch.ones(2, 3)
    second(checkpoint(first, images)).sum().backward()
    return {"layers_with_gradient": sum(layer.weight.grad is not None for layer in (first, second))}


def mended():
    first, second = nn.Linear(3, 3), nn.Linear(3, 1)
    images = torch.ones(2, 3)
    second(checkpoint(first, images, use_reentrant=False)).sum().backward()
    return {"layers_with_gradient": sum(layer.weight.grad is not None for layer in (first, second))}


def is_harm(mistaken, mended):
    return mistaken["layers_with_gradient"] == 1 and mended["layers_with_gradient"] == 2
