"""Everything is kept for a backward pass that never comes."""

import torch
from torch import nn

HARM = (
    "Evaluating 100 samples keeps {mistaken[numbers_kept]} numbers for a backward pass that never comes, instead of "
    "{mended[numbers_kept]}."
)


class Kept(torch.autograd.graph.saved_tensors_hooks):
    """Counts the numbers that are kept for the backward pass."""

    def __init__(self):
        super().__init__(self.count, lambda tensor: tensor)
        self.numbers = 0

    def count(self, tensor):
        self.numbers += tensor.numel()
        return tensor


def accuracy(model, loader):
    model.eval()
    correct = 0
    for x, y in loader:
        correct += (model(x).argmax(1) == y).sum().item()
    return correct / 100


@torch.no_grad()
def accuracy_without_graph(model, loader):
    model.eval()
    correct = 0
    for x, y in loader:
        correct += (model(x).argmax(1) == y).sum().item()
    return correct / 100


def mistaken():
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    kept = Kept()
    with kept:
        accuracy(model, [(torch.randn(100, 4), torch.zeros(100))])
    return {"numbers_kept": kept.numbers}


def mended():
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    kept = Kept()
    with kept:
        accuracy_without_graph(model, [(torch.randn(100, 4), torch.zeros(100))])
    return {"numbers_kept": kept.numbers}


def is_harm(mistaken, mended):
    return mistaken["numbers_kept"] > 0 == mended["numbers_kept"]
