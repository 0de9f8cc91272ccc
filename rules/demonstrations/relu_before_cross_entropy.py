"""A sample whose scores are all negative has no gradient."""

import torch
import torch.nn.functional as F

HARM = (
    "Where all scores are negative, the gradient is {mistaken[gradient]} instead of {mended[gradient]}; the right "
    "class gets a probability of {mistaken[probability_after_50_steps]} after 50 steps instead of "
    "{mended[probability_after_50_steps]}."
)


def mistaken():
    x = torch.tensor([[-1.0, -2.0, -3.0]], requires_grad=True)
    for step in range(50):
        loss = F.cross_entropy(F.relu(x), torch.tensor([2]))
        (gradient,) = torch.autograd.grad(loss, x)
        first = gradient.norm().item() if step == 0 else first
        x = (x - gradient).detach().requires_grad_()
    return {"gradient": first, "probability_after_50_steps": torch.exp(-loss).item()}


def mended():
    x = torch.tensor([[-1.0, -2.0, -3.0]], requires_grad=True)
    for step in range(50):
        loss = F.cross_entropy(x, torch.tensor([2]))
        (gradient,) = torch.autograd.grad(loss, x)
        first = gradient.norm().item() if step == 0 else first
        x = (x - gradient).detach().requires_grad_()
    return {"gradient": first, "probability_after_50_steps": torch.exp(-loss).item()}


def is_harm(mistaken, mended):
    return mistaken["gradient"] == 0 and mended["probability_after_50_steps"] > 0.9
