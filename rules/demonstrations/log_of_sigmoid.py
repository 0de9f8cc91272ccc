"""The logarithm of a small probability becomes infinite, and the gradient NaN."""

import torch
import torch.nn.functional as F
from torch import nn

HARM = (
    "For a logit of -120 the log-probability is {mistaken[log_probability]} instead of {mended[log_probability]}, and "
    "its gradient {mistaken[gradient]} instead of {mended[gradient]}."
)


def mistaken():
    x = nn.Parameter(torch.tensor(-120.0))
    log_probability = torch.log(torch.sigmoid(x))
    log_probability.backward()
    return {"log_probability": log_probability.item(), "gradient": x.grad.item()}


def mended():
    x = nn.Parameter(torch.tensor(-120.0))
    log_probability = F.logsigmoid(x)
    log_probability.backward()
    return {"log_probability": log_probability.item(), "gradient": x.grad.item()}


def is_harm(mistaken, mended):
    return mistaken["gradient"] == "NaN" and mended["gradient"] == 1
