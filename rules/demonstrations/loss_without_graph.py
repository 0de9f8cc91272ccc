"""The generator is not trained."""

import torch
import torch.nn.functional as F
from torch import nn

HARM = "In 10 steps the weights of the generator move by {mistaken[moved]} instead of {mended[moved]}."


def mistaken():
    generator, critic = nn.Linear(4, 4), nn.Linear(4, 1)
    before = generator.weight.detach().clone()
    optimizer = torch.optim.SGD(generator.parameters(), lr=0.1)
    for _ in range(10):
        fake = generator(torch.randn(8, 4))
        optimizer.zero_grad()
        score = critic(fake.detach())
        F.softplus(-score).mean().backward()
        optimizer.step()
    return {"moved": (generator.weight - before).norm().item()}


def mended():
    generator, critic = nn.Linear(4, 4), nn.Linear(4, 1)
    before = generator.weight.detach().clone()
    optimizer = torch.optim.SGD(generator.parameters(), lr=0.1)
    for _ in range(10):
        fake = generator(torch.randn(8, 4))
        optimizer.zero_grad()
        score = critic(fake)
        F.softplus(-score).mean().backward()
        optimizer.step()
    return {"moved": (generator.weight - before).norm().item()}


def is_harm(mistaken, mended):
    return mistaken["moved"] == 0 and mended["moved"] > 0.01
