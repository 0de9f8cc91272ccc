"""The same loss takes thousands of operations instead of a few, and is infinite for large logits."""

import torch
import torch.nn.functional as F
from torch.utils._python_dispatch import TorchDispatchMode

HARM = (
    "The loss of 100 samples with its gradient takes {mistaken[operations]} operations instead of "
    "{mended[operations]}; of logits of 100 it is {mistaken[loss]} instead of {mended[loss]}."
)
LABELS = torch.arange(100) % 2


class Counted(TorchDispatchMode):
    """Counts the operations that run, those of the backward pass included."""

    operations = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.operations += 1
        return function(*args, **(kwargs or {}))


def mistaken():
    x = torch.full((100, 2), 100.0).requires_grad_()
    with Counted() as counted:
        loss = 0
        for i in range(len(x)):
            label = int(LABELS[i])
            loss -= torch.log(torch.exp(x[i][label]) / (torch.exp(x[i][0]) + torch.exp(x[i][1])))
        loss = loss / len(x)
        loss.backward()
    return {"operations": counted.operations, "loss": loss.item()}


def mended():
    x = torch.full((100, 2), 100.0).requires_grad_()
    with Counted() as counted:
        loss = F.cross_entropy(x, LABELS)
        loss.backward()
    return {"operations": counted.operations, "loss": loss.item()}


def is_harm(mistaken, mended):
    return mistaken["operations"] > 20 * mended["operations"]
