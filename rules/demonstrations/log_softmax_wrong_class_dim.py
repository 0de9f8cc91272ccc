"""Samples compete with each other: right and certain predictions of one class cost something."""

import torch
import torch.nn.functional as F

HARM = (
    "Four certain and right predictions cost {mistaken[loss_when_right]} instead of {mended[loss_when_right]}, and "
    "the probabilities of a sample sum to {mistaken[sum_of_probabilities]} instead of "
    "{mended[sum_of_probabilities]}."
)


def mistaken():
    y = torch.tensor([2, 2, 2, 2])
    x = 20 * F.one_hot(y, 3) + torch.zeros(4, 3)
    log_probs = F.log_softmax(x, dim=0)
    loss = F.nll_loss(log_probs, y)
    return {"loss_when_right": loss.item(), "sum_of_probabilities": log_probs[0].exp().sum().item()}


def mended():
    y = torch.tensor([2, 2, 2, 2])
    x = 20 * F.one_hot(y, 3) + torch.zeros(4, 3)
    log_probs = F.log_softmax(x, dim=1)
    loss = F.nll_loss(log_probs, y)
    return {"loss_when_right": loss.item(), "sum_of_probabilities": log_probs[0].exp().sum().item()}


def is_harm(mistaken, mended):
    return mistaken["loss_when_right"] > 1 and mended["loss_when_right"] < 0.01
