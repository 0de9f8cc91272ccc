"""A large error becomes infinite, and its gradient NaN."""

import torch
import torch.nn.functional as F

HARM = (
    "A logit of 20 for a target of 0 costs {mistaken[loss]} instead of {mended[loss]}, and its gradient is "
    "{mistaken[gradient]} instead of {mended[gradient]}."
)


def mistaken():
    x = torch.tensor([20.0], requires_grad=True)
    t = torch.tensor([0.0])
    p = torch.sigmoid(x)
    loss = -(t * torch.log(p) + (1 - t) * torch.log(1 - p)).mean()
    loss.backward()
    return {"loss": loss.item(), "gradient": x.grad.item()}


def mended():
    x = torch.tensor([20.0], requires_grad=True)
    t = torch.tensor([0.0])
    loss = F.binary_cross_entropy_with_logits(x, t)
    loss.backward()
    return {"loss": loss.item(), "gradient": x.grad.item()}


def is_harm(mistaken, mended):
    return mistaken["loss"] == "infinity" and mistaken["gradient"] == "NaN" and mended["gradient"] == 1
