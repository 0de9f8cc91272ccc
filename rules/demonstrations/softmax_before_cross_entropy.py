"""A right and certain prediction still costs something, and a wrong and certain one has no gradient."""

import torch
import torch.nn.functional as F

HARM = (
    "A certain and right prediction over 10 classes costs {mistaken[loss_when_right]} instead of "
    "{mended[loss_when_right]}, a certain and wrong one {mistaken[loss_when_wrong]} instead of "
    "{mended[loss_when_wrong]}, with a gradient of {mistaken[gradient_when_wrong]} instead of "
    "{mended[gradient_when_wrong]}."
)
CERTAIN_OF_CLASS_3 = 20 * F.one_hot(torch.tensor([3, 3]), 10)
LABELS = torch.tensor([3, 5])


def mistaken():
    weights = torch.zeros(2, 10, requires_grad=True)
    probs = F.softmax(weights + CERTAIN_OF_CLASS_3, dim=1)
    losses = F.cross_entropy(probs, LABELS, reduction="none")
    losses.sum().backward()
    right, wrong = losses.tolist()
    return {"loss_when_right": right, "loss_when_wrong": wrong, "gradient_when_wrong": weights.grad[1].norm().item()}


def mended():
    weights = torch.zeros(2, 10, requires_grad=True)
    logits = weights + CERTAIN_OF_CLASS_3
    losses = F.cross_entropy(logits, LABELS, reduction="none")
    losses.sum().backward()
    right, wrong = losses.tolist()
    return {"loss_when_right": right, "loss_when_wrong": wrong, "gradient_when_wrong": weights.grad[1].norm().item()}


def is_harm(mistaken, mended):
    return mistaken["loss_when_right"] > 1 and mistaken["gradient_when_wrong"] < mended["gradient_when_wrong"] / 100
