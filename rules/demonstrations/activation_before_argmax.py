"""The same classes come out of twice as many operations."""

import torch
import torch.nn.functional as F
from torch.utils._python_dispatch import TorchDispatchMode

HARM = (
    "Both programs name class {mistaken[class_of_first]} for the first sample; {mistaken[operations]} operations "
    "run instead of {mended[operations]}."
)


class Counted(TorchDispatchMode):
    """Counts the operations that run."""

    operations = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.operations += 1
        return function(*args, **(kwargs or {}))


def mistaken():
    logits = torch.randn(8, 10)
    with Counted() as counted:
        predicted = F.softmax(logits, dim=1).argmax(dim=1)
    return {"class_of_first": int(predicted[0]), "operations": counted.operations}


def mended():
    logits = torch.randn(8, 10)
    with Counted() as counted:
        predicted = logits.argmax(dim=1)
    return {"class_of_first": int(predicted[0]), "operations": counted.operations}


def is_harm(mistaken, mended):
    return mistaken["operations"] > mended["operations"]
