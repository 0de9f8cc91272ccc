"""The module cannot be made."""

from torch import nn

HARM = (
    "Making the module raises {mistaken[raises]} ({mistaken[message]}); after `super().__init__()` it has "
    "{mended[parameters]} parameters."
)


class Forgotten(nn.Module):
    def __init__(self):
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(x)


class Remembered(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(x)


def mistaken():
    return {"parameters": len(list(Forgotten().parameters()))}


def mended():
    return {"parameters": len(list(Remembered().parameters()))}


def is_harm(mistaken, mended):
    return mistaken["raises"] == "AttributeError" and mended["parameters"] == 2
