"""The layers are not trained and not saved."""

from torch import nn

HARM = (
    "A model of three layers has {mistaken[parameters]} parameters instead of {mended[parameters]} for an optimiser, "
    "and {mistaken[saved_tensors]} tensors instead of {mended[saved_tensors]} in its `state_dict`."
)


class Listed(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(5, 5) for _ in range(3)]

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


class Registered(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(5, 5) for _ in range(3)])

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


def mistaken():
    model = Listed()
    return {"parameters": len(list(model.parameters())), "saved_tensors": len(model.state_dict())}


def mended():
    model = Registered()
    return {"parameters": len(list(model.parameters())), "saved_tensors": len(model.state_dict())}


def is_harm(mistaken, mended):
    return mistaken["parameters"] == 0 and mended["parameters"] == 6
