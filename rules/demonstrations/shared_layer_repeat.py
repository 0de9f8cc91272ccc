"""All layers share one set of weights."""

from torch import nn

HARM = (
    "A network of 4 layers has {mistaken[different_weights]} weight matrix instead of {mended[different_weights]}, "
    "with {mistaken[parameters]} numbers to train instead of {mended[parameters]}."
)


def mistaken():
    layers = nn.ModuleList([nn.Linear(5, 5)] * 4)
    weights = {id(layer.weight) for layer in layers}
    return {"different_weights": len(weights), "parameters": sum(p.numel() for p in layers.parameters())}


def mended():
    layers = nn.ModuleList([nn.Linear(5, 5) for _ in range(4)])
    weights = {id(layer.weight) for layer in layers}
    return {"different_weights": len(weights), "parameters": sum(p.numel() for p in layers.parameters())}


def is_harm(mistaken, mended):
    return mistaken["different_weights"] == 1 and mended["different_weights"] == 4
