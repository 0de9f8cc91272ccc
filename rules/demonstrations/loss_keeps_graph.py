"""The graphs of all batches stay in memory."""

import torch
import torch.nn.functional as F
from torch import nn

HARM = (
    "After 10 batches the sum of their losses holds a graph of {mistaken[operations_held]} operations instead of "
    "{mended[operations_held]}, with all that these keep."
)


def operations_held(tensor):
    """The operations of a graph that a tensor keeps in memory."""
    seen, rest = set(), [tensor.grad_fn]
    while rest:
        node = rest.pop()
        if node is not None and node not in seen:
            seen.add(node)
            rest += [before for before, _ in node.next_functions]
    return len(seen)


def mistaken():
    model = nn.Linear(4, 1)
    total = torch.zeros(())
    for _ in range(10):
        loss = F.mse_loss(model(torch.ones(8, 4)), torch.ones(8, 1))
        loss.backward()
        total = total + loss
    return {"operations_held": operations_held(total)}


def mended():
    model = nn.Linear(4, 1)
    total = torch.zeros(())
    for _ in range(10):
        loss = F.mse_loss(model(torch.ones(8, 4)), torch.ones(8, 1))
        loss.backward()
        total = total + loss.detach()
    return {"operations_held": operations_held(total)}


def is_harm(mistaken, mended):
    return mistaken["operations_held"] > 20 and mended["operations_held"] == 0
