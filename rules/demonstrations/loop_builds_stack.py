"""The same rows take hundreds of operations instead of a few."""

import torch
from torch.utils._python_dispatch import TorchDispatchMode

HARM = (
    "The exponentials of 200 rows with their gradient take {mistaken[operations]} operations instead of "
    "{mended[operations]}; the largest is {mistaken[largest]} either way."
)


class Counted(TorchDispatchMode):
    """Counts the operations that run, those of the backward pass included."""

    operations = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.operations += 1
        return function(*args, **(kwargs or {}))


def mistaken():
    x = torch.eye(200).requires_grad_()
    with Counted() as counted:
        rows = []
        for i in range(x.size(0)):
            rows.append(torch.exp(x[i]))
        y = torch.stack(rows)
        y.sum().backward()
    return {"operations": counted.operations, "largest": y.max().item()}


def mended():
    x = torch.eye(200).requires_grad_()
    with Counted() as counted:
        y = torch.exp(x)
        y.sum().backward()
    return {"operations": counted.operations, "largest": y.max().item()}


def is_harm(mistaken, mended):
    return mistaken["operations"] > 20 * mended["operations"]
