"""What is not evaluated before it is asked for, and that it makes no difference."""

from __future__ import annotations

import ast
import textwrap

import pytest
from shown_values import show

from torchlint.source import Source
from torchlint.syntax.module import Module
from torchlint.values.interpret.evaluator import Evaluator
from torchlint.values.interpret.side_effects import written
from torchlint.values.interpret.unread_tables import unread
from torchlint.values.value import Choice, Constant, Layer, Mapped


def module_of(code: str) -> Module:
    source = Source("t.py", "import torch\nfrom torch import nn\n" + textwrap.dedent(code))
    return Module(source, ast.parse(source.text))


def test_a_table_that_nothing_reads_is_evaluated_when_the_module_is() -> None:
    module = module_of(
        """
        def entry(**kwargs):
            return dict(size=224, **kwargs)

        SIZE = 3
        table = {"a": entry(), "b": SIZE}
        SIZE = 5
        """
    )
    evaluator = Evaluator(module)
    table = module.tree.body[4]
    assert isinstance(table, ast.Assign)
    bare = evaluator.surroundings(module)
    assert table.value not in bare.values
    assert evaluator.module_frame() is bare
    value = bare.values[table.value]
    assert isinstance(value, Mapped)
    size = value.items["b"]
    assert isinstance(size, Constant)
    assert size.value == 3
    assert bare.env["table"] is value
    last = bare.env["SIZE"]
    assert isinstance(last, Constant)
    assert last.value == 5
    assert bare.statement is module.tree.body[5]


@pytest.mark.parametrize(
    "statement",
    [
        "read = dict(a=1)",
        "table = layers.pop()",
        "table = dict(a=[layers.append(1)])",
        "table = dict(a=(other := 1))",
        "table = other = dict(a=1)",
        "table: dict = dict(a=1)",
        "table.attribute = dict(a=1)",
        "table = 3",
    ],
)
def test_what_may_matter_is_no_unread_table(statement: str) -> None:
    assert not unread(module_of(f"layers = [1]\n{statement}\ndef f():\n    return read\n"))


def test_names_within_longer_names_are_not_read() -> None:
    assert len(unread(module_of("table = make_table(a=1, table2=2)\n"))) == 1


CALLER = """
def helper(x):
    return torch.exp(x)

def caller(x):
    y = torch.softmax(x, 1)
    if x.training:
        y = torch.relu(helper(y))
    z = torch.log(y)
    return z
"""


def test_a_caller_is_evaluated_as_far_as_its_call() -> None:
    evaluator = Evaluator(module_of(CALLER))
    helper, caller = evaluator.module.all_functions
    passed = evaluator.frame(helper).env["x"]
    call = next(
        node for node in ast.walk(caller.node) if isinstance(node, ast.Call) and ast.unparse(node) == "helper(y)"
    )
    assert evaluator.value_in(caller, call.args[0]) is passed
    frame = passed.frame
    assert frame is not None
    assert not frame.returns
    assert [op.name for op in frame.ops] == ["softmax", "relu"]
    assert evaluator.frame(caller) is frame
    assert [op.name for op in frame.ops] == ["softmax", "relu", "log"]
    assert len(frame.returns) == 1
    assert isinstance(frame.env["y"], Choice)
    assert frame.ops[0] is passed


@pytest.mark.parametrize(
    ("statement", "evaluated"),
    [
        ("return torch.log(helper(y))", ["softmax"]),
        ("y = helper(y)", ["softmax"]),
        ("return [helper(y) for y in x]", ["softmax"]),
        ("return helper(y), y.add_(1)", ["softmax", "add_"]),
        ("return helper(y * 2)", ["softmax", "mul"]),
        ("return helper(y if (y := torch.exp(x)) else y)", ["softmax", "exp"]),
    ],
)
def test_a_name_is_known_without_the_call_that_it_is_given_to(statement: str, evaluated: list[str]) -> None:
    code = f"""
def helper(x):
    return torch.abs(x)

def caller(x):
    y = torch.softmax(x, 1)
    {statement}
"""
    one, other = (Evaluator(module_of(code)) for _ in range(2))
    helper, caller = one.module.all_functions
    lazy = one.frame(helper).env["x"]
    asked = one._frames[caller]
    assert [op.name for op in asked.ops] == evaluated
    helper, caller = other.module.all_functions
    whole = other.frame(caller)
    eager = other.frame(helper).env["x"]
    assert show(lazy) == show(eager)
    one.frame(one.module.all_functions[1])
    assert [op.name for op in asked.ops] == [op.name for op in whole.ops]
    assert [*map(len, asked.loads.values())] == [*map(len, whole.loads.values())]


def test_the_order_of_questions_does_not_matter() -> None:
    module = module_of(CALLER)
    evaluator = Evaluator(module)
    helper, caller = module.all_functions
    whole = evaluator.frame(caller)
    assert evaluator.frame(helper).env["x"] is whole.ops[0]
    assert [op.name for op in whole.ops] == ["softmax", "relu", "log"]


METHODS = """
class Base:
    def reset(self):
        self.reached()

    def reached(self):
        self.weight.data.zero_()

    def sets(self):
        self.weight = 3

class Net(Base):
    def harmless(self):
        nn.init.zeros_(self.weight)
        self.apply(init)
        init(self)

    def calls_harmless(self):
        self.harmless()
        super().reset()

    def assigns(self):
        self.weight = None

    def deletes(self):
        del self.weight

    def calls_base(self):
        self.sets()

    def names(self):
        for step in (self.assigns,):
            step()

    def alias(self):
        this = self
        this.weight = 1

    def calls_itself(self):
        self(1)

    def by_name(self):
        getattr(self, "as" + "signs")()

    def inner(self):
        def run():
            self.weight = 1
        run()

    def circle(self):
        self.circle()
        self.harmless()
"""


@pytest.mark.parametrize(
    ("name", "leaves"),
    [
        *[(name, True) for name in ("harmless", "calls_harmless", "circle", "reached", "reset")],
        *[(name, False) for name in ("assigns", "deletes", "calls_base", "names", "alias", "calls_itself")],
        *[(name, False) for name in ("by_name", "inner", "sets")],
    ],
)
def test_methods_that_leave_attributes_alone_are_told_from_others(name: str, leaves: bool) -> None:
    module = module_of(METHODS)
    frame = Evaluator(module).module_frame()
    method = next(function for function in module.all_functions if function.name == name)
    assert (written(frame, module.classes["Net"], method) == frozenset()) is leaves


def test_an_attribute_that_a_method_sets_is_known_after_it() -> None:
    module = module_of(
        """
        class Net(nn.Module):
            def __init__(self):
                self.make()
                self.touch()
                self.held = self.act

            def make(self):
                self.act = nn.Softmax(1)

            def touch(self):
                nn.init.zeros_(self.weight)
        """
    )
    init = next(function for function in module.all_functions if function.name == "__init__")
    held = Evaluator(module).frame(init).env["self.held"]
    assert isinstance(held, Layer)
    assert held.name == "Softmax"
