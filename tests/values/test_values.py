"""What the forward pass knows of an expression, and what it refuses to know."""

from __future__ import annotations

import ast
import textwrap

import pytest
from shown_values import show

from torchlint.source import Source
from torchlint.syntax.module import Module
from torchlint.values import facts
from torchlint.values.facts import dtypes, sizes
from torchlint.values.interpret.evaluator import Evaluator
from torchlint.values.interpret.frame import Frame

HEADER = """
import torch
import torch as th
import torch.nn as nn
import torch.nn.functional as F
from torch.nn import CrossEntropyLoss as CE, Softmax
from torch.nn.functional import softmax as sm
"""


def frames(code: str) -> dict[str, Frame]:
    source = Source("t.py", HEADER + textwrap.dedent(code))
    module = Module(source, ast.parse(source.text))
    evaluator = Evaluator(module)
    found = {function.name: evaluator.frame(function) for function in module.all_functions}
    found[""] = evaluator.module_frame()
    return found


def returned(code: str, function: str = "f") -> str:
    """What a function returns."""
    frame = frames(code)[function]
    return " / ".join(show(value) for _, value in frame.returns)


SOFTMAX = "softmax(dim=1, input=$x)"


@pytest.mark.parametrize(
    "expression",
    [
        "torch.softmax(x, 1)",
        "torch.softmax(x, dim=1)",
        "torch.softmax(input=x, dim=1)",
        "th.softmax(x, 1)",
        "F.softmax(x, 1)",
        "F.softmax(x, dim=1, dtype=None)",
        "F.softmax(x, 1, 3)",
        "nn.functional.softmax(x, 1)",
        "torch.nn.functional.softmax(x, 1)",
        "torch.special.softmax(x, 1)",
        "sm(x, 1)",
        "x.softmax(1)",
        "x.softmax(dim=1)",
        "nn.Softmax(dim=1)(x)",
        "Softmax(1)(x)",
        "nn.Sequential(nn.Softmax(1))(x)",
        "nn.Sequential(nn.Identity(), nn.Softmax(1))(x)",
        "nn.Softmax(1).to('cuda')(x)",
        "nn.DataParallel(nn.Softmax(1))(x)",
        "torch.compile(nn.Softmax(1))(x)",
        "nn.Softmax(1).forward(x)",
        "F.softmax(x, **{'dim': 1})",
        "F.softmax(*(x, 1))",
        "(lambda_free := F.softmax(x, 1))",
    ],
)
def test_every_spelling_is_one_operation(expression: str) -> None:
    assert returned(f"def f(x):\n    return {expression}") == SOFTMAX


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ("y = F.softmax(x, 1)\nreturn y", SOFTMAX),
        ("y = z = F.softmax(x, 1)\nreturn z", SOFTMAX),
        ("a, b = F.softmax(x, 1), 2\nreturn a", SOFTMAX),
        ("if c:\n    y = F.softmax(x, 1)\nelse:\n    y = F.softmax(x, dim=1)\nreturn y", SOFTMAX),
        ("y = x\nif c:\n    y = F.softmax(x, 1)\nreturn y", f"$x | {SOFTMAX}"),
        ("y = F.softmax(x, 1)\nif c:\n    raise ValueError\nreturn y", SOFTMAX),
        ("y = x\nif c:\n    y = F.softmax(x, 1)\n    raise ValueError\nreturn y", "$x"),
        ("for i in c:\n    y = F.softmax(x, 1)\nreturn y", SOFTMAX),
        ("y = x\nfor i in c:\n    y = F.softmax(x, 1)\n    if y.any():\n        break\nreturn y", f"$x | {SOFTMAX}"),
        ("y = x\nwhile True:\n    y = F.softmax(x, 1)\n    break\nreturn y", f"$x | {SOFTMAX}"),
        ("try:\n    y = F.softmax(x, 1)\nexcept ValueError:\n    y = x\nreturn y", f"$x | {SOFTMAX}"),
        ("with c:\n    y = F.softmax(x, 1)\nreturn y", SOFTMAX),
        ("y = F.softmax(x, 1)\ny[0] = 1\nreturn y", "?"),
        ("y = F.softmax(x, 1)\nz = y\nz += 1\nreturn y", "?"),
        ("y = F.softmax(x, 1)\ny.add_(1)\nreturn y", "?"),
        ("y = F.softmax(x, 1)\nz = y.view(-1)\nz.zero_()\nreturn y", "?"),
        ("y = F.softmax(x, 1)\nz = y + 1\nz.zero_()\nreturn y", SOFTMAX),
        ("d = {'a': F.softmax(x, 1)}\nreturn d['a']", SOFTMAX),
        ("l = []\nl.append(F.softmax(x, 1))\nreturn l[0]", SOFTMAX),
        ("y = F.softmax(x, 1) if c else F.softmax(x, dim=1)\nreturn y", SOFTMAX),
        ("def g(z):\n    return F.softmax(z, 1)\nreturn g(x)", SOFTMAX),
        ("return F.softmax(x, c)", "softmax(dim=$c, input=$x)"),
        ("return F.softmax(x, *c)", "call torch.nn.functional.softmax"),
        ("return F.softmax(x, **c)", "call torch.nn.functional.softmax"),
        ("F = c\nreturn F.cross_entropy(x, 1)", "call $c.cross_entropy"),
        ("torch = c\nreturn torch.exp(x)", "call $c.exp"),
        ("return x.max(1)[1]", "max(dim=1, input=$x)#1"),
        ("return x.max(1).indices", "max(dim=1, input=$x)#1"),
        ("_, i = x.max(1)\nreturn i", "max(dim=1, input=$x)#1"),
        ("return x.size()[0]", "size(dim=0, input=$x)"),
        ("return x.shape[0]", "size(dim=0, input=$x)"),
        ("n, m = x.shape\nreturn n", "size(dim=0, input=$x)"),
        ("return torch.max(x, c)", "call torch.max"),
        ("return 2 ** 3 - 1", "7"),
        ("return x ** 2", "pow(exponent=2, input=$x)"),
        ("return torch.square(x)", "pow(exponent=2, input=$x)"),
        ("return 1 / torch.exp(x)", "div(input=1, other=exp(input=$x))"),
        ("return x.sum(dim=(1,))", "sum(dim=1, input=$x)"),
        ("return x.sum(1, keepdim=False)", "sum(dim=1, input=$x)"),
        ("return x.sum(axis=1)", "sum(dim=1, input=$x)"),
    ],
)
def test_values_follow_the_program(body: str, value: str) -> None:
    assert returned("def f(x, c):\n" + textwrap.indent(body, "    ")) == value


