"""A certain and wrong prediction has no gradient."""

import torch
import torch.nn.functional as F

HARM = (
    "A logit of 30 for a target of 0 costs {mistaken[loss]} instead of {mended[loss]}, and its gradient is "
    "{mistaken[gradient]} instead of {mended[gradient]}: it is never put right."
)


def mistaken():
    x = torch.tensor([30.0], requires_grad=True)
    loss = F.binary_cross_entropy(torch.sigmoid(x), torch.tensor([0.0]))
    loss.backward()
    return {"loss": loss.item(), "gradient": x.grad.item()}


def mended():
    x = torch.tensor([30.0], requires_grad=True)
    loss = F.binary_cross_entropy_with_logits(x, torch.tensor([0.0]))
    loss.backward()
    return {"loss": loss.item(), "gradient": x.grad.item()}


def is_harm(mistaken, mended):
    return mistaken["gradient"] == 0 and mended["gradient"] == 1
