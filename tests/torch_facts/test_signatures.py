"""The table of torch's signatures: how calls bind, which names are one operation, and that torch agrees."""

from __future__ import annotations

import importlib
import json
import pathlib
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from checkout import ROOT

from torchlint.torch_facts import signatures
from torchlint.torch_facts.signatures import (
    Kind,
    Parameter,
    Style,
    available,
    bind,
    canonical,
    defaults,
    known,
    overloads,
    spellings,
)

TABLE = json.loads((ROOT / "torchlint" / "data" / "signatures.json").read_text(encoding="utf-8"))

# Arguments of the cases: `x`, `y`, `z` are tensors, `q` is an argument of which nothing is known.
TENSORS = ("x", "y", "z")
LITERALS: dict[type, Kind] = {
    bool: Kind.BOOL,
    int: Kind.INT,
    float: Kind.FLOAT,
    str: Kind.STR,
    type(None): Kind.NONE,
    tuple: Kind.SEQUENCE,
    list: Kind.SEQUENCE,
}


def kind(argument: object) -> Kind:
    if isinstance(argument, str) and argument in TENSORS:
        return Kind.TENSOR
    if argument == "q":
        return Kind.UNKNOWN
    if argument == "float32":
        return Kind.DTYPE
    return LITERALS[type(argument)]


def bound(name: str, *positional: Any, **keywords: Any) -> dict[str, Any] | None:
    return bind(name, positional, keywords, kind)


