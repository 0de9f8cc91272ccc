"""The same rows take hundreds of operations instead of two."""

import torch
from torch.utils._python_dispatch import TorchDispatchMode

HARM = (
    "The one-hot rows of 100 labels take {mistaken[operations]} operations instead of {mended[operations]}, and sum "
    "to {mistaken[sum]} either way."
)


class Counted(TorchDispatchMode):
    """Counts the operations that run, those of the backward pass included."""

    operations = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.operations += 1
        return function(*args, **(kwargs or {}))


def mistaken():
    t = torch.arange(100) % 10
    with Counted() as counted:
        y = torch.zeros(len(t), 10)
        for i in range(len(t)):
            y[i, t[i]] = 1
    return {"operations": counted.operations, "sum": y.sum().item()}


def mended():
    t = torch.arange(100) % 10
    with Counted() as counted:
        y = torch.zeros(len(t), 10)
        y.scatter_(1, t.unsqueeze(1), 1)
    return {"operations": counted.operations, "sum": y.sum().item()}


def is_harm(mistaken, mended):
    return mistaken["operations"] > 20 * mended["operations"]
