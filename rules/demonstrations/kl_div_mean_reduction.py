"""The divergence is divided by the number of classes."""

import torch
import torch.nn.functional as F

HARM = (
    "Of 8 samples with 1000 classes, whose divergence is {mended[divergence]} on average, the loss is "
    "{mistaken[loss]} instead of {mended[loss]}."
)


def divergence(student, teacher):
    p, q = torch.distributions.Categorical(logits=teacher), torch.distributions.Categorical(logits=student)
    return torch.distributions.kl_divergence(p, q).mean().item()


def mistaken():
    student, teacher = torch.zeros(8, 1000), 3 * torch.randn(8, 1000)
    loss = F.kl_div(F.log_softmax(student, dim=1), F.softmax(teacher, dim=1))
    return {"loss": loss.item(), "divergence": divergence(student, teacher)}


def mended():
    student, teacher = torch.zeros(8, 1000), 3 * torch.randn(8, 1000)
    loss = F.kl_div(F.log_softmax(student, dim=1), F.softmax(teacher, dim=1), reduction="batchmean")
    return {"loss": loss.item(), "divergence": divergence(student, teacher)}


def is_harm(mistaken, mended):
    is_right = abs(mended["loss"] - mended["divergence"]) < 0.02
    return is_right and mistaken["loss"] < 0.01 * mistaken["divergence"]
