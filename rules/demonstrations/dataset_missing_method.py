"""The loader raises as soon as it asks for what is missing."""

from torch.utils.data import DataLoader, Dataset

HARM = (
    "A loader that shuffles raises {mistaken[raises]} ({mistaken[message]}); with `__len__` it delivers "
    "{mended[samples]} samples."
)


class WithoutLength(Dataset):
    def __getitem__(self, index):
        return index**2


class WithLength(Dataset):
    def __getitem__(self, index):
        return index**2

    def __len__(self):
        return 100


def mistaken():
    loader = DataLoader(WithoutLength(), batch_size=4, shuffle=True)
    return {"samples": sum(len(batch) for batch in loader)}


def mended():
    loader = DataLoader(WithLength(), batch_size=4, shuffle=True)
    return {"samples": sum(len(batch) for batch in loader)}


def is_harm(mistaken, mended):
    return mistaken["raises"] == "TypeError" and mended["samples"] == 100
