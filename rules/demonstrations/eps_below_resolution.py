"""A row of zeros is NaN in spite of the eps that was written against it."""

import torch

HARM = (
    "In float16 1e-8 is {mistaken[eps]}: a row of zeros becomes {mistaken[scaled]} instead of {mended[scaled]}, "
    "as with 1e-4."
)


def mistaken():
    x = torch.zeros(3).half()
    scaled = x / (x.norm(dim=-1, keepdim=True) + 1e-8)
    return {"eps": torch.tensor(1e-8).half().item(), "scaled": scaled[0].item()}


def mended():
    x = torch.zeros(3).half()
    scaled = x / (x.norm(dim=-1, keepdim=True) + 1e-4)
    return {"eps": torch.tensor(1e-4).half().item(), "scaled": scaled[0].item()}


def is_harm(mistaken, mended):
    return mistaken["scaled"] == "NaN" and mended["scaled"] == 0
