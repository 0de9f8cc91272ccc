"""The last batch of an epoch, of one sample, raises."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

HARM = "The last of batches of 4, 4 and 1 samples raises {mistaken[raises]} ({mistaken[message]})."
LOADER = DataLoader(TensorDataset(torch.arange(63.0).view(9, 1, 7)), batch_size=4)


class Rows(nn.Module):
    def forward(self, x):
        rows = torch.relu(x).squeeze()
        return rows.softmax(dim=1)


class RowsOfAnyBatch(nn.Module):
    def forward(self, x):
        rows = torch.relu(x).squeeze(1)
        return rows.softmax(dim=1)


def mistaken():
    model = Rows()
    return {"samples": sum(len(model(x)) for (x,) in LOADER)}


def mended():
    model = RowsOfAnyBatch()
    return {"samples": sum(len(model(x)) for (x,) in LOADER)}


def is_harm(mistaken, mended):
    return mistaken["raises"] == "IndexError" and mended["samples"] == 9
