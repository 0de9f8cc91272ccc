"""Data of numpy, float64, for a layer of float32."""

import numpy as np
import torch
from torch import nn

HARM = (
    "The first batch raises {mistaken[raises]} ({mistaken[message]}); converted with `.float()` it gives "
    "{mended[rows]} rows."
)


def mistaken():
    x = torch.from_numpy(np.ones((2, 4)))
    return {"rows": len(nn.Linear(4, 3)(x))}


def mended():
    x = torch.from_numpy(np.ones((2, 4))).float()
    return {"rows": len(nn.Linear(4, 3)(x))}


def is_harm(mistaken, mended):
    return "raises" in mistaken and "raises" not in mended
