"""Samples of a batch take attention from each other."""

import torch

HARM = (
    "The weights of one query sum to {mistaken[sum_of_weights]} instead of {mended[sum_of_weights]}, and the result "
    "for a sample alone differs by {mistaken[change]} instead of {mended[change]} from that within a batch of 2."
)


def mistaken():
    q, k, v = torch.randn(2, 5, 4), torch.randn(2, 6, 4), torch.randn(2, 6, 4)
    weights = torch.softmax(torch.bmm(q, k.transpose(1, 2)) / 2.0, dim=0)
    out = torch.bmm(weights, v)
    alone = torch.softmax(torch.bmm(q[:1], k[:1].transpose(1, 2)) / 2.0, dim=0)
    change = (torch.bmm(alone, v[:1]) - out[:1]).abs().max().item()
    return {"sum_of_weights": weights[0, 0].sum().item(), "change": round(change, 4)}


def mended():
    q, k, v = torch.randn(2, 5, 4), torch.randn(2, 6, 4), torch.randn(2, 6, 4)
    weights = torch.softmax(torch.bmm(q, k.transpose(1, 2)) / 2.0, dim=-1)
    out = torch.bmm(weights, v)
    alone = torch.softmax(torch.bmm(q[:1], k[:1].transpose(1, 2)) / 2.0, dim=-1)
    change = (torch.bmm(alone, v[:1]) - out[:1]).abs().max().item()
    return {"sum_of_weights": weights[0, 0].sum().item(), "change": round(change, 4)}


def is_harm(mistaken, mended):
    return abs(mistaken["sum_of_weights"] - 1) > 0.1 and mistaken["change"] > 0.1 and mended["change"] == 0
