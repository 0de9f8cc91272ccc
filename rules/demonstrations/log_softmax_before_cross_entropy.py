"""The same loss keeps more numbers for the backward pass."""

import torch
import torch.nn.functional as F

HARM = (
    "The loss is {mistaken[loss]} and {mended[loss]}, the same; {mistaken[numbers_kept]} numbers instead of "
    "{mended[numbers_kept]} are kept for the backward pass."
)


class Kept(torch.autograd.graph.saved_tensors_hooks):
    """Counts the numbers that are kept for the backward pass."""

    def __init__(self):
        super().__init__(self.count, lambda tensor: tensor)
        self.numbers = 0

    def count(self, tensor):
        self.numbers += tensor.numel() * tensor.is_floating_point()
        return tensor


def mistaken():
    logits = torch.randn(8, 100, requires_grad=True)
    kept = Kept()
    with kept:
        loss = F.cross_entropy(F.log_softmax(logits, dim=1), torch.arange(8))
    return {"loss": loss.item(), "numbers_kept": kept.numbers}


def mended():
    logits = torch.randn(8, 100, requires_grad=True)
    kept = Kept()
    with kept:
        loss = F.cross_entropy(logits, torch.arange(8))
    return {"loss": loss.item(), "numbers_kept": kept.numbers}


def is_harm(mistaken, mended):
    return mistaken["numbers_kept"] > 1.4 * mended["numbers_kept"]
