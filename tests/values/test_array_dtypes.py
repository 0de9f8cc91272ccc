"""The dtypes of what is made of arrays: what is known of them is what numpy and torch make."""

from __future__ import annotations

import pytest
from evaluated_programs import value_of

from torchlint.values.facts import dtypes
from torchlint.values.value import Value

np = pytest.importorskip("numpy")
torch = pytest.importorskip("torch")

HEADER = """
import numpy as np
import torch
from torch.utils.data import DataLoader, TensorDataset

a = np.random.rand(4, 3)
i = np.random.randint(0, 9, size=(4, 3))
half = np.ones(3, dtype=np.float16)
"""
KNOWN = [
    *("a", "i", "half", "2 * a + 1", "-a", "a * a", "a.copy()", "a.reshape(-1)", "np.sin(a)", "np.sqrt(half)"),
    *("a.astype(np.float32)", "a.astype('float32')", "a.astype(float)", "a.astype(int)", "a.astype(dtype=np.int64)"),
    *("np.zeros(3)", "np.ones((3, 2))", "np.zeros(3, dtype=bool)", "np.zeros(3, np.int32)", "np.zeros(3, 'uint8')"),
    *("np.eye(3)", "np.linspace(0, 1, 5)", "np.array([1.0, 2])", "np.array([1, 2])", "np.array([True, False])"),
    *("np.array([[1.5], [2.5]])", "np.array([a, a])", "np.array([1, 2], dtype=np.float32)", "np.concatenate([a, a])"),
    *("np.random.randn(3)", "np.random.normal(0, 1, (3,))", "np.random.uniform(size=3)", "np.expand_dims(a, 0)"),
    *("np.random.standard_normal(3)", "np.random.random((2, 2))", "np.vstack([a, a])", "np.asarray(a)"),
]
NOT_KNOWN = [
    *("np.random.rand()", "np.random.normal()", "np.random.randint(3)", "np.load(path)", "a.tolist()", "a + half"),
    *("np.array(rows)", "np.array([1, rows])", "frame.astype('float64')", "np.zeros(3, dtype=kind)", "a / i"),
]
TENSORS = [
    *("torch.FloatTensor([1, 2])", "torch.LongTensor([1])", "torch.DoubleTensor(2)", "torch.BoolTensor([True])"),
    *("torch.ByteTensor([1])", "torch.HalfTensor([1])", "torch.from_numpy(a).float()", "torch.from_numpy(a) * 2"),
    *("torch.tensor(a, dtype=torch.float32)", "torch.tensor(a).long()", "torch.as_tensor(torch.tensor(a))"),
    *("next(iter(DataLoader(TensorDataset(torch.tensor(a), torch.tensor(i)))))[0]",),
]


def value(expression: str) -> Value:
    return value_of(f"{HEADER}\nmade = {expression}\n")


def made(expression: str) -> object:
    names: dict[str, object] = {}
    exec(HEADER, names)
    return eval(expression, names)


def kind(dtype: object) -> str:
    name = str(dtype)
    return next(
        word for word, starts in (("float", "torch.f"), ("int", ("torch.i", "torch.u"))) if name.startswith(starts)
    )


@pytest.mark.parametrize("array", KNOWN)
def test_a_tensor_of_an_array_has_its_dtype(array: str) -> None:
    known = value(f"torch.as_tensor({array})")
    dtype = made(f"torch.as_tensor({array}).dtype")
    assert dtypes.dtype(known) in (str(dtype).removeprefix("torch."), None)
    assert dtypes.dtype_class(known) == ("bool" if dtype == torch.bool else kind(dtype))


@pytest.mark.parametrize("array", NOT_KNOWN)
def test_what_is_not_certain_is_not_known(array: str) -> None:
    known = value(f"torch.as_tensor({array})")
    assert dtypes.dtype(known) is None
    assert dtypes.dtype_class(known) is None


@pytest.mark.parametrize("tensor", TENSORS)
def test_a_tensor_has_the_dtype_that_is_known(tensor: str) -> None:
    assert dtypes.dtype(value(tensor)) == str(made(f"({tensor}).dtype")).removeprefix("torch.")


def test_a_tensor_of_the_default_dtype_is_of_floats() -> None:
    assert dtypes.dtype(value("torch.Tensor([1, 2])")) is None
    assert dtypes.dtype_class(value("torch.Tensor([1, 2])")) == "float"


@pytest.mark.parametrize(
    ("loader", "known"),
    [
        ("DataLoader(TensorDataset(torch.tensor(a), torch.tensor(a)), batch_size=2)", "float64"),
        ("TensorDataset(torch.tensor(a), torch.tensor(a))", "float64"),
        ("DataLoader(TensorDataset(torch.tensor(a), torch.tensor(a)), collate_fn=mixed)", None),
        ("DataLoader(others, batch_size=2)", None),
        ("DataLoader(datasets.CIFAR10('.', transform=change))", "int64"),
        ("DataLoader(datasets.CIFAR10('.', target_transform=change))", None),
        ("DataLoader(datasets.CIFAR10('.'), batch_size=None)", None),
        ("datasets.CIFAR10('.')", None),
    ],
)
def test_batches_have_the_dtype_of_their_rows(loader: str, known: str | None) -> None:
    text = f"{HEADER}\nfrom torchvision import datasets\nfor x, y in {loader}:\n    made = y\n"
    assert dtypes.dtype(value_of(text)) == known
