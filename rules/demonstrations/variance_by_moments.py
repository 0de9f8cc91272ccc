"""The variance of numbers far from 0 is wrong in all digits."""

import torch

HARM = (
    "The variance of 9,999.5 and 10,000.5 is {mistaken[variance]} instead of {mended[variance]}, and its root "
    "{mistaken[deviation]} instead of {mended[deviation]}."
)


def mistaken():
    x = torch.tensor([9999.5, 10000.5])
    variance = (x**2).mean(dim=0) - x.mean(dim=0) ** 2
    return {"variance": variance.item(), "deviation": variance.sqrt().item()}


def mended():
    x = torch.tensor([9999.5, 10000.5])
    variance = x.var(dim=0, correction=0)
    return {"variance": variance.item(), "deviation": variance.sqrt().item()}


def is_harm(mistaken, mended):
    return abs(mistaken["variance"] - 0.25) > 0.1 and mended["variance"] == 0.25
