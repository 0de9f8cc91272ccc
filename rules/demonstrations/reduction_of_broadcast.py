"""Each prediction is compared with all targets: a perfect model has a loss, and training makes it worse."""

import torch
import torch.nn.functional as F

HARM = (
    "Perfect predictions of 0 to 9 have a loss of {mistaken[loss_when_right]} instead of {mended[loss_when_right]}: "
    "{mistaken[numbers_compared]} pairs are compared instead of {mended[numbers_compared]}."
)


def mistaken():
    target = torch.arange(10.0)
    prediction = torch.arange(10.0).reshape(10, 1)
    losses = F.mse_loss(prediction, target, reduction="none")
    return {"loss_when_right": losses.mean().item(), "numbers_compared": losses.numel()}


def mended():
    target = torch.arange(10.0)
    prediction = torch.arange(10.0).reshape(10, 1)
    losses = F.mse_loss(prediction.squeeze(1), target, reduction="none")
    return {"loss_when_right": losses.mean().item(), "numbers_compared": losses.numel()}


def is_harm(mistaken, mended):
    return mistaken["loss_when_right"] > 1 and mended["loss_when_right"] == 0
