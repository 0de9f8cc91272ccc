"""The line raises."""

import torch
from torch.utils.data import DataLoader, TensorDataset

HARM = "The line raises {mistaken[raises]} ({mistaken[message]}); `next(..)` gives a batch of {mended[samples]}."
DATA = TensorDataset(torch.arange(6.0))


def mistaken():
    loader = DataLoader(DATA, batch_size=2)
    (x,) = iter(loader).next()
    return {"samples": len(x)}


def mended():
    loader = DataLoader(DATA, batch_size=2)
    (x,) = next(iter(loader))
    return {"samples": len(x)}


def is_harm(mistaken, mended):
    return mistaken["raises"] == "AttributeError" and mended["samples"] == 2
