"""The loss raises as soon as a logit is below 0 or above 1."""

import torch
import torch.nn.functional as F
from torch import nn

HARM = "The line raises {mistaken[raises]} ({mistaken[message]}); of the same logits the right loss is {mended[loss]}."


def mistaken():
    fc = nn.Linear(4, 1)
    logits = fc(torch.randn(8, 4))
    return {"loss": F.binary_cross_entropy(logits, torch.ones(8, 1)).item()}


def mended():
    fc = nn.Linear(4, 1)
    logits = fc(torch.randn(8, 4))
    return {"loss": F.binary_cross_entropy_with_logits(logits, torch.ones(8, 1)).item()}


def is_harm(mistaken, mended):
    return mistaken["raises"] == "RuntimeError" and mended["loss"] > 0
