"""The line raises."""

import torch
from torch import nn

HARM = "The line raises {mistaken[raises]} ({mistaken[message]}); detached, it gives {mended[numbers]} numbers."


def mistaken():
    fc = nn.Linear(4, 2)
    prediction = torch.sigmoid(fc(torch.ones(5, 4))).numpy()
    return {"numbers": prediction.size}


def mended():
    fc = nn.Linear(4, 2)
    prediction = torch.sigmoid(fc(torch.ones(5, 4))).detach().cpu().numpy()
    return {"numbers": prediction.size}


def is_harm(mistaken, mended):
    return mistaken["raises"] == "RuntimeError" and mended["numbers"] == 10
