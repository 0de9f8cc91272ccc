"""Steps have no order, and samples get one."""

import torch
from torch import nn

HARM = (
    "The results of two equal samples differ by {mistaken[of_equal_samples]} instead of {mended[of_equal_samples]}, "
    "and those of a sample and of its steps in reverse by {mistaken[in_reverse]} instead of {mended[in_reverse]}."
)


def difference(a, b):
    return round((a - b).abs().max().item(), 3)


def mistaken():
    layer = nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, batch_first=True)
    table = torch.randn(100, 1, 4)
    x = torch.randn(1, 5, 4).repeat(2, 1, 1)
    out = layer(x + table[: x.size(0)]).mean(1)
    turned = x.flip(1)
    reverse = layer(turned + table[: turned.size(0)]).mean(1)
    return {"of_equal_samples": difference(out[0], out[1]), "in_reverse": difference(out[0], reverse[0])}


def mended():
    layer = nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, batch_first=True)
    table = torch.randn(1, 100, 4)
    x = torch.randn(1, 5, 4).repeat(2, 1, 1)
    out = layer(x + table[:, : x.size(1)]).mean(1)
    turned = x.flip(1)
    reverse = layer(turned + table[:, : turned.size(1)]).mean(1)
    return {"of_equal_samples": difference(out[0], out[1]), "in_reverse": difference(out[0], reverse[0])}


def is_harm(mistaken, mended):
    has_order = mended["in_reverse"] > 0.01 and mended["of_equal_samples"] == 0
    return mistaken["in_reverse"] == 0 and mistaken["of_equal_samples"] > 0.01 and has_order
