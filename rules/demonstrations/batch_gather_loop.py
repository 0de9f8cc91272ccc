"""The same rows take hundreds of operations instead of a few."""

import torch
from torch.utils._python_dispatch import TorchDispatchMode

HARM = (
    "Taking 3 numbers of each of 100 rows, with the gradient, takes {mistaken[operations]} operations instead of "
    "{mended[operations]}; their sum is {mistaken[sum]} either way."
)
INDICES = torch.tensor([[0, 2, 4]]).expand(100, 3)


class Counted(TorchDispatchMode):
    """Counts the operations that run, those of the backward pass included."""

    operations = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.operations += 1
        return function(*args, **(kwargs or {}))


def mistaken():
    tensor = torch.ones(100, 5).requires_grad_()
    with Counted() as counted:
        output = []
        for i in range(tensor.size(0)):
            output += [tensor[i][INDICES[i]]]
        output = torch.stack(output)
        output.sum().backward()
    return {"operations": counted.operations, "sum": output.sum().item()}


def mended():
    tensor = torch.ones(100, 5).requires_grad_()
    with Counted() as counted:
        output = tensor[torch.arange(tensor.size(0)).view(-1, 1), INDICES]
        output.sum().backward()
    return {"operations": counted.operations, "sum": output.sum().item()}


def is_harm(mistaken, mended):
    return mistaken["operations"] > 20 * mended["operations"]
