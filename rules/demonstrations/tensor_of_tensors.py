"""The line raises."""

import torch

HARM = "The line raises {mistaken[raises]} ({mistaken[message]}); `stack` gives {mended[numbers]} numbers."


def mistaken():
    batch = torch.tensor([torch.zeros(3), torch.ones(3)])
    return {"numbers": batch.numel()}


def mended():
    batch = torch.stack([torch.zeros(3), torch.ones(3)])
    return {"numbers": batch.numel()}


def is_harm(mistaken, mended):
    return mistaken["raises"] in ("ValueError", "RuntimeError") and mended["numbers"] == 6
