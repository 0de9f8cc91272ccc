"""The loader raises at the first batch."""

import torch
from torch.utils.data import DataLoader, Dataset

HARM = "The first batch raises {mistaken[raises]}; with `__getitem__` it has {mended[samples]} samples."


class Misspelt(Dataset):
    def __init__(self):
        self.numbers = torch.arange(8.0)

    def __len__(self):
        return len(self.numbers)

    def __item__(self, index):
        return self.numbers[index]


class Spelt(Dataset):
    def __init__(self):
        self.numbers = torch.arange(8.0)

    def __len__(self):
        return len(self.numbers)

    def __getitem__(self, index):
        return self.numbers[index]


def mistaken():
    return {"samples": len(next(iter(DataLoader(Misspelt(), batch_size=4))))}


def mended():
    return {"samples": len(next(iter(DataLoader(Spelt(), batch_size=4))))}


def is_harm(mistaken, mended):
    return mistaken["raises"] == "NotImplementedError" and mended["samples"] == 4
