"""The loss raises at the first batch."""

import torch
import torch.nn.functional as F

HARM = "The line raises {mistaken[raises]} ({mistaken[message]}); with `.float()` the loss is {mended[loss]}."


def mistaken():
    x = torch.randn(8)
    target = torch.randint(0, 2, (8,))
    return {"loss": F.binary_cross_entropy_with_logits(x, target).item()}


def mended():
    x = torch.randn(8)
    target = torch.randint(0, 2, (8,))
    return {"loss": F.binary_cross_entropy_with_logits(x, target.float()).item()}


def is_harm(mistaken, mended):
    return mistaken["raises"] == "RuntimeError" and mended["loss"] > 0
