"""Calls by the names of parameters: what a rule asks of one, and what it is not told."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator

import pytest
from evaluated_programs import evaluator_of, frame_of

from torchlint.rule import BoundCall, Check, Constant, Frame, Problem, bound_call, made_by, written_calls
from torchlint.torch_facts import signatures
from torchlint.values.interpret.frame import Deferred

HEADER = """
import torch
from torch.utils.data import DataLoader
from torch.utils.data.dataloader import DataLoader as Loader
"""


def frame_of_program(program: str) -> Frame:
    return frame_of(HEADER + textwrap.dedent(program))


def call(expression: str) -> BoundCall:
    frame = frame_of_program(f"made = {expression}\n")
    statement = frame.module.tree.body[-1]
    assert isinstance(statement, ast.Assign)
    found = bound_call(frame, statement.value)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "expression",
    ["DataLoader(data, 8, True, num_workers=2)", "Loader(dataset=data, num_workers=2, shuffle=True, batch_size=8)"],
)
def test_positions_and_keywords_bind_alike(expression: str) -> None:
    found = call(expression)
    assert found.qualname == "torch.utils.data.DataLoader"
    assert [found.constant(name) for name in ("batch_size", "shuffle", "num_workers")] == [8, True, 2]
    assert not found.is_open


def test_what_is_not_given_has_the_default_of_the_signature() -> None:
    found = call("DataLoader(data)")
    assert not found.gives("num_workers")
    assert found.constant("num_workers") == 0
    assert isinstance(value := found.value("num_workers", default=4), Constant)
    assert value.value == 4


@pytest.mark.parametrize("expression", ["DataLoader(data, *rest)", "DataLoader(data, **settings)"])
def test_nothing_is_said_of_what_stars_may_bring(expression: str) -> None:
    found = call(expression)
    assert found.is_open
    assert found.gives("dataset")
    assert found.value("num_workers") is None


def test_a_display_behind_two_stars_is_seen() -> None:
    found = call("DataLoader(data, **{'num_workers': 3})")
    assert not found.is_open
    assert found.constant("num_workers") == 3
    assert found.argument("num_workers") is None


def test_a_parameter_that_torch_has_no_more_keeps_its_name() -> None:
    found = call("torch.optim.lr_scheduler.StepLR(opt, 3, verbose=True)")
    assert found.constant("step_size") == 3
    assert found.constant("verbose") is True


def test_a_value_tells_the_call_that_made_it() -> None:
    frame = frame_of_program("opt = torch.optim.SGD(model.parameters(), 0.1)\n")
    made = made_by(frame.env["opt"])
    assert made is not None
    assert (made.qualname, made.constant("lr")) == ("torch.optim.SGD", 0.1)


def test_other_calls_can_be_read_as_those_of_torch() -> None:
    frame = frame_of_program("engine.backward(loss, retain_graph=True)\n")
    statement = frame.module.tree.body[-1]
    assert isinstance(statement, ast.Expr)
    assert bound_call(frame, statement.value) is None
    found = bound_call(frame, statement.value, "torch.Tensor.backward")
    assert found is not None
    assert found.constant("retain_graph") is True
    assert isinstance(node := found.argument("gradient"), ast.Name)
    assert node.id == "loss"


def test_written_calls_cost_no_evaluation() -> None:
    frame = evaluator_of(f"{HEADER}made = Loader(data, 4)\n").deferred(None)
    (found,) = written_calls(frame, "torch.utils.data.DataLoader")
    assert isinstance(node := found.argument("batch_size"), ast.Constant)
    assert node.value == 4
    assert isinstance(frame, Deferred)
    assert "made" in frame.env
    assert not isinstance(frame, Deferred)


def test_a_module_that_defines_something_is_not_its_public_home() -> None:
    assert signatures.public("torch.optim.adam.Adam") == "torch.optim.Adam"
    assert signatures.public("torch.nn.modules.loss.MSELoss") == "torch.nn.MSELoss"
    assert signatures.public("torch.utils.data.dataloader.nothing") == "torch.utils.data.dataloader.nothing"


def test_a_check_of_calls_names_them() -> None:
    with pytest.raises(TypeError, match="names no `calls`"):

        class Forgetful(Check):
            def check_call(self, call: BoundCall, frame: Frame) -> Iterator[Problem]:
                yield from ()
