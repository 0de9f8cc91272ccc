"""A right and certain prediction costs a lot, a wrong and certain one hardly more."""

import torch
import torch.nn.functional as F

HARM = (
    "A certain and right prediction costs {mistaken[loss_when_right]} instead of {mended[loss_when_right]}, a certain "
    "and wrong one {mistaken[loss_when_wrong]} instead of {mended[loss_when_wrong]}, with a gradient of "
    "{mistaken[gradient_when_wrong]} instead of {mended[gradient_when_wrong]}."
)


def mistaken():
    x = torch.tensor([20.0, 20.0], requires_grad=True)
    y = torch.tensor([1.0, 0.0])
    losses = F.binary_cross_entropy_with_logits(torch.sigmoid(x), y, reduction="none")
    losses.sum().backward()
    right, wrong = losses.tolist()
    return {"loss_when_right": right, "loss_when_wrong": wrong, "gradient_when_wrong": x.grad[1].item()}


def mended():
    x = torch.tensor([20.0, 20.0], requires_grad=True)
    y = torch.tensor([1.0, 0.0])
    losses = F.binary_cross_entropy_with_logits(x, y, reduction="none")
    losses.sum().backward()
    right, wrong = losses.tolist()
    return {"loss_when_right": right, "loss_when_wrong": wrong, "gradient_when_wrong": x.grad[1].item()}


def is_harm(mistaken, mended):
    return mistaken["loss_when_right"] > 0.3 and mistaken["gradient_when_wrong"] < mended["gradient_when_wrong"] / 100
