"""Of a method of another file only the part is evaluated that leads to what the checked file reads of its instance."""

from __future__ import annotations

import ast
from pathlib import Path
from textwrap import dedent

import pytest
from test_values import show

from torchlint.source import Source
from torchlint.syntax.import_index import ImportIndexes
from torchlint.syntax.module import FunctionModel, Module
from torchlint.syntax.self_use import SelfUse, self_use
from torchlint.values.interpret.evaluator import Evaluator
from torchlint.values.interpret.frame import Frame
from torchlint.values.interpret.project import Project

BASE = """
import torch
from torch import nn

def costly(x):
    return x

class Base(nn.Module):
    def __init__(self, dim, wanted=True):
        super().__init__()
        self.name = costly(dim)
        axis = dim
        self.soft = nn.Softmax(axis)
        layers = []
        layers.append(nn.ReLU())
        layers.extend([nn.Tanh()])
        self.body = nn.Sequential(*layers)
        self.config.kind = costly(self.pick(dim))
        if not wanted:
            self.switch = costly(dim)
        costly(self)
        self.set_up()

    def pick(self, dim):
        return costly(dim)

    def set_up(self):
        this = self
        this.set_norm()
        Base.set_gate(self)
        getattr(self, "set_head")()
        if self.fast:
            return
        self.late = nn.Tanh()

    def set_norm(self):
        self.norm = nn.LayerNorm(4)

    def set_gate(self):
        self.gate = nn.Sigmoid()

    def set_head(self):
        self.head = nn.Linear(2, 2)

    def by_any_name(self, name):
        getattr(self, name)()
        costly(self)
"""
NET = """
import torch
from base import Base

class Net(Base):
    def __init__(self, dim):
        super().__init__(1)

    def forward(self, x):
        return {result}
"""


def evaluated(folder: Path, text: str, *, base: str = BASE) -> tuple[Evaluator, FunctionModel]:
    """A file beside `base.py`, and the function `forward` in it."""
    (folder / "base.py").write_text(base)
    path = folder / "net.py"
    path.write_text(text)
    source = Source.from_bytes(str(path), path.read_bytes())
    module = Module(source, ast.parse(source.text))
    return Evaluator(module, Project(module, ImportIndexes)), next(
        one for one in module.all_functions if one.name == "forward"
    )


def called(evaluator: Evaluator) -> list[str]:
    """The functions that were evaluated."""
    return [frame.function.name for frame in evaluator.frames if frame.function is not None]


@pytest.mark.parametrize(
    ("result", "value"),
    [
        ("self.soft(x)", "softmax(dim=1, input=$x)"),
        ("self.body(x)", "tanh(input=relu(input=$x))"),
        ("self.gate(x)", "sigmoid(input=$x)"),
        ("getattr(self, 'gate')(x)", "sigmoid(input=$x)"),
        ("self.late(x)", "tanh(input=$x)"),
        ("self.norm(x)", "LayerNorm(input=$x, normalized_shape=4)"),
        ("self.head(x)", "Linear(in_features=2, input=$x, out_features=2)"),
        ("x.exp()", "exp(input=$x)"),
    ],
)
def test_what_the_file_reads_is_known_and_nothing_else_is_called(tmp_path: Path, result: str, value: str) -> None:
    evaluator, forward = evaluated(tmp_path, NET.format(result=result))
    init = evaluator.module.classes["Net"].methods["__init__"]
    evaluator.frame(init)
    assert show(evaluator.frame(forward).result) == value
    assert "costly" not in called(evaluator)


def test_a_constructor_that_is_inherited_is_evaluated_in_part_too(tmp_path: Path) -> None:
    text = """
    import torch
    from base import Base

    class Net(Base):
        def forward(self, x):
            return self.body(x)
    """
    evaluator, forward = evaluated(tmp_path, dedent(text))
    assert show(evaluator.frame(forward).result) == "tanh(input=relu(input=$x))"
    assert called(evaluator).count("__init__") == 1
    assert "costly" not in called(evaluator)


def test_a_constructor_is_left_out_where_nothing_of_it_is_read(tmp_path: Path) -> None:
    evaluator, _ = evaluated(tmp_path, NET.format(result="x"))
    frame = evaluator.frame(evaluator.module.classes["Net"].methods["__init__"])
    assert called(evaluator) == ["__init__"]
    assert not any(name.startswith("self.") for name in frame.env)


