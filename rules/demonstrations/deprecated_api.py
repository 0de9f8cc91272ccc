"""torch warns that the name will go."""

import warnings

import torch
from torch import nn

HARM = "The call gives {mistaken[warnings]} warning instead of {mended[warnings]} ({mistaken[text]})."


def mistaken():
    layer = nn.Linear(4, 1)
    layer(torch.ones(2, 4)).sum().backward()
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        nn.utils.clip_grad_norm(layer.parameters(), 1.0)
    return {"warnings": len(seen), "text": str(seen[0].message).partition(". ")[0].rstrip(".")}


def mended():
    layer = nn.Linear(4, 1)
    layer(torch.ones(2, 4)).sum().backward()
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        nn.utils.clip_grad_norm_(layer.parameters(), 1.0)
    return {"warnings": len(seen)}


def is_harm(mistaken, mended):
    return mistaken["warnings"] == 1 and mended["warnings"] == 0
