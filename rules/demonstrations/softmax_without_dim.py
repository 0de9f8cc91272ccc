"""The dim depends on the rank: with a third dim, a row does not sum to 1."""

import torch
import torch.nn.functional as F

HARM = (
    "Of scores of shape (2, 3, 4) the four of a row sum to {mistaken[sum_of_a_row]} instead of "
    "{mended[sum_of_a_row]}: the softmax was taken over the batch."
)


def mistaken():
    scores = torch.randn(2, 3, 4)
    probs = F.softmax(scores)
    return {"sum_of_a_row": probs[0, 0].sum().item(), "sum_over_the_batch": probs[:, 0, 0].sum().item()}


def mended():
    scores = torch.randn(2, 3, 4)
    probs = F.softmax(scores, dim=-1)
    return {"sum_of_a_row": probs[0, 0].sum().item(), "sum_over_the_batch": probs[:, 0, 0].sum().item()}


def is_harm(mistaken, mended):
    return abs(mistaken["sum_of_a_row"] - 1) > 0.1 and mended["sum_of_a_row"] == 1
