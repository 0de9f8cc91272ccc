"""The same sum takes hundreds of operations instead of a few."""

import torch
from torch.utils._python_dispatch import TorchDispatchMode

HARM = (
    "The sum of 200 rows with its gradient takes {mistaken[operations]} operations instead of {mended[operations]}; "
    "the largest number is {mistaken[largest]} either way."
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
        z = torch.zeros(200)
        for i in range(200):
            z += x[i]
        z.sum().backward()
    return {"operations": counted.operations, "largest": z.max().item()}


def mended():
    x = torch.eye(200).requires_grad_()
    with Counted() as counted:
        z = torch.zeros(200)
        z += x.sum(0)
        z.sum().backward()
    return {"operations": counted.operations, "largest": z.max().item()}


def is_harm(mistaken, mended):
    return mistaken["operations"] > 20 * mended["operations"]
