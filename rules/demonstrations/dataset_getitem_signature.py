"""The loader raises at the first batch."""

import torch
from torch.utils.data import DataLoader, Dataset

HARM = (
    "The first batch raises {mistaken[raises]} ({mistaken[message]}); with an index it has {mended[samples]} samples."
)


class WithoutIndex(Dataset):
    def __init__(self):
        self.numbers = torch.arange(8.0)

    def __len__(self):
        return len(self.numbers)

    def __getitem__(self):
        return self.numbers


class WithIndex(Dataset):
    def __init__(self):
        self.numbers = torch.arange(8.0)

    def __len__(self):
        return len(self.numbers)

    def __getitem__(self, index):
        return self.numbers[index]


def mistaken():
    return {"samples": len(next(iter(DataLoader(WithoutIndex(), batch_size=4))))}


def mended():
    return {"samples": len(next(iter(DataLoader(WithIndex(), batch_size=4))))}


def is_harm(mistaken, mended):
    return mistaken["raises"] == "TypeError" and mended["samples"] == 4
