"""An epoch leaves samples out and delivers others several times."""

import random

from torch.utils.data import DataLoader, Dataset

HARM = (
    "An epoch over 100 samples delivers {mistaken[different_samples]} different ones instead of "
    "{mended[different_samples]}, one of them {mistaken[most_often]} times."
)


class Drawn(Dataset):
    def __init__(self, numbers):
        self.numbers = numbers

    def __len__(self):
        return len(self.numbers)

    def __getitem__(self, index):
        return random.choice(self.numbers)


class Taken(Dataset):
    def __init__(self, numbers):
        self.numbers = numbers

    def __len__(self):
        return len(self.numbers)

    def __getitem__(self, index):
        return self.numbers[index]


def mistaken():
    random.seed(0)
    seen = [int(x) for x in DataLoader(Drawn(list(range(100))))]
    return {"different_samples": len(set(seen)), "most_often": max(map(seen.count, seen))}


def mended():
    seen = [int(x) for x in DataLoader(Taken(list(range(100))), shuffle=True)]
    return {"different_samples": len(set(seen)), "most_often": max(map(seen.count, seen))}


def is_harm(mistaken, mended):
    return mistaken["different_samples"] < 80 and mended["different_samples"] == 100
