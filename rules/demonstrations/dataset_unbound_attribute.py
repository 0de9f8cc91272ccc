"""The loader raises as soon as it asks how many samples there are."""

from torch.utils.data import DataLoader, Dataset

HARM = "The line raises {mistaken[raises]} ({mistaken[message]}); with `self.` there are {mended[samples]} samples."


class Bare(Dataset):
    def __init__(self, paths):
        self.paths = paths

    def __len__(self):
        return len(paths)

    def __getitem__(self, index):
        return self.paths[index]


class Bound(Dataset):
    def __init__(self, paths):
        self.paths = paths

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        return self.paths[index]


def mistaken():
    loader = DataLoader(Bare(["a", "b", "c"]))
    return {"samples": sum(len(batch) for batch in loader)}


def mended():
    loader = DataLoader(Bound(["a", "b", "c"]))
    return {"samples": sum(len(batch) for batch in loader)}


def is_harm(mistaken, mended):
    return mistaken["raises"] == "NameError" and mended["samples"] == 3
