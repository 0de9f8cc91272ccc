"""The line raises."""

import torch

HARM = "The line raises {mistaken[raises]} ({mistaken[message]}); torch's own name gives {mended[largest]}."


def mistaken():
    scores = torch.tensor([[1.0, 3.0, 2.0]])
    return {"largest": torch.reduce_max(scores, axis=1, keepdims=True).item()}


def mended():
    scores = torch.tensor([[1.0, 3.0, 2.0]])
    return {"largest": torch.amax(scores, dim=1, keepdim=True).item()}


def is_harm(mistaken, mended):
    return mistaken["raises"] == "AttributeError" and mended["largest"] == 3
