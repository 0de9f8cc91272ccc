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
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    for epoch in range(2):
        for image, kind in DataLoader(digits, 64):  # image (batch, 1, 28, 28), kind (batch,)
            image = image.to(device, non_blocking=True)  # (batch, 1, 28, 28)
            kind = kind.cuda()  # (batch,)
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

SIZES = """
    import math

    import torch
    from torch import nn


    class Heads(nn.Module):
        def __init__(self):
            super().__init__()
            self.q = nn.Linear(8, 8)
            self.width = 4
            self.scale = math.sqrt(self.width)

        def forward(self, x, names):  # x (B, T, 8)
            B, T, C = x.shape  # C ()
            shape = x.shape[:-1]
            split = (*shape, -1, self.width)
            q = self.q(x).view(split).transpose(1, 2)  # (B, 2, T, 4)
            joined = q.transpose(1, 2).reshape(*shape, -1) / self.scale  # (B, T, 8)
            more = torch.zeros(*x.shape[1:], 3, device=x.device)  # (T, 8, 3)
            anything = x.view(*names)
            neither = x.view((*names, 2))
            listed = torch.zeros(*[2, 3], 4)  # (2, 3, 4)
            return joined  # (B, T, 8)
"""

PASSED_ON = """
    import torch
    from torch import nn


    class Conv(nn.Module):
        def __init__(self, width, **kwargs):
            super().__init__()
            self.conv = nn.Conv2d(3, width, bias=False, **kwargs)

        def forward(self, x):
            return self.conv(x)  # (2, 8, 8, 8) or (2, 4, 14, 14)


    class Wrapper(nn.Module):
        def __init__(self, *sizes, **kwargs):
            super().__init__()
            self.fc = nn.Linear(*sizes)
            self.last = nn.Linear(sizes[1], kwargs["out"])

        def forward(self, x):
            return self.last(self.fc(x))  # (2, 7)


    a = Conv(8, kernel_size=2, stride=2)(torch.rand(2, 3, 16, 16))  # (2, 8, 8, 8)
    b = Conv(4, kernel_size=3)(torch.rand(2, 3, 16, 16))  # (2, 4, 14, 14)
    c = Wrapper(5, 6, out=7)(torch.rand(2, 5))  # (2, 7)


    def any_settings(settings):
        return Conv(8, **settings)(torch.rand(2, 3, 16, 16))
"""

TABLES = """
    from collections import OrderedDict
    from types import SimpleNamespace

    import torch
    from torch import nn


    class Gelu(nn.Module):
        def __init__(self, slow: bool = False):
            super().__init__()
            self.act = self._slow if slow else nn.functional.gelu

        def _slow(self, x):
            return x * 0.5  # (2, 4)

        def forward(self, x):
            return self.act(x)  # (2, 4)


    class Makes(OrderedDict):
        def __getitem__(self, key):
            content = super().__getitem__(key)
            cls, kwargs = content if isinstance(content, tuple) else (content, {})
            return cls(**kwargs)


    class Counts(dict):
        def __init__(self, table):
            super().__init__(other=table)

        def __getitem__(self, key):
            return super().__getitem__(key)


    table = {"gelu": Gelu, "slow": (Gelu, {"slow": True}), "relu": nn.ReLU}
    makes = Makes(table)
    x = torch.rand(2, 4)  # (2, 4)
    a = makes["gelu"](x)  # (2, 4)
    b = makes["slow"](x)  # (2, 4)
    c = makes["relu"](x)  # (2, 4)
    missing = makes["none"](x)
    other = Counts({"relu": nn.ReLU()})["relu"](x)

    settings = SimpleNamespace(width=4)
    d = torch.zeros(getattr(settings, "width", 5), getattr(settings, "height", 6))  # (4, 6)


    def open_settings(config, kind):
        made = makes[kind](x)
        return torch.zeros(getattr(config, "height", 6))
"""

