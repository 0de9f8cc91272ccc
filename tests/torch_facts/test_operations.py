"""The table of operations: that torch agrees with each row, and that a row which is wrong is found."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from checkout import ROOT

from torchlint.torch_facts import ops
from torchlint.torch_facts.operations.index import expanded, render

TABLE = expanded()
CHUNKS = 12

Problems = Callable[[str, Mapping[str, object]], list[str]]


@pytest.fixture(scope="module")
def problems() -> Problems:
    """The comparison of `tools/check_operations.py`, which needs torch."""
    from tools.check_operations import problems as found

    return found


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_torch_does_what_the_rows_say(chunk: int, problems: Problems) -> None:
    names = list(TABLE)[chunk::CHUNKS]
    wrong = {name: said for name in names if (said := problems(name, TABLE[name]))}
    assert wrong == {}


WRONG: list[tuple[str, dict[str, Any]]] = [
    ("max", {"gives": "tensor"}),
    ("max", {"several_with": "as_tuple"}),
    ("median", {"fields": "indices median"}),
    ("std_mean", {"gives": "tensor"}),
    ("size", {"gives": "number"}),
    ("allclose", {"gives": "tensor"}),
    ("svd", {"gives": "tensor"}),
    ("exp", {"dtype": "input"}),
    ("exp", {"turns": "log"}),
    ("log", {"turns": "exp"}),
    ("sigmoid", {"turns": "not"}),
    ("logical_not", {"turns": "exp"}),
    ("sigmoid", {"unit": "probabilities"}),
    ("softmax", {"unit": "chances"}),
    ("softmax", {"unit": "log-probabilities"}),
    ("log_softmax", {"unit": "probabilities"}),
    ("logsigmoid", {"unit": "log-probabilities"}),
    ("tanh", {"unit": "chances"}),
    ("sum", {"dtype": "input"}),
    ("floor", {"dtype": "float"}),
    ("eq", {"dtype": "promoted"}),
    ("argmax", {"dtype": "input"}),
    ("zeros", {"dtype": "float64"}),
    ("square", {"bools": "bool"}),
    ("abs", {"real": False}),
    ("softmax", {"raises": ""}),
    ("exp", {"raises": "int"}),
    ("sin", {"saves": "result"}),
    ("relu_", {"raises": ""}),
    ("softmax", {"shape": "reduced"}),
    ("add", {"shape": "same"}),
    ("logsumexp", {"shape": "same"}),
    ("transpose", {"shape": "same"}),
    ("relu", {"range": "unit"}),
    ("tanh", {"range": "nonnegative"}),
    ("softplus", {"range": "nonpositive"}),
    ("exp", {"whole": True}),
    ("softmax", {"elementwise": True}),
    ("cumsum", {"elementwise": True}),
    ("exp", {"elements": "same"}),
    ("permute", {"elements": "same"}),
    ("expand", {"elements": "moved"}),
    ("gather", {"elements": "moved"}),
    ("reshape", {"view": True}),
    ("reshape", {"view": False}),
    ("transpose", {"view": False}),
    ("clone", {"view": "sometimes"}),
    ("exp_", {"writes": ""}),
    ("exp", {"writes": "input"}),
    ("nn.init.zeros_", {"writes": ""}),
    ("exp", {"in_place": False}),
    ("softmax", {"in_place": True}),
    ("dropout", {"random": False}),
    ("exp", {"random": True}),
    ("argmax", {"grad": True}),
    ("floor", {"grad": False}),
    ("exp", {"grad": "zero"}),
    ("exp", {"saves": "operands"}),
    ("log", {"saves": "result"}),
    ("add", {"saves": "operands"}),
    ("logsumexp", {"saves": "operands"}),
    ("sub", {"commutes": True}),
    ("amin", {"upper": True}),
    ("amax", {"lower": True}),
    ("relu", {"affine": True}),
    ("mse_loss", {"broadcasts": False}),
    ("soft_margin_loss", {"broadcasts": True}),
    ("unsqueeze_", {"shape": "same"}),
    ("mode", {"shape": "reduced"}),
    ("exp", {"sums": True}),
    ("std", {"sums": True}),
    ("mean", {"tensors_only": True}),
    ("Softmax2d", {"function": "layer_norm"}),
    ("Flatten", {"settings": {"start_dim": 0}}),
    ("CrossEntropyLoss", {"takes": "input"}),
    ("Linear", {"weights": False}),
    ("Linear", {"shape": "same"}),
    ("LSTM", {"gives": "tensor"}),
    ("LSTM", {"random": False}),
    ("Identity", {"view": False}),
    ("Embedding", {"kind": "layer", "container": False, "name": "Embeddings"}),
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "facts"), WRONG, ids=[f"{name}-{'-'.join(facts)}" for name, facts in WRONG])
def test_a_wrong_row_is_found(name: str, facts: dict[str, Any], problems: Problems) -> None:
    assert problems(name, TABLE[name]) == []
    assert problems(str(facts.get("name", name)), {**TABLE[name], **facts})


def test_the_generated_table_is_up_to_date() -> None:
    stored = (ROOT / "torchlint" / "data" / "operations.json").read_text(encoding="utf-8")
    assert render() == stored, "run `python -m torchlint.torch_facts.operations`"


def test_every_operation_has_one_row() -> None:
    from torchlint.torch_facts.operations import ROWS

    names = [name for name, _ in ROWS]
    assert sorted(names) == sorted(set(names))
    assert len(names) >= 400


def test_every_row_is_a_name_that_torch_has() -> None:
    from torchlint.torch_facts import signatures

    for name, facts in TABLE.items():
        kind = facts.get("kind", "function")
        if kind == "layer":
            assert signatures.known(f"torch.nn.{name}"), name
        elif kind not in ("python", "attribute"):
            assert signatures.qualnames(name), name


def test_the_rows_are_not_imported_by_those_who_ask() -> None:
    code = "import sys, torchlint.torch_facts.ops as ops; ops.of('exp'); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "torchlint.torch_facts.ops" in loaded
    assert not [name for name in loaded if name.startswith("torchlint.torch_facts.operations")]


def test_facts_that_a_row_leaves_out_have_their_defaults() -> None:
    clone = ops.of("clone")
    assert clone is not None
    assert (clone.gives, clone.dtype, clone.view, clone.writes, clone.random, clone.pure) == (
        *("tensor", "input", False, "", False, True),
    )


def test_an_unknown_operation_has_no_row() -> None:
    assert ops.of("frobnicate") is None


def test_several_facts_hold_of_the_same_operations() -> None:
    assert "permute" in ops.that(view=True, elements="moved")
    assert "flip" not in ops.that(view=True, elements="moved")
    assert "narrow" not in ops.that(view=True, elements="moved")


def test_alternatives_and_defaults_may_be_asked_for() -> None:
    small = ops.that(range=("unit", "signed unit"))
    assert {"sigmoid", "tanh"} <= small
    assert "exp" not in small
    assert "clone" in ops.that(view=False)
    assert "detach" not in ops.that(view=False)
    # Most Python operators give no tensor, so that this row says what others leave out.
    assert "getitem" in ops.that(gives="tensor")


def test_in_place_forms_are_derived() -> None:
    assert {"relu_", "add_", "masked_fill_", "copy_", "nn.init.zeros_"} <= ops.IN_PLACE
    assert "relu" not in ops.IN_PLACE
    row = ops.of("exp_")
    assert row is not None
    assert row.range == "positive"
    assert (row.view, row.writes, row.accepts("int")) == (True, "input", False)


def test_what_a_call_writes_depends_on_its_arguments() -> None:
    relu, exp = ops.of("relu"), ops.of("exp")
    assert relu is not None
    assert exp is not None
    assert relu.written() == frozenset()
    assert relu.written(["input", "inplace"]) == {"input"}
    assert exp.written(["out"]) == {"out"}


def test_what_a_call_gives_depends_on_its_arguments() -> None:
    largest, where, exp = ops.of("max"), ops.of("where"), ops.of("exp")
    assert largest is not None
    assert where is not None
    assert exp is not None
    assert largest.gives_tensor(["input"]) is True
    assert largest.gives_tensor(["input", "dim"]) is None
    assert where.gives_tensor(["condition"]) is None
    assert where.gives_tensor(["condition", "input", "other"]) is True
    assert exp.gives_tensor() is True


def test_layers_that_are_functions_have_their_facts() -> None:
    layer = ops.of("Softmax")
    assert layer is not None
    assert (layer.function, layer.range, layer.kind) == ("softmax", "unit", "layer")
    assert "Softmax" not in ops.that(range="unit")
    assert ops.LAYERS["Softmax2d"] == "softmax"
