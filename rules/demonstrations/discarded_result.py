"""The tensor has its old values, and nothing is said."""

import torch

HARM = "The largest number after `clamp` to at most 1 is {mistaken[largest]} instead of {mended[largest]}."


def mistaken():
    y = torch.arange(5.0)
    y.clamp(min=0, max=1)
    return {"largest": y.max().item()}


def mended():
    y = torch.arange(5.0)
    y = y.clamp(min=0, max=1)
    return {"largest": y.max().item()}


def is_harm(mistaken, mended):
    return mistaken["largest"] == 4 and mended["largest"] == 1
