"""Each output keeps a graph, for a backward pass that never comes."""

import torch
from torch import nn

HARM = (
    "The outputs for 5 batches keep {mistaken[numbers_kept]} numbers for a backward pass that never comes, instead of "
    "{mended[numbers_kept]}."
)
BATCH = torch.ones(100, 4)


def numbers_kept(output):
    """The numbers that the last layer keeps for the backward pass."""
    graph = output.grad_fn
    return graph._saved_mat1.numel() if graph is not None else 0


def mistaken():
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    model.eval()
    outputs = []
    for _ in range(5):
        outputs.append(model(BATCH))
    return {"numbers_kept": sum(map(numbers_kept, outputs))}


@torch.no_grad()
def mended():
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    model.eval()
    outputs = []
    for _ in range(5):
        outputs.append(model(BATCH))
    return {"numbers_kept": sum(map(numbers_kept, outputs))}


def is_harm(mistaken, mended):
    return mistaken["numbers_kept"] == 4000 and mended["numbers_kept"] == 0