@pytest.mark.parametrize(
    ("name", "positional", "keywords", "expected"),
    [
        ("torch.softmax", ("x", 1), {}, {"input": "x", "dim": 1}),
        ("torch.softmax", ("x",), {"dim": 1}, {"input": "x", "dim": 1}),
        ("torch.Tensor.softmax", (-1,), {}, {"dim": -1}),
        ("torch.Tensor.softmax", (), {"axis": -1}, {"dim": -1}),
        ("torch.special.softmax", ("x", 1), {"dtype": "float32"}, {"input": "x", "dim": 1, "dtype": "float32"}),
        ("torch.nn.functional.softmax", ("x", 1), {}, {"input": "x", "dim": 1}),
        ("torch.nn.functional.softmax", ("x", 1, 3, "float32"), {}, {"input": "x", "dim": 1, "dtype": "float32"}),
        ("torch.nn.Softmax", (1,), {}, {"dim": 1}),
        ("torch.sum", ("x",), {}, {"input": "x"}),
        ("torch.sum", ("x", (0, 1), True), {}, {"input": "x", "dim": (0, 1), "keepdim": True}),
        ("torch.sum", (), {"x": "x", "axis": 0, "keepdims": True}, {"input": "x", "dim": 0, "keepdim": True}),
        ("torch.sum", ("x", "q"), {}, {"input": "x", "dim": "q"}),
        ("torch.Tensor.sum", (), {"dtype": "float32"}, {"dtype": "float32"}),
        ("torch.Tensor.sum", (None,), {}, {"dim": None}),
        ("torch.max", ("x",), {}, {"input": "x"}),
        ("torch.max", ("x", 1), {}, {"input": "x", "dim": 1}),
        ("torch.max", ("x", "y"), {}, {"input": "x", "other": "y"}),
        ("torch.max", ("x", "q"), {}, None),
        ("torch.max", ("x", "q", True), {}, {"input": "x", "dim": "q", "keepdim": True}),
        ("torch.min", ("x",), {"dim": "q"}, {"input": "x", "dim": "q"}),
        ("torch.Tensor.min", ("q",), {}, None),
        ("torch.Tensor.min", (0,), {"keepdim": True}, {"dim": 0, "keepdim": True}),
        ("torch.argmax", ("x", 1), {}, {"input": "x", "dim": 1}),
        ("torch.Tensor.argmax", (), {}, {}),
        ("torch.topk", ("x", 5), {"dim": 1}, {"input": "x", "k": 5, "dim": 1}),
        ("torch.gather", ("x", 1, "y"), {}, {"input": "x", "dim": 1, "index": "y"}),
        ("torch.Tensor.scatter_", (1, "x", "y"), {}, {"dim": 1, "index": "x", "src": "y"}),
        ("torch.Tensor.scatter_", (1, "x", 1.0), {}, {"dim": 1, "index": "x", "value": 1.0}),
        ("torch.Tensor.scatter_", (1, "x", "q"), {}, None),
        ("torch.scatter", ("x", 1, "y"), {"value": "q"}, {"input": "x", "dim": 1, "index": "y", "value": "q"}),
        ("torch.norm", ("x", 2), {"dim": 1}, {"input": "x", "p": 2, "dim": 1}),
        ("torch.linalg.norm", ("x", "fro"), {}, {"input": "x", "ord": "fro"}),
        ("torch.linalg.norm", ("x",), {"dim": (0, 1)}, {"input": "x", "dim": (0, 1)}),
        ("torch.std", ("x", 0, False), {}, {"input": "x", "dim": 0, "unbiased": False}),
        ("torch.std", ("x", False), {}, {"input": "x", "unbiased": False}),
        ("torch.var", ("x", 0), {"correction": 0}, {"input": "x", "dim": 0, "correction": 0}),
        ("torch.Tensor.var", ("q",), {}, None),
        ("torch.clamp", ("x", 0, 1), {}, {"input": "x", "min": 0, "max": 1}),
        ("torch.clamp", ("x",), {"min": "y"}, {"input": "x", "min": "y"}),
        ("torch.Tensor.squeeze", (), {}, {}),
        ("torch.Tensor.squeeze", (1,), {}, {"dim": 1}),
        ("torch.Tensor.squeeze", ("q",), {}, {"dim": "q"}),
        ("torch.squeeze", ("x", (0, 1)), {}, {"input": "x", "dim": (0, 1)}),
        ("torch.Tensor.transpose", (0, 1), {}, {"dim0": 0, "dim1": 1}),
        ("torch.swapaxes", ("x", 0, 1), {}, {"input": "x", "dim0": 0, "dim1": 1}),
        ("torch.Tensor.swapaxes", (), {"axis0": 0, "axis1": 1}, {"dim0": 0, "dim1": 1}),
        ("torch.split", ("x", 2), {}, {"input": "x", "split_size_or_sections": 2}),
        ("torch.Tensor.split", (2, 1), {}, {"split_size_or_sections": 2, "dim": 1}),
        ("torch.dropout", ("x", 0.5, True), {}, {"input": "x", "p": 0.5, "training": True}),
        ("torch.nn.functional.dropout", ("x",), {"training": "q"}, {"input": "x", "training": "q"}),
        ("torch.where", ("x",), {}, {"condition": "x"}),
        ("torch.where", ("x", "y", 0.0), {}, {"condition": "x", "input": "y", "other": 0.0}),
        ("torch.Tensor.where", ("x", "q"), {}, {"condition": "x", "other": "q"}),
        ("torch.cat", ((), 1), {}, {"tensors": (), "dim": 1}),
        ("torch.cat", ("q",), {"axis": 1}, {"tensors": "q", "dim": 1}),
        ("torch.mul", (), {"x1": "x", "x2": "y"}, {"input": "x", "other": "y"}),
        ("torch.add", ("x", "y"), {"alpha": 2, "out": "z"}, {"input": "x", "other": "y", "alpha": 2, "out": "z"}),
        ("torch.add", ("x", 2, "y"), {}, None),
        ("torch.randint", (10, (3,)), {}, {"high": 10, "size": (3,)}),
        ("torch.randint", (0, 10, (3,)), {}, {"low": 0, "high": 10, "size": (3,)}),
        ("torch.arange", (3,), {}, {"end": 3}),
        ("torch.arange", (1, 3), {"device": "cpu"}, {"start": 1, "end": 3, "device": "cpu"}),
        ("torch.tensor", ("q",), {"dtype": "float32"}, {"data": "q", "dtype": "float32"}),
        ("torch.Tensor.to", ("cuda",), {}, {"device": "cuda"}),
        ("torch.Tensor.to", ("float32",), {}, {"dtype": "float32"}),
        ("torch.Tensor.to", ("x",), {}, {"other": "x"}),
        ("torch.Tensor.to", ("q",), {}, None),
        ("torch.nn.Module.to", ("cuda",), {"non_blocking": True}, {"device": "cuda", "non_blocking": True}),
        (
            "torch.nn.functional.cross_entropy",
            ("x", "y"),
            {"reduction": "sum"},
            {"input": "x", "target": "y", "reduction": "sum"},
        ),
        ("torch.nn.functional.max_pool2d", ("x", 2, 2), {}, {"input": "x", "kernel_size": 2, "stride": 2}),
        ("torch.nn.functional.unfold", ("x", 3), {}, {"input": "x", "kernel_size": 3}),
        ("torch.nn.Linear", (2, 3), {"bias": False}, {"in_features": 2, "out_features": 3, "bias": False}),
        ("torch.nn.LSTM", (2, 3), {"batch_first": True}, {"input_size": 2, "hidden_size": 3, "batch_first": True}),
        ("torch.nn.CrossEntropyLoss", ("x",), {"label_smoothing": 0.1}, {"weight": "x", "label_smoothing": 0.1}),
        ("torch.optim.SGD", ("q", 0.1), {"momentum": 0.9}, {"params": "q", "lr": 0.1, "momentum": 0.9}),
        (
            "torch.utils.data.DataLoader",
            ("q", 8),
            {"shuffle": True},
            {"dataset": "q", "batch_size": 8, "shuffle": True},
        ),
        ("torch.amp.autocast", ("cuda",), {"dtype": "float32"}, {"device_type": "cuda", "dtype": "float32"}),
        (
            "torch.autograd.grad",
            ("x", "y"),
            {"create_graph": True},
            {"outputs": "x", "inputs": "y", "create_graph": True},
        ),
    ],
)
def test_a_call_binds(
    name: str, positional: Sequence[Any], keywords: Mapping[str, Any], expected: dict[str, Any] | None
) -> None:
    assert bound(name, *positional, **keywords) == expected


