"""A model in eval mode still drops at random."""

import torch
import torch.nn.functional as F
from torch import nn

HARM = (
    "After `eval()`, {mistaken[dropped_of_100]} of 100 numbers are dropped instead of {mended[dropped_of_100]}, and "
    "two calls with the same input differ in {mistaken[differ]} of them instead of {mended[differ]}."
)


class Always(nn.Module):
    def forward(self, x):
        return F.dropout(x, p=0.5)


class InTraining(nn.Module):
    def forward(self, x):
        return F.dropout(x, p=0.5, training=self.training)


def mistaken():
    model = Always().eval()
    one, two = model(torch.ones(100)), model(torch.ones(100))
    return {"dropped_of_100": int((one == 0).sum()), "differ": int((one != two).sum())}


def mended():
    model = InTraining().eval()
    one, two = model(torch.ones(100)), model(torch.ones(100))
    return {"dropped_of_100": int((one == 0).sum()), "differ": int((one != two).sum())}


def is_harm(mistaken, mended):
    return mistaken["differ"] > 0 == mended["differ"]