NET = """
class Net(nn.Module):
    def __init__(self, act=None, classes=10):
        super().__init__()
        self.fc = nn.Linear(4, classes)
        self.act = act if act is not None else nn.Softmax(dim=1)
        self.softmax = nn.Softmax(dim=1)
        self.head = nn.Sequential(nn.Flatten(), nn.Softmax(dim=1))
        self.late = None

    def build(self):
        self.late = nn.Softmax(dim=1)

    def helper(self, x):
        return self.softmax(x)

    def forward(self, x):
        return self.helper(x), x
"""


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ("net = Net()\nreturn net(x)[0]", SOFTMAX),
        ("net = Net().to('cuda')\na, b = net(x)\nreturn a", SOFTMAX),
        ("net = nn.DataParallel(Net())\na, b = net(x)\nreturn a", SOFTMAX),
        ("net = torch.jit.script(Net())\nreturn net(x)[0]", SOFTMAX),
        ("net = Net()\nnet = net.cuda()\nnet.eval()\nreturn net(x)[0]", SOFTMAX),
        ("net = Net()\nreturn net.softmax(x)", SOFTMAX),
        ("net = Net()\nreturn net.head(x)", "softmax(dim=1, input=flatten(input=$x, start_dim=1))"),
        ("net = Net()\nreturn net.late(x)", "call None"),  # nobody names `build`
        ("net = Net(nn.ReLU())\nreturn net.act(x)", "relu(input=$x)"),
        ("return Net.forward(Net(), x)[0]", SOFTMAX),
    ],
)
def test_models_of_the_file_are_seen_through(body: str, value: str) -> None:
    assert returned(NET + "\ndef f(x):\n" + textwrap.indent(body, "    ")) == value


@pytest.mark.parametrize(("times", "is_known"), [(2, True), (40, False)])
def test_a_text_is_computed_as_long_as_it_is_short(times: int, is_known: bool) -> None:
    steps = "\n".join(["s = s.replace('b', 'bb')"] * times)
    value = returned(f"def f():\n    s = 'b'\n{textwrap.indent(steps, '    ')}\n    return s")
    assert (value == repr("b" * 2**times)) if is_known else value.startswith("call ")


def test_a_criterion_passes_through_moves_and_parameters() -> None:
    code = """
    def step(criterion, x, y):
        return criterion(x, y)

    def main(x, y):
        criterion = CE(label_smoothing=0.1)
        criterion = criterion.to("cuda")
        criterion.cuda()
        return step(criterion, x, y)
    """
    assert returned(code, "step") == "cross_entropy(input=$x, label_smoothing=0.1, target=$y)"


def test_callers_that_disagree_leave_a_choice() -> None:
    code = """
    def step(act, x):
        return act(x)

    def main(x):
        return step(nn.Softmax(1), x) + step(nn.ReLU(), x)
    """
    assert returned(code, "step") == "relu(input=$x) | softmax(dim=1, input=$x)"


def test_module_globals_are_read_from_functions() -> None:
    code = """
    criterion = nn.CrossEntropyLoss()
    criterion = criterion.to("cuda")

    def f(x, y):
        return criterion(x, y)
    """
    assert returned(code) == "cross_entropy(input=$x, target=$y)"


def test_a_global_that_is_bound_twice_is_a_choice() -> None:
    code = """
    act = nn.Softmax(1)
    if torch.cuda.is_available():
        act = nn.ReLU()

    def f(x):
        return act(x)
    """
    assert returned(code) == "relu(input=$x) | softmax(dim=1, input=$x)"