@pytest.mark.parametrize(
    ("name", "positional", "expected"),
    [
        ("torch.Tensor.view", (2, -1), {"size": (2, -1)}),
        ("torch.Tensor.view", ("q", 3), {"size": ("q", 3)}),
        ("torch.Tensor.view", (-1,), {"size": (-1,)}),
        ("torch.Tensor.view", ((2, 3),), {"size": (2, 3)}),
        ("torch.Tensor.view", ("float32",), {"dtype": "float32"}),
        ("torch.Tensor.view", ("q",), None),
        ("torch.Tensor.permute", (1, 0), {"dims": (1, 0)}),
        ("torch.permute", ("x", (1, 0)), {"input": "x", "dims": (1, 0)}),
        ("torch.Tensor.repeat", (2, 2), {"repeats": (2, 2)}),
        ("torch.zeros", (2, 3), {"size": (2, 3)}),
        ("torch.zeros", (2,), {"size": (2,)}),
        ("torch.zeros", ("q",), {"size": "q"}),
        ("torch.zeros", (), None),
        ("torch.einsum", ("ij,jk", "x", "y"), {"equation": "ij,jk", "operands": ("x", "y")}),
        ("torch.einsum", ("ij,jk", "q"), {"equation": "ij,jk", "operands": "q"}),
        ("torch.meshgrid", ("x", "y"), {"tensors": ("x", "y")}),
        ("torch.meshgrid", ("x",), {"tensors": ("x",)}),
        ("torch.broadcast_tensors", ("q",), {"tensors": ("q",)}),
        ("torch.nn.Sequential", (), {"args": ()}),
        ("torch.nn.Sequential", ("q",), {"args": ("q",)}),
    ],
)
def test_starred_parameters_take_a_tuple_unless_the_argument_may_be_the_sequence(
    name: str, positional: Sequence[Any], expected: dict[str, Any] | None
) -> None:
    assert bound(name, *positional) == expected


def test_a_starred_size_is_also_a_keyword() -> None:
    assert bound("torch.zeros", size=(2, 3), device="cpu") == {"size": (2, 3), "device": "cpu"}


def test_further_keywords_keep_their_names_where_they_are_taken() -> None:
    expected = {"function": "q", "args": ("x", "y"), "use_reentrant": False, "mask": "z"}
    assert bound("torch.utils.checkpoint.checkpoint", "q", "x", "y", use_reentrant=False, mask="z") == expected


@pytest.mark.parametrize(
    ("name", "positional", "keywords"),
    [
        ("torch.softmax", (), {}),
        ("torch.softmax", ("x", 1), {"dim": 1}),
        ("torch.softmax", ("x", 1), {"surprise": 1}),
        ("torch.relu", ("x", "y"), {}),
        ("torch.max", ("x", 0.5), {}),
        ("torch.surprise", ("x",), {}),
    ],
)
def test_a_call_that_torch_rejects_does_not_bind(
    name: str, positional: Sequence[Any], keywords: Mapping[str, Any]
) -> None:
    assert bound(name, *positional, **keywords) is None


def sample(parameter: Parameter) -> Any:
    """An argument that a parameter takes."""
    choices = {"Tensor": "x", "int": 1, "ints": (1,), "float": 0.5, "number": 0.5, "bool": True, "dtype": "float32"}
    return next((choices[word] for word in choices if word in parameter.words), "q")


