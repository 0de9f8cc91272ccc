"""Making the dataset raises."""

import torch
from torch.utils.data import Dataset

HARM = (
    "Making the dataset raises {mistaken[raises]} ({mistaken[message]}); with `self` it has {mended[samples]} samples."
)


class WithoutSelf(Dataset):
    def __init__(start, stop):
        self.numbers = torch.arange(start, stop)

    def __len__(self):
        return len(self.numbers)

    def __getitem__(self, index):
        return self.numbers[index]


class WithSelf(Dataset):
    def __init__(self, start, stop):
        self.numbers = torch.arange(start, stop)

    def __len__(self):
        return len(self.numbers)

    def __getitem__(self, index):
        return self.numbers[index]


def mistaken():
    return {"samples": len(WithoutSelf(2, 10))}


def mended():
    return {"samples": len(WithSelf(2, 10))}


def is_harm(mistaken, mended):
    return mistaken["raises"] == "TypeError" and mended["samples"] == 8
