"""Making the optimiser raises."""

import torch

HARM = "The line raises {mistaken[raises]} ({mistaken[message]}); given a leaf, a step moves it by {mended[moved]}."


def mistaken():
    w = torch.ones(3, requires_grad=True) * 0.5
    optimizer = torch.optim.SGD([w], lr=0.1)
    w.sum().backward()
    optimizer.step()
    return {"moved": 0.5 - w[0].item()}


def mended():
    w = (torch.ones(3) * 0.5).requires_grad_()
    optimizer = torch.optim.SGD([w], lr=0.1)
    w.sum().backward()
    optimizer.step()
    return {"moved": 0.5 - w[0].item()}


def is_harm(mistaken, mended):
    return mistaken["raises"] == "ValueError" and mended["moved"] > 0
