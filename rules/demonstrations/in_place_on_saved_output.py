"""The model cannot be trained."""

import torch
from torch import nn

HARM = "`backward()` raises {mistaken[raises]}: the gradient of `relu` is computed from its result, which was changed."


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        out = torch.relu(self.fc(x))
        out += x
        return out


class BlockWithNewTensor(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        out = torch.relu(self.fc(x))
        out = out + x
        return out


def mistaken():
    block = Block()
    block(torch.randn(8, 4)).sum().backward()
    return {"gradient": block.fc.weight.grad.norm().item()}


def mended():
    block = BlockWithNewTensor()
    block(torch.randn(8, 4)).sum().backward()
    return {"gradient": block.fc.weight.grad.norm().item()}


def is_harm(mistaken, mended):
    return mistaken["raises"] == "RuntimeError" and mended["gradient"] > 0
