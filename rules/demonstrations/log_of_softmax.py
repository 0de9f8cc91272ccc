"""The logarithm of a small probability becomes infinite, and the gradient NaN."""

import torch

HARM = (
    "Where one logit is 120 above the other, the log-probability is {mistaken[log_probability]} instead of "
    "{mended[log_probability]}, and the gradient {mistaken[gradient]} instead of {mended[gradient]}."
)


def mistaken():
    logits = torch.tensor([0.0, 120.0], requires_grad=True)
    log_probability = torch.log(torch.softmax(logits, dim=-1))[0]
    log_probability.backward()
    return {"log_probability": log_probability.item(), "gradient": logits.grad[0].item()}


def mended():
    logits = torch.tensor([0.0, 120.0], requires_grad=True)
    log_probability = torch.log_softmax(logits, dim=-1)[0]
    log_probability.backward()
    return {"log_probability": log_probability.item(), "gradient": logits.grad[0].item()}


def is_harm(mistaken, mended):
    return mistaken["gradient"] == "NaN" and mended["gradient"] == 1