def test_an_unknown_argument_never_changes_a_name() -> None:
    for name in TABLE["signatures"]:
        for overload in overloads(name):
            arguments = {one.name: sample(one) for one in overload if one.required and one.style is Style.PLAIN}
            certain = bind(name, list(arguments.values()), {}, kind)
            for hidden in arguments:
                shown = [value if one != hidden else "q" for one, value in arguments.items()]
                unsure = bind(name, shown, {}, kind)
                assert unsure is None or certain is None or unsure.keys() == certain.keys(), (name, hidden)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "torch.nn.CrossEntropyLoss",
            {"reduction": "mean", "ignore_index": -100, "label_smoothing": 0.0, "weight": None},
        ),
        ("torch.nn.functional.gelu", {"approximate": "none"}),
        ("torch.nn.functional.softplus", {"beta": 1, "threshold": 20}),
        ("torch.std", {"keepdim": False, "unbiased": True}),
        ("torch.optim.Adam", {"lr": 0.001, "betas": (0.9, 0.999)}),
        ("torch.utils.data.DataLoader", {"batch_size": 1, "num_workers": 0, "drop_last": False}),
    ],
)
def test_defaults(name: str, expected: dict[str, object]) -> None:
    assert expected.items() <= dict(defaults(name)).items()


def test_what_has_no_literal_default_has_none() -> None:
    assert "input" not in defaults("torch.softmax")
    assert "memory_format" not in defaults("torch.Tensor.contiguous")
    assert defaults("torch.surprise") == {}


@pytest.mark.parametrize(
    ("operation", "names"),
    [
        ("softmax", "torch.softmax torch.nn.functional.softmax torch.Tensor.softmax torch.special.softmax"),
        ("sigmoid", "torch.sigmoid torch.special.expit torch.Tensor.sigmoid torch.nn.functional.sigmoid"),
        ("mul", "torch.mul torch.multiply torch.Tensor.multiply"),
        ("mul_", "torch.Tensor.mul_ torch.Tensor.multiply_"),
        ("add_", "torch.Tensor.add_"),
        ("div", "torch.div torch.divide torch.true_divide torch.Tensor.true_divide"),
        ("sub", "torch.subtract torch.Tensor.subtract"),
        ("abs", "torch.absolute torch.Tensor.absolute"),
        ("cat", "torch.cat torch.concat torch.concatenate"),
        ("clamp", "torch.clamp torch.clip torch.Tensor.clip"),
        ("neg", "torch.negative"),
        ("acos", "torch.arccos torch.Tensor.arccos"),
        ("atan2", "torch.arctan2"),
        ("transpose", "torch.transpose torch.swapaxes torch.swapdims torch.Tensor.swapaxes"),
        ("movedim", "torch.moveaxis"),
        ("trunc", "torch.fix"),
        ("gt", "torch.greater torch.Tensor.greater torch.gt"),
        ("outer", "torch.ger"),
        ("vstack", "torch.row_stack"),
        ("numel", "torch.Tensor.nelement torch.numel"),
        ("lgamma", "torch.special.gammaln torch.lgamma"),
        ("digamma", "torch.special.psi torch.special.digamma"),
        ("igamma", "torch.special.gammainc"),
        ("xlogy", "torch.special.xlogy torch.xlogy"),
        ("inverse", "torch.linalg.inv torch.inverse torch.Tensor.inverse"),
        ("det", "torch.linalg.det torch.det"),
        ("norm", "torch.norm torch.Tensor.norm"),
        ("linalg.norm", "torch.linalg.norm"),
        ("linalg.pinv", "torch.linalg.pinv"),
        ("linalg.diagonal", "torch.linalg.diagonal"),
        ("fft.fft", "torch.fft.fft"),
        ("embedding", "torch.nn.functional.embedding"),
        ("torch.embedding", "torch.embedding"),
        ("unfold", "torch.Tensor.unfold"),
        ("nn.functional.unfold", "torch.nn.functional.unfold"),
        ("no_grad", "torch.no_grad torch.autograd.no_grad"),
        ("autocast", "torch.amp.autocast torch.autocast"),
        ("cuda.amp.autocast", "torch.cuda.amp.autocast"),
        ("vmap", "torch.func.vmap torch.vmap"),
        ("nn.Softmax", "torch.nn.Softmax"),
        ("nn.init.normal_", "torch.nn.init.normal_"),
    ],
)
def test_names_of_one_operation(operation: str, names: str) -> None:
    assert {canonical(name) for name in names.split()} == {operation}
    assert set(names.split()) <= set(signatures.qualnames(operation))


