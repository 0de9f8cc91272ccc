"""Pixels of one channel are taken for the channels of one pixel."""

import torch
from torch import nn

HARM = (
    "Of the pixels of an image, seen as rows of channels, {mistaken[pixels]} of {mistaken[of]} have their own values "
    "instead of {mended[pixels]}; each row holds values of {mistaken[other]} other pixels instead of {mended[other]}."
)


def compared(rows, x):
    """How many rows are those of their own pixel, and from how many other pixels the first row is made."""
    b, c, h, w = x.shape
    own = x[0].flatten(1).t()
    pixels = {int(value) % (h * w) for value in rows[0, 0]}
    return {"pixels": int((rows[0] == own).all(1).sum()), "of": h * w, "other": len(pixels) - 1}


class Viewed(nn.Module):
    def forward(self, x):
        b, c, h, w = x.shape
        return x.view(b, h * w, c)


class Transposed(nn.Module):
    def forward(self, x):
        return x.flatten(2).transpose(1, 2)


def mistaken():
    x = torch.arange(128.0).reshape(1, 8, 4, 4)
    return compared(Viewed()(x), x)


def mended():
    x = torch.arange(128.0).reshape(1, 8, 4, 4)
    return compared(Transposed()(x), x)


def is_harm(mistaken, mended):
    return mistaken["pixels"] == 0 and mended["pixels"] == mended["of"]
