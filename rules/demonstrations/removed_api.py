"""The line raises."""

import torch

HARM = (
    "The line raises {mistaken[raises]} ({mistaken[message]}); with the new name the solution is {mended[solution]}."
)


def mistaken():
    a, b = torch.eye(2) * 2, torch.ones(2, 1)
    x = torch.solve(b, a)[0]
    return {"solution": x[0].item()}


def mended():
    a, b = torch.eye(2) * 2, torch.ones(2, 1)
    x = torch.linalg.solve(a, b)
    return {"solution": x[0].item()}


def is_harm(mistaken, mended):
    return "raises" in mistaken and mended["solution"] == 0.5