NAMES = """
    import functools
    import types

    import torch
    from torch import nn


    class Norm(nn.LayerNorm):
        def __init__(self, width, act=None):
            super().__init__(width)
            self.fc = nn.Linear(width, 3 if act is None else 4)

        def forward(self, x):  # x (..., width)
            return self.fc(x)  # (2, 3) or (2, 4)


    class Other(nn.Module):
        def forward(self, x):
            return x.sum(dim=1)  # (2,) or (2, 9, 9)


    NORMS = {"norm": Norm, "other": Other, "layer": nn.LayerNorm}
    WITH_ACT = {Norm}


    def named(layer, act=None):
        settings = {}
        if isinstance(layer, functools.partial):
            settings.update(layer.keywords)
            layer = layer.func
        if isinstance(layer, str):
            if not layer:
                return None
            made = NORMS[layer.replace("_", "").lower().split("-")[0]]
        elif isinstance(layer, types.FunctionType):
            made = layer()
        else:
            made = layer
        if made in WITH_ACT:
            settings.setdefault("act", act)
        if settings:
            made = functools.partial(made, **settings)
        return made


    x = torch.rand(2, 8)  # (2, 8)
    a = named("No_rm-act")(8)(x)  # (2, 3)
    b = named("norm", nn.ReLU)(8)(x)  # (2, 4)
    c = named(Norm, "relu")(8)(x)  # (2, 4)
    d = named(Other)()(x)  # (2,)
    e = named("layer")(8)(x)  # (2, 8)
    h = named(functools.partial(nn.Linear, out_features=5))(8)(x)  # (2, 5)
    missing = named("none")(8)(x)


    def made(width, size, **settings):
        if isinstance(size, list):
            return Other()
        deep = settings.pop("deep", False)
        groups = width if deep else settings.pop("groups", 1)
        if "experts" in settings and settings["experts"] > 0:
            return Other()
        settings.setdefault("bias", False)
        return nn.Conv2d(width, 4, size, groups=groups, **settings)


    pictures = torch.rand(2, 4, 9, 9)  # (2, 4, 9, 9)
    f = made(4, 3, padding=1)(pictures)  # (2, 4, 9, 9)
    g = made(4, 3, deep=True, experts=0, stride=2)(pictures)


    def any_name(kind, y):
        return named(kind)(8)(y)
"""

BUFFERS = """
    import torch
    from torch import nn


    class Positions(nn.Module):
        def __init__(self, kind):
            super().__init__()
            self.register_buffer("table", torch.zeros(10, 4), persistent=False)
            self.register_buffer("empty", None)
            self.register_buffer("set", torch.zeros(3))
            self.register_buffer(kind, torch.zeros(5))
            self.last = nn.Linear(4, 2) if kind else None

        def fill(self):
            self.set = torch.zeros(7)  # (7,)

        def forward(self, x):
            a = self.table.t() + 1  # (4, 10)
            b = self.empty + 1
            c = self.set + 1  # (3,) or (7,)
            d = self.kind + 1
            return self.last(self.table)  # (10, 2)


    class Replaced(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("places", torch.zeros(1, 3))
            self.sizes = torch.zeros(2)  # (2,)

        def forward(self, x):
            self.places = torch.zeros(4, 3)  # (4, 3)
            self.sizes = torch.zeros(5)  # (5,)
            return self.scores(x)

        def scores(self, x):
            return self.places + 1, self.sizes + 1


    replaced = Replaced()
    replaced(torch.rand(2))
    either = replaced.scores(torch.rand(2))[0]  # (1, 3) or (4, 3)


    class Grown(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.scaled = nn.Conv2d(int(64 * width), 8, 1)
            self.plain = nn.Conv2d(64 * width, 8, 1)

        def forward(self, x, y):  # x (B, int(64*width), H, W)
            B, C, H, W = x.shape
            return self.scaled(x)  # (B, 8, H, W)


    place, held = [0], [torch.zeros(2), torch.zeros(3)]
    first = held[place[0]] + 1  # (2,)
    place[0] += 1
    next_one = held[place[0]] + 1
    held[0] = torch.zeros(5)  # (5,)
    replaced_one = held[0] + 1
    written = torch.zeros(4)  # (4,)
    written[0] = 1
    all_of_it = written + 1  # (4,)

    found = []
    for row in range(3):
        for column in range(3):
            found.extend(range(row, column))
    tensor = torch.tensor(found)
"""


def _listed(program: str) -> dict[int, str]:
    source = Source("program.py", program)
    tree = parse(program)[0]
    assert tree is not None
    return {line.row: " or ".join(line.shapes) for line in known_lines(source, tree)}


_TEXTS = {
    "data": DATA,
    "parameters": PARAMETERS,
    "loops": LOOPS,
    "calls": CALLS,
    "sizes": SIZES,
    "passed on": PASSED_ON,
    "tables": TABLES,
    "names": NAMES,
    "buffers": BUFFERS,
}


@pytest.mark.parametrize("text", _TEXTS.values(), ids=_TEXTS)
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
