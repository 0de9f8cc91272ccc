"""What is known of shapes, as `torchlint shapes` lists it: what stands behind each line is what is known there."""

from __future__ import annotations

from textwrap import dedent

import pytest

from torchlint.commands.shape_listing import known_lines
from torchlint.source import Source
from torchlint.syntax.parsing import parse

DATA = """
    import numpy as np
    import torch
    from torch.utils.data import DataLoader, TensorDataset, random_split
    from torchvision import datasets, transforms

    x = torch.from_numpy(np.zeros((4, 5)))  # (4, 5)
    y = torch.tensor(np.random.rand(3, 4).astype("float32"))  # (3, 4)
    rows = TensorDataset(torch.rand(10, 3), torch.zeros(10))
    first, label = rows[0]  # first (3,)
    for batch, labels in DataLoader(rows, batch_size=4):  # batch (batch, 3), labels (batch,)
        doubled = batch * 2  # (batch, 3)
    for whole, _ in DataLoader(rows, batch_size=5):  # whole (5, 3), _ (5,)
        pass
    train, test = random_split(rows, [8, 2])
    for part, _ in DataLoader(test, batch_size=4, drop_last=True):  # part (4, 3), _ (4,)
        pass
    steps = transforms.Compose([transforms.Resize((32, 48)), transforms.CenterCrop(24), transforms.ToTensor()])
    digits = datasets.MNIST("data", transform=transforms.ToTensor())
    cut = datasets.CIFAR10("data", transform=steps)
    for number, (image, digit) in enumerate(DataLoader(digits, 64)):  # image (batch, 1, 28, 28), digit (batch,)
        pass
    image, kind = next(iter(DataLoader(cut, 64)))  # image (batch, 3, 24, 24), kind (batch,)
"""

PARAMETERS = """
    import torch
    from jaxtyping import Float
    from torch import Tensor, nn


    def annotated(x: Float[Tensor, "batch 3 height"], y: Float[Tensor, "*any 10"]):  # x (batch, 3, height), y (..., 10)
        return x + 1  # (batch, 3, height)


    def commented(
        x,  # shape: (B, 3, H, W)
    ):
        return x.flatten(1)  # (B, 3*H*W)


    def unpacked(x):  # x (B, T, D)
        B, T, D = x.shape
        return x.transpose(1, 2) @ x  # (B, D, D)


    def told(x):  # x (x.shape[0], x.shape[1])
        assert x.dim() == 2
        return x.t()  # (x.shape[1], x.shape[0])


    class Net(nn.Module):
        def __init__(self, dim):
            super().__init__()
            self.norm = nn.BatchNorm2d(dim)
            self.fc = nn.Linear(dim * 2, 4)

        def forward(self, x, y):  # x (x.shape[0], dim, x.shape[2], x.shape[3]), y (..., 2*dim)
            x = self.norm(x)  # (x.shape[0], dim, x.shape[2], x.shape[3])
            return x.mean(dim=(2, 3)) + self.fc(y).sum()  # (x.shape[0], dim)


    def only_on_one_path(x, flag):
        if flag:
            B, T, D = x.shape
        return x * 2


    def after_a_return(x):
        if x.dim() == 3:
            return x
        B, C, H, W = x.shape
        return x * 2
"""

LOOPS = """
    import torch
    from torch import nn

    total = torch.zeros(3)  # (3,)
    for step in range(2):
        total = total + torch.ones(3)  # (3,)
    after = total * 2  # (3,)
    grown = torch.zeros(1, 5)  # (1, 5)
    for step in range(4):
        grown = torch.cat([grown, torch.zeros(2, 5)])  # (? + 2, 5)
    end = grown.sum(dim=1)  # (1,) or (? + 2,)
    fc = nn.Linear(8, 8)
    h = torch.zeros(2, 8)  # (2, 8)
    for step in range(3):
        h = torch.tanh(fc(h))  # (2, 8)
    for row in torch.zeros(4, 6):  # row (6,)
        pass
    found = []
    for step in range(3):
        found.insert(0, step)
    numbers = torch.tensor(found)
"""

CALLS = """
    from functools import partial

    import torch
    from torch import nn


    class Block(nn.Module):
        def __init__(self, width, hidden=None, norm=None, kind="Plain"):
            super().__init__()
            hidden = hidden or width
            layer = partial(nn.Conv2d, kernel_size=1) if kind.lower() == "conv" else nn.Linear
            self.fc = layer(width, hidden)
            self.norm = norm(hidden) if norm is not None else nn.Identity()
            self.last = nn.Linear(hidden, 4) if hidden > 8 else nn.Linear(hidden, 2)

        def forward(self, x):
            return self.last(self.norm(self.fc(x)))  # (3, 7, 2) or (3, 4)


    small = Block(5)(torch.rand(3, 7, 5))  # (3, 7, 2)
    wide = Block(5, 16, nn.BatchNorm1d)(torch.rand(3, 5))  # (3, 4)
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU())
    model[0] = nn.Linear(4, 6)
    out = model(torch.rand(2, 4))  # (2, 6)
"""


def _listed(program: str) -> dict[int, str]:
    source = Source("program.py", program)
    tree = parse(program)[0]
    assert tree is not None
    return {line.row: " or ".join(line.shapes) for line in known_lines(source, tree)}


@pytest.mark.parametrize("text", [DATA, PARAMETERS, LOOPS, CALLS], ids=["data", "parameters", "loops", "calls"])
def test_what_is_known_stands_behind_the_lines(text: str) -> None:
    program = dedent(text)
    lines = enumerate(program.splitlines(), 1)
    said = {row: line.partition("  # ")[2].removeprefix("shape: ") for row, line in lines if "  # " in line}
    assert {row: text.removeprefix("x ") for row, text in _listed(program).items()} == {
        row: text.removeprefix("x ") for row, text in said.items()
    }


@pytest.mark.parametrize("step", ["n = n * n + m", "n = (n * m + n) // 3", "n = n + m * n // 2"])
def test_a_size_that_grows_with_each_line_stays_short(step: str) -> None:
    lines = ["import torch", "def f(x):", "    n, m = x.shape", *[f"    {step}"] * 30, "    return torch.zeros(n, 2)"]
    assert len(_listed("\n".join(lines))[len(lines)]) < 400
