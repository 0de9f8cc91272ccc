"""The copy is cut off from the graph, and torch warns at each call."""

import warnings

import torch

HARM = "Making the tensor warns {mistaken[warnings]} times instead of {mended[warnings]}: {mistaken[first_words]}."


def mistaken():
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        w = torch.tensor(torch.randn(3, 4), requires_grad=True)
    (w * w).sum().backward()
    return {"warnings": len(seen), "first_words": str(seen[0].message)[:60]}


def mended():
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        w = torch.randn(3, 4).detach().clone().requires_grad_()
    (w * w).sum().backward()
    return {"warnings": len(seen), "first_words": ""}


def is_harm(mistaken, mended):
    return mistaken["warnings"] == 1 and mended["warnings"] == 0
