"""A model that is always right has an accuracy of 0."""

import torch
import torch.nn.functional as F

HARM = (
    "A model that is right for all 8 samples has an accuracy of {mistaken[accuracy]} instead of {mended[accuracy]}: "
    "the one index that it is compared with is {mistaken[first_prediction]}."
)
LABELS = torch.tensor([9, 2, 3, 1, 2, 3, 4, 2])


def model(labels):
    return F.one_hot(labels, 10) * torch.linspace(1.0, 2.0, 8).unsqueeze(1)


def mistaken():
    output = model(LABELS)
    loss = F.cross_entropy(output, LABELS)
    predicted = output.argmax()
    accuracy = (predicted == LABELS).float().mean()
    return {"accuracy": accuracy.item(), "first_prediction": int(predicted.view(-1)[0]), "loss": loss.item()}


def mended():
    output = model(LABELS)
    loss = F.cross_entropy(output, LABELS)
    predicted = output.argmax(dim=1)
    accuracy = (predicted == LABELS).float().mean()
    return {"accuracy": accuracy.item(), "first_prediction": int(predicted.view(-1)[0]), "loss": loss.item()}


def is_harm(mistaken, mended):
    return mistaken["accuracy"] == 0 and mended["accuracy"] == 1
