"""The last batch of an epoch, of one sample, raises."""

import torch
from torch.utils.data import DataLoader, TensorDataset

HARM = "In the last of the batches of 4, 4 and 1 samples the program raises {mistaken[raises]} ({mistaken[message]})."


LOADER = DataLoader(TensorDataset(torch.arange(63.0).view(9, 1, 7)), batch_size=4)


def mistaken():
    samples = 0
    for (x,) in LOADER:
        rows = torch.relu(x).squeeze()
        samples += len(rows.softmax(dim=1))
    return {"samples": samples}


def mended():
    samples = 0
    for (x,) in LOADER:
        rows = torch.relu(x).squeeze(1)
        samples += len(rows.softmax(dim=1))
    return {"samples": samples}


def is_harm(mistaken, mended):
    return mistaken["raises"] == "IndexError" and mended["samples"] == 9
