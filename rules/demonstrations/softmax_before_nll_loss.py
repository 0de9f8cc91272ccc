"""A certain and wrong prediction costs nothing and has no gradient."""

import torch
import torch.nn.functional as F

HARM = (
    "A certain and wrong prediction costs {mistaken[loss_when_wrong]} instead of {mended[loss_when_wrong]}, with a "
    "gradient of {mistaken[gradient_when_wrong]} instead of {mended[gradient_when_wrong]}."
)


def mistaken():
    x = torch.tensor([[20.0, 0.0, 0.0]], requires_grad=True)
    loss = F.nll_loss(F.softmax(x, dim=1), torch.tensor([2]))
    loss.backward()
    return {"loss_when_wrong": loss.item(), "gradient_when_wrong": x.grad.norm().item()}


def mended():
    x = torch.tensor([[20.0, 0.0, 0.0]], requires_grad=True)
    loss = F.nll_loss(F.log_softmax(x, dim=1), torch.tensor([2]))
    loss.backward()
    return {"loss_when_wrong": loss.item(), "gradient_when_wrong": x.grad.norm().item()}


def is_harm(mistaken, mended):
    return mistaken["gradient_when_wrong"] < mended["gradient_when_wrong"] / 100
