"""The divergence of a distribution from itself is not 0, and is negative."""

import torch
import torch.nn.functional as F

HARM = (
    "The divergence of the same probabilities from themselves is {mistaken[divergence_from_itself]} instead of "
    "{mended[divergence_from_itself]}."
)


def mistaken():
    x = torch.zeros(1, 4)
    p = F.softmax(x, dim=1)
    return {"divergence_from_itself": F.kl_div(F.softmax(x, dim=1), p, reduction="batchmean").item()}


def mended():
    x = torch.zeros(1, 4)
    p = F.softmax(x, dim=1)
    return {"divergence_from_itself": F.kl_div(F.log_softmax(x, dim=1), p, reduction="batchmean").item()}


def is_harm(mistaken, mended):
    return mistaken["divergence_from_itself"] < -1 and abs(mended["divergence_from_itself"]) < 1e-6
