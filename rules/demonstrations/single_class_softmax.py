"""Every sample gets the probability 1, whatever the weights are."""

import torch
from torch import nn

HARM = (
    "The probabilities of 8 samples have {mistaken[different_probabilities]} value instead of "
    "{mended[different_probabilities]}, and the gradient of the weights is {mistaken[gradient]} instead of "
    "{mended[gradient]}."
)


def mistaken():
    fc = nn.Linear(4, 1)
    prob = torch.softmax(fc(torch.randn(8, 4)), dim=1)
    prob.mean().backward()
    return {"different_probabilities": len(prob.unique()), "gradient": fc.weight.grad.norm().item()}


def mended():
    fc = nn.Linear(4, 1)
    prob = torch.sigmoid(fc(torch.randn(8, 4)))
    prob.mean().backward()
    return {"different_probabilities": len(prob.unique()), "gradient": fc.weight.grad.norm().item()}


def is_harm(mistaken, mended):
    return mistaken["different_probabilities"] == 1 and mistaken["gradient"] == 0 < mended["gradient"]
