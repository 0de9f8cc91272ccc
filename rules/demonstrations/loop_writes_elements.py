"""The same numbers take hundreds of operations instead of a few."""

import torch
from torch.utils._python_dispatch import TorchDispatchMode

HARM = (
    "Writing the exponentials of 100 rows, with their gradient, takes {mistaken[operations]} operations instead of "
    "{mended[operations]}; the largest is {mistaken[largest]} either way."
)


class Counted(TorchDispatchMode):
    """Counts the operations that run, those of the backward pass included."""

    operations = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.operations += 1
        return function(*args, **(kwargs or {}))


def mistaken():
    x = torch.eye(100).requires_grad_()
    with Counted() as counted:
        y = torch.zeros(100, 100)
        for i in range(100):
            y[i] = torch.exp(x[i])
        y.sum().backward()
    return {"operations": counted.operations, "largest": y.max().item()}


def mended():
    x = torch.eye(100).requires_grad_()
    with Counted() as counted:
        y = torch.zeros(100, 100)
        y[:] = torch.exp(x)
        y.sum().backward()
    return {"operations": counted.operations, "largest": y.max().item()}


def is_harm(mistaken, mended):
    return mistaken["operations"] > 20 * mended["operations"]