def test_an_attribute_assigned_from_outside_is_unknown() -> None:
    code = (
        NET
        + """
net = Net()
net.softmax = nn.Identity()

def f(x):
    return net.softmax(x)
"""
    )
    assert SOFTMAX not in returned(code)


def test_return_paths_are_kept_apart() -> None:
    code = """
    class Net(nn.Module):
        def forward(self, x):
            if self.training:
                return x
            return F.softmax(x, 1)

    def f(x):
        return Net()(x)
    """
    assert returned(code) == f"$x | {SOFTMAX}"


def test_gradients_off_are_known() -> None:
    code = """
    @torch.no_grad()
    def f(x):
        return torch.exp(x)

    def g(x):
        with torch.inference_mode():
            a = torch.exp(x)
        with torch.set_grad_enabled(False):
            b = torch.exp(x)
        return a, b, torch.exp(x)
    """
    found = frames(code)
    assert [op.grad for op in found["f"].ops] == [False]
    assert [op.grad for op in found["g"].ops] == [False, False, True]


def test_recursion_ends() -> None:
    code = """
    def f(x):
        return g(x)

    def g(x):
        return f(torch.exp(x))

    class Net(nn.Module):
        def __init__(self):
            self.child = Net()

        def forward(self, x):
            return self.child(x)
    """
    assert set(frames(code)) >= {"f", "g", "forward"}


def test_sizes_are_those_that_are_the_same_on_all_paths() -> None:
    code = """
    def f(a, b, c):
        width = 1 if a else 2 if b else 3
        depth = 4 if b else 5 if c else 6
        return torch.zeros(width, 7, depth, 8)
    """
    shaped = frames(code)["f"].returns[0][1]
    assert facts.rank(shaped) == 4
    assert facts.last_size(shaped) == 8
    known = sizes.sizes(shaped)
    assert known is not None
    assert [size if isinstance(size, int) else None for size in known] == [None, 7, None, 8]


@pytest.mark.parametrize("is_last_first", [True, False])
def test_it_makes_no_difference_which_value_is_asked_first(is_last_first: bool) -> None:
    program = ["def f():", "    x = torch.zeros(2, 3)", *["    x = torch.relu(x)"] * 400, "    return x"]
    ops = [*frames("\n".join(program))["f"].ops]
    assert [facts.rank(op) for op in (reversed(ops) if is_last_first else ops)] == [2] * len(ops)


@pytest.mark.parametrize(
    ("expression", "rank"),
    [
        ("torch.zeros(2, 3)", 2),
        ("torch.zeros((2, 3))", 2),
        ("torch.zeros(c)", None),
        ("x.view(x.size(0), -1)", 2),
        ("x.view(-1)", 1),
        ("x.flatten(1)", 2),
        ("x.flatten(2).chunk(3, 1)[0]", 3),
        ("nn.LSTM(4, 8, batch_first=True)(x)[1][0]", 3),
        ("nn.LSTM(4, 8)(x)[1][0]", None),
        ("x.flatten()", 1),
        ("torch.zeros(2, 3).index_fill(0, c, 1.0)", 2),
        ("torch.distributions.Normal(torch.zeros(2, 1), torch.zeros(3)).sample()", 2),
        ("torch.distributions.Normal(torch.zeros(3), 1.0).log_prob(torch.zeros(2, 3))", 2),
        ("torch.zeros(2, 3).sum(1)", 1),
        ("torch.zeros(2, 3).sum(1, keepdim=True)", 2),
        ("torch.zeros(2, 3).sum()", 0),
        ("torch.zeros(2, 3).unsqueeze(0).softmax(-1)", 3),
        ("torch.stack([torch.zeros(2), x])", 2),
        ("torch.zeros(2, 3)[0]", 1),
        ("torch.zeros(2, 3)[:, None]", 3),
        ("torch.zeros(2, 3).max(1).values", 1),
        ("nn.Linear(3, 4)(torch.zeros(2, 3))", 2),
        ("x", None),
        ("F.cross_entropy(x, c)", 0),
        ("F.cross_entropy(x, c, reduction='none')", None),
    ],
)
def test_ranks_are_known_only_where_they_are_certain(expression: str, rank: int | None) -> None:
    frame = frames(f"def f(x, c):\n    return {expression}")["f"]
    assert facts.rank(frame.returns[0][1]) == rank


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("torch.fft.fft(x)", "complex"),
        ("torch.complex(x, x).to(device='cuda')", "complex"),
        ("torch.zeros(3, dtype=torch.cfloat)", "complex"),
        ("torch.zeros(3, dtype=torch.cfloat).abs()", None),
        ("torch.fft.fft(x).real", None),
        ("torch.abs(x)", None),
        ("torch.fft.irfft(x)", "float"),
        ("torch.arange(3)", "int"),
        ("torch.softmax(x, 1)", "float"),
        ("x.reshape(-1)", None),
    ],
)
def test_what_elements_can_be_is_known_only_where_it_is_certain(expression: str, kind: str | None) -> None:
    ((_, value),) = frames(f"def f(x: torch.Tensor):\n    return {expression}")["f"].returns
    assert dtypes.dtype_class(value) == kind
