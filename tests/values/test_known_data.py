"""Shapes of what is read, made and loaded outside of torch, and the layers that models of torchvision end in."""

from __future__ import annotations

import ast
import textwrap

import pytest

from torchlint.source import Source
from torchlint.syntax.module import Module
from torchlint.values.facts import sizes
from torchlint.values.interpret.evaluator import Evaluator
from torchlint.values.value import Op, Value

HEADER = """
import numpy as np
import pandas as pd
import torch
import torchvision
from sklearn import datasets
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder
from torch import nn
from torch.utils.data import DataLoader, Dataset, random_split
from torchvision import models

class Pairs(Dataset):
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __getitem__(self, index):
        return self.x[index], self.y[index]

class Plain:
    def __getitem__(self, index):
        return torch.zeros(3)
"""


def returned(body: str) -> Value:
    """What a function of these statements returns."""
    source = Source("t.py", f"{HEADER}\ndef f(unknown):\n{textwrap.indent(textwrap.dedent(body), '    ')}\n")
    module = Module(source, ast.parse(source.text))
    (function,) = [each for each in module.all_functions if each.name == "f"]
    return Evaluator(module).frame(function).result


@pytest.mark.parametrize(
    ("array", "rank"),
    [
        ('pd.read_csv("a.csv")["y"].values', 1),
        ('pd.read_csv("a.csv").dropna()["y"].astype("float32").to_numpy()', 1),
        ('pd.read_csv("a.csv").drop("y", axis=1).values', 2),
        ('pd.read_csv("a.csv")[["x", "y"]].values', 2),
        ("pd.DataFrame(unknown).iloc[:, -1].values", 1),
        ("pd.DataFrame(unknown).iloc[:, :-1].values", 2),
        ('pd.read_csv("a.csv").groupby("x").values', None),
        ('unknown["y"].values', None),
        ("datasets.load_iris().target", 1),
        ("datasets.load_iris().data", 2),
        ("datasets.load_iris(as_frame=True).target", None),
        ("datasets.make_regression(10)[1]", 1),
        ("datasets.make_regression(10, n_targets=2)[1]", None),
        ("train_test_split(np.zeros((4, 2)), np.zeros(4))[2]", 1),
        ("train_test_split(unknown, np.zeros(4))[2]", None),
        ("MinMaxScaler().fit_transform(unknown)", 2),
        ("OneHotEncoder().fit_transform(unknown)", None),
        ("np.linspace(0, 1, 9)", 1),
        ("np.sin(np.zeros((2, 3)))", 2),
        ("np.sin(unknown)", None),
    ],
)
def test_arrays_have_the_rank_of_where_they_come_from(array: str, rank: int | None) -> None:
    assert sizes.rank(returned(f"return torch.tensor({array})")) == rank


@pytest.mark.parametrize(
    ("loader", "ranks"),
    [
        ("DataLoader(Pairs(torch.zeros(8, 3), torch.zeros(8)), batch_size=4)", (2, 1)),
        ("DataLoader(Pairs(torch.zeros(8, 3), unknown), batch_size=4)", (2, None)),
        ("DataLoader(Pairs(torch.zeros(8, 3), torch.zeros(8)), batch_size=4, collate_fn=unknown)", (None, None)),
        ("DataLoader(random_split(Pairs(torch.zeros(8, 3), torch.zeros(8)), [6, 2])[0], batch_size=4)", (2, 1)),
        ("DataLoader(Plain(), batch_size=4)", (None, None)),
    ],
)
def test_batches_have_the_shapes_of_samples(loader: str, ranks: tuple[int | None, int | None]) -> None:
    for part, rank in zip(("x", "y"), ranks, strict=True):
        assert sizes.rank(returned(f"for x, y in {loader}:\n    return {part}")) == rank


@pytest.mark.parametrize(
    "body",
    [
        "m = models.resnet18()\nm.fc = nn.Softmax(1)",
        "m = torchvision.models.resnet18().to(unknown)\nm.fc = nn.Sequential(nn.Linear(4, 2), nn.Softmax(1))",
        "m = models.vgg16()\nm.classifier[6] = nn.Softmax(1)",
        "m = models.efficientnet_b0()\nm.classifier[-1] = nn.Softmax(1)",
        "m = models.swin_t()\nm.head = nn.Softmax(1)\nm = nn.DataParallel(m.cuda())",
    ],
)
def test_a_model_returns_what_its_new_head_does(body: str) -> None:
    value = returned(f"{body}\nreturn m(unknown)")
    assert isinstance(value, Op)
    assert value.name == "softmax"


@pytest.mark.parametrize(
    "body",
    [
        "m = models.resnet18()",
        "m = models.resnet18()\nm.classifier = nn.Softmax(1)",
        "m = models.resnet18()\nif unknown:\n    m.fc = nn.Softmax(1)",
        "m = models.vgg16()\nm.classifier[3] = nn.Softmax(1)",
        "m = models.inception_v3()\nm.fc = nn.Softmax(1)",
        "m = unknown.resnet18()\nm.fc = nn.Softmax(1)",
    ],
)
def test_what_other_models_return_is_not_known(body: str) -> None:
    value = returned(f"{body}\nreturn m(unknown)")
    assert not isinstance(value, Op)
