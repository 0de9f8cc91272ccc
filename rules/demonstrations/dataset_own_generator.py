"""Each worker draws the same numbers, and draws them again in the next epoch."""

import torch
from torch.utils.data import DataLoader, Dataset

HARM = (
    "Two epochs over 4 samples with 2 workers have {mistaken[different]} different random numbers instead of "
    "{mended[different]}."
)


class Noise(Dataset):
    def __init__(self):
        self.generator = torch.Generator().manual_seed(0)

    def __len__(self):
        return 4

    def __getitem__(self, index):
        return torch.rand(1, generator=self.generator).item()


class SeededNoise(Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        return torch.rand(1).item()


def mistaken():
    loader = DataLoader(Noise(), batch_size=None, num_workers=2)
    return {"different": len({number for _ in range(2) for number in loader})}


def mended():
    loader = DataLoader(SeededNoise(), batch_size=None, num_workers=2)
    return {"different": len({number for _ in range(2) for number in loader})}


def is_harm(mistaken, mended):
    return mistaken["different"] == 2 and mended["different"] == 8
