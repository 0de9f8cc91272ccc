"""A model in eval mode still drops attention weights at random."""

import torch
import torch.nn.functional as F
from torch import nn

HARM = (
    "After `eval()`, two calls with the same input differ in {mistaken[differ_of_20]} of 20 numbers instead of "
    "{mended[differ_of_20]}."
)


class Always(nn.Module):
    def __init__(self, dropout):
        super().__init__()
        self.dropout = dropout

    def forward(self, x):
        return F.scaled_dot_product_attention(x, x, x, dropout_p=self.dropout)


class InTraining(nn.Module):
    def __init__(self, dropout):
        super().__init__()
        self.dropout = dropout

    def forward(self, x):
        return F.scaled_dot_product_attention(x, x, x, dropout_p=self.dropout if self.training else 0.0)


def mistaken():
    model, x = Always(0.5).eval(), torch.randn(1, 5, 4)
    return {"differ_of_20": int((model(x) != model(x)).sum())}


def mended():
    model, x = InTraining(0.5).eval(), torch.randn(1, 5, 4)
    return {"differ_of_20": int((model(x) != model(x)).sum())}


def is_harm(mistaken, mended):
    return mistaken["differ_of_20"] > 0 == mended["differ_of_20"]
