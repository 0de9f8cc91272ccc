"""Scores of 100 make it infinite, and the gradient NaN."""

import torch

HARM = (
    "`log(exp(x).sum())` of two scores of 100 is {mistaken[log_sum]} instead of {mended[log_sum]}, and the gradient "
    "{mistaken[gradient]} instead of {mended[gradient]}."
)


def mistaken():
    scores = torch.tensor([100.0, 100.0], requires_grad=True)
    log_sum = torch.log(torch.sum(torch.exp(scores), dim=0))
    log_sum.backward()
    return {"log_sum": log_sum.item(), "gradient": scores.grad[0].item()}


def mended():
    scores = torch.tensor([100.0, 100.0], requires_grad=True)
    log_sum = torch.logsumexp(scores, dim=0)
    log_sum.backward()
    return {"log_sum": log_sum.item(), "gradient": scores.grad[0].item()}


def is_harm(mistaken, mended):
    return mistaken["gradient"] == "NaN" and mended["gradient"] == 0.5
