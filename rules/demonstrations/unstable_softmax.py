"""Scores of 100 become NaN."""

import torch

HARM = "The weights of two equal scores of 100 are {mistaken[weight]} instead of {mended[weight]} each."


def mistaken():
    scores = torch.tensor([[100.0, 100.0]])
    weights = torch.exp(scores) / torch.exp(scores).sum(dim=-1, keepdim=True)
    return {"weight": weights[0, 0].item()}


def mended():
    scores = torch.tensor([[100.0, 100.0]])
    weights = torch.softmax(scores, dim=-1)
    return {"weight": weights[0, 0].item()}


def is_harm(mistaken, mended):
    return mistaken["weight"] == "NaN" and mended["weight"] == 0.5