def test_spellings() -> None:
    assert spellings("softmax") == {"softmax"}
    assert spellings("mul") == {"mul", "multiply"}
    assert spellings("sigmoid") == {"sigmoid", "expit"}
    assert spellings("surprise") == frozenset()


def test_where_an_operation_can_be_written() -> None:
    assert available("softmax", "torch")
    assert available("softmax", "F")
    assert available("softmax", "Tensor")
    assert not available("mul", "F")
    assert not available("one_hot", "Tensor")
    assert available("linalg.norm", "torch")
    assert not available("linalg.norm", "Tensor")


def test_one_operation_has_one_set_of_parameter_names() -> None:
    for operation in ("softmax", "split", "transpose", "sum", "where", "gather", "sigmoid", "dropout", "cat", "norm"):
        names = [set(names_of(name)) for name in signatures.qualnames(operation)]
        assert all(one == names[0] for one in names), operation


def names_of(name: str) -> list[str]:
    renames = TABLE["renames"].get(name, {})
    given = ["input"] if name.startswith("torch.Tensor.") else []
    found = [renames.get(one.name, one.name) for overload in overloads(name) for one in overload]
    return given + [one for one in found if one not in ("out", "inplace") and not one.startswith("_")]


def test_every_overload_parses_and_every_exception_is_known() -> None:
    for name in TABLE["signatures"]:
        assert overloads(name)
    for name in [*TABLE["canonical"], *TABLE["renames"]]:
        assert known(name)


def test_reading_does_not_import_torch() -> None:
    code = "import sys; from torchlint.torch_facts.signatures import overloads; overloads('torch.max')"
    code += "; print('torch' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert result.stdout.strip() == "False"


def test_the_table_is_what_the_generator_writes(tmp_path: pathlib.Path) -> None:
    torch = pytest.importorskip("torch")
    if torch.__version__.partition("+")[0] != TABLE["torch"] or torch.version.cuda:
        pytest.skip("another torch is recorded; CPU builds lack the signatures of some callables of `torch.cuda`")
    output = tmp_path / "signatures.json"
    command = [sys.executable, "-m", "tools.make_signatures", "--output", str(output)]
    subprocess.run(command, cwd=ROOT, check=True)
    assert output.read_bytes() == (ROOT / "torchlint" / "data" / "signatures.json").read_bytes()


def methods() -> list[str]:
    """Names of `torch` that are methods of tensors too, and take a tensor first."""
    names = [name.removeprefix("torch.") for name in TABLE["signatures"] if name.count(".") == 1]
    return [name for name in names if known(f"torch.Tensor.{name}") and takes_a_tensor(overloads(f"torch.{name}")[0])]


def takes_a_tensor(overload: Sequence[Parameter]) -> bool:
    return bool(overload) and overload[0].name == "input" and "Tensor" in overload[0].words


def real(torch: Any, parameter: Parameter) -> Any:
    choices = {"Tensor": torch.eye(2), "int": 0, "ints": (0,), "float": 0.5, "number": 1, "bool": True, "str": "sum"}
    choices |= {"tensors": [torch.eye(2)], "dtype": torch.float32}
    return next((choices[word] for word in choices if word in parameter.words), torch.eye(2))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", methods())
def test_torch_takes_the_names_of_the_table(name: str) -> None:
    torch = pytest.importorskip("torch")
    for overload in overloads(f"torch.{name}"):
        if any(one.style is Style.STAR for one in overload):
            continue
        arguments = {one.name: real(torch, one) for one in overload if one.required}
        optional = {one.name: one.default for one in overload if not one.required and one.default not in (..., None)}
        refusal = refuses(getattr(torch, name), arguments | optional)
        assert not re.search("keyword|missing|invalid combination|positional", refusal), refusal


def refuses(function: Any, arguments: Mapping[str, Any]) -> str:
    """What the argument parser says; the values need not go together, so other errors are none of ours."""
    try:
        function(**arguments)
    except TypeError as error:
        return str(error)
    except (RuntimeError, IndexError, ValueError):
        return ""
    return ""


@pytest.mark.parametrize("space", ["torch.nn", "torch.optim", "torch.optim.lr_scheduler"])
def test_every_public_class_is_in_the_table(space: str) -> None:
    pytest.importorskip("torch")
    module = importlib.import_module(space)
    classes = [name for name, thing in vars(module).items() if isinstance(thing, type) and name[0].isupper()]
    own = [name for name in classes if getattr(module, name).__module__.startswith(space)]
    assert len(own) > 10
    assert [name for name in own if not known(f"{space}.{name}")] == []
