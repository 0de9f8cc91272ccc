"""The loss that is reported is smaller than any sample's, by the batch size."""

import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

HARM = (
    "Each of 16 samples has a loss of 2; in batches of 8 their average comes out as {mistaken[loss]} instead of "
    "{mended[loss]}."
)
LOADER = DataLoader(TensorDataset(torch.zeros(16, 1), torch.full((16, 1), 2**0.5)), batch_size=8)


def mistaken():
    total = 0.0
    for x, y in LOADER:
        total += F.mse_loss(x, y).item()
    total /= len(LOADER.dataset)
    return {"loss": total}


def mended():
    total = 0.0
    for x, y in LOADER:
        total += F.mse_loss(x, y).item() * y.size(0)
    total /= len(LOADER.dataset)
    return {"loss": total}


def is_harm(mistaken, mended):
    return mistaken["loss"] < mended["loss"] / 4