def test_what_a_left_out_statement_assigns_is_not_what_it_was(tmp_path: Path) -> None:
    base = """
    from torch import nn

    class Base(nn.Module):
        def __init__(self):
            self.first()
            self.second()
            self.shown = self.hidden

        def first(self):
            self.hidden, self.shown = 1, 2

        def second(self):
            self.hidden = 3
    """
    text = """
    import torch
    from base import Base

    class Net(Base):
        def __init__(self):
            super().__init__()

        def forward(self, x):
            return self.shown
    """
    evaluator, forward = evaluated(tmp_path, dedent(text), base=dedent(base))
    evaluator.frame(evaluator.module.classes["Net"].methods["__init__"])
    assert "1" not in show(evaluator.frame(forward).result)


def test_methods_of_the_checked_file_are_evaluated_as_a_whole(tmp_path: Path) -> None:
    text = BASE + "\nclass Net(Base):\n    def __init__(self):\n        super().__init__(1)\n"
    evaluator, _ = evaluated(tmp_path, text + "\ndef forward(x):\n    return x\n")
    evaluator.frame(evaluator.module.classes["Net"].methods["__init__"])
    assert "costly" in called(evaluator)


def test_a_method_that_may_do_anything_is_evaluated_as_a_whole(tmp_path: Path) -> None:
    text = NET.format(result="x") + "\n    def run(self):\n        self.by_any_name('set_head')\n"
    evaluator, _ = evaluated(tmp_path, text)
    evaluator.frame(evaluator.module.classes["Net"].methods["run"])
    assert {"by_any_name", "costly"} <= set(called(evaluator))
    assert self_use(_method("getattr(self, name)()")) is None


def _method(body: str) -> FunctionModel:
    source = Source("a.py", f"class A:\n    def method(self, other, name):\n        {body}\n")
    return Module(source, ast.parse(source.text)).classes["A"].methods["method"]


@pytest.mark.parametrize(
    ("body", "use"),
    [
        ("self.x = self.y", SelfUse({"x"}, {"y"}, set())),
        ("del self.x", SelfUse({"x"}, set(), set())),
        ("super().reset()", SelfUse(set(), set(), {"reset"})),
        ("Base.reset(self)", SelfUse(set(), {"reset"}, set())),
        ("this = self; this.x = 1", SelfUse({"x"}, set(), set())),
        ("print(self, self is other, other[self])", SelfUse(set(), set(), set())),
        ("getattr(self, 'x')()", SelfUse(set(), {"x"}, set())),
        ("getattr(other, name)()", SelfUse(set(), set(), set())),
        ("return getattr(self, name) is None", SelfUse(set(), set(), set())),
        *[(body, None) for body in ("getattr(self, name)()", "self()", "other.held = self", "held = [self]")],
        *[(body, None) for body in ("get = getattr; get(self, name)()", "getattr(*other)()", "return self")],
    ],
)
def test_what_a_method_does_to_its_instance_is_read_off_its_text(body: str, use: SelfUse | None) -> None:
    assert self_use(_method(body)) == use


# -- calls: what they give depends on what they are given ------------------------------------------------------------


def frame_of(text: str, name: str = "run") -> Frame:
    source = Source("a.py", "import torch\nfrom torch import nn\n" + dedent(text))
    module = Module(source, ast.parse(source.text))
    return Evaluator(module).frame(module.functions[name])


def test_one_function_called_with_other_kinds_gives_other_results() -> None:
    frame = frame_of(
        """
        def act(x, soft):
            if soft:
                return torch.softmax(x, 1)
            return torch.relu(x)

        def run(x, soft):
            return act(x, True), act(x, False), act(x, soft), act(x, None)
        """
    )
    soft, hard = "softmax(dim=1, input=$x)", "relu(input=$x)"
    assert show(frame.result) == f"[{soft}, {hard}, {hard} | {soft}, {hard}]"


def test_two_calls_that_draw_random_numbers_are_not_one_value() -> None:
    frame = frame_of(
        """
        def noise():
            return torch.randn(3)

        def run():
            return noise() if torch else noise()
        """
    )
    assert show(frame.result) == "randn(size=[3]) | randn(size=[3])"


def test_a_function_that_writes_to_its_argument_leaves_other_arguments_alone() -> None:
    frame = frame_of(
        """
        def clear(x):
            x.zero_()
            return x

        def run(a, b):
            return clear(a), b.exp()
        """
    )
    assert show(frame.result).endswith("exp(input=$b)]")


def test_a_function_made_twice_gives_what_each_closes_over() -> None:
    frame = frame_of(
        """
        def make(dim):
            def act(x):
                return torch.softmax(x, dim)
            return act

        def run(x):
            return make(0)(x), make(1)(x)
        """
    )
    assert show(frame.result) == "[softmax(dim=0, input=$x), softmax(dim=1, input=$x)]"
