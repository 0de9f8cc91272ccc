"""A right and certain prediction over 10 classes costs far more than nothing, and still gets a gradient."""

import torch
import torch.nn.functional as F

HARM = (
    "A certain and right prediction over 10 classes costs {mistaken[loss_when_right]} instead of "
    "{mended[loss_when_right]}, a certain and wrong one {mistaken[loss_when_wrong]} instead of "
    "{mended[loss_when_wrong]}, with a gradient of {mistaken[gradient_when_wrong]} instead of "
    "{mended[gradient_when_wrong]}."
)


def mistaken():
    logits = torch.zeros(2, 10, requires_grad=True)
    certain = logits + 20 * F.one_hot(torch.tensor([3, 3]), 10)
    probs = F.softmax(certain, dim=1)
    losses = F.cross_entropy(probs, torch.tensor([3, 5]), reduction="none")
    losses.sum().backward()
    right, wrong = losses.tolist()
    return {"loss_when_right": right, "loss_when_wrong": wrong, "gradient_when_wrong": logits.grad[1].norm().item()}


def mended():
    logits = torch.zeros(2, 10, requires_grad=True)
    certain = logits + 20 * F.one_hot(torch.tensor([3, 3]), 10)
    losses = F.cross_entropy(certain, torch.tensor([3, 5]), reduction="none")
    losses.sum().backward()
    right, wrong = losses.tolist()
    return {"loss_when_right": right, "loss_when_wrong": wrong, "gradient_when_wrong": logits.grad[1].norm().item()}


def is_harm(mistaken, mended):
    return mistaken["loss_when_right"] > 1 and mistaken["gradient_when_wrong"] < mended["gradient_when_wrong"] / 100
