"""torch warns that the copy is cut off from the graph."""

import warnings

import torch

HARM = "Making the tensor gives {mistaken[warnings]} warning instead of {mended[warnings]} ({mistaken[text]})."


def mistaken():
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        w = torch.tensor(torch.randn(3, 4), requires_grad=True)
    (w * w).sum().backward()
    return {"warnings": len(seen), "text": str(seen[0].message).partition(". ")[0].rstrip(".")}


def mended():
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        w = torch.randn(3, 4).detach().clone().requires_grad_()
    (w * w).sum().backward()
    return {"warnings": len(seen)}


def is_harm(mistaken, mended):
    return mistaken["warnings"] == 1 and mended["warnings"] == 0
