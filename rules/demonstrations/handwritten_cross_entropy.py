"""A label of -1 reads the last class instead of being refused."""

import torch
import torch.nn.functional as F

HARM = (
    "A label of -1, as data sets write for samples without one, gives a loss of {mistaken[loss]}, that of the last "
    "class; `cross_entropy` raises {mended[raises]}: {mended[message]}."
)


def mistaken():
    logits = torch.tensor([[4.0, 0.0, 0.0], [0.0, 4.0, 0.0]])
    y = torch.tensor([0, -1])
    log_probs = F.log_softmax(logits, dim=1)
    loss = -log_probs[torch.arange(len(y)), y].mean()
    return {"loss": loss.item()}


def mended():
    logits = torch.tensor([[4.0, 0.0, 0.0], [0.0, 4.0, 0.0]])
    y = torch.tensor([0, -1])
    loss = F.cross_entropy(logits, y)
    return {"loss": loss.item()}


def is_harm(mistaken, mended):
    return mistaken["loss"] > 0 and mended["raises"] == "IndexError"
