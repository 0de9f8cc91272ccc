"""From the second epoch on the model trains in eval mode, without dropout."""

import torch
import torch.nn.functional as F
from torch import nn

HARM = (
    "Dropout is on in {mistaken[epochs_with_dropout]} of 3 epochs instead of {mended[epochs_with_dropout]}: the first "
    "evaluation turned it off."
)
LOADER = [(torch.eye(4), torch.tensor([0, 1, 0, 1]))]


def mistaken():
    model = nn.Sequential(nn.Linear(4, 8), nn.Dropout(), nn.Linear(8, 2))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model.train()
    with_dropout = 0
    for _ in range(3):
        with_dropout += model[1].training
        for x, y in LOADER:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            assert all(model(x).shape == (4, 2) for x, _ in LOADER)
    return {"epochs_with_dropout": with_dropout}


def mended():
    model = nn.Sequential(nn.Linear(4, 8), nn.Dropout(), nn.Linear(8, 2))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with_dropout = 0
    for _ in range(3):
        model.train()
        with_dropout += model[1].training
        for x, y in LOADER:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            assert all(model(x).shape == (4, 2) for x, _ in LOADER)
    return {"epochs_with_dropout": with_dropout}


def is_harm(mistaken, mended):
    return mistaken["epochs_with_dropout"] == 1 and mended["epochs_with_dropout"] == 3
