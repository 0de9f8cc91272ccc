"""What a fix must not overlook although no line between its ends says so: gradients, layouts, dtypes, rebound names."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from torchlint import lint
from torchlint.finding import Applicability
from torchlint.source import Source

HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"


def is_safe(code: str, program: str, path: str = "program.py") -> bool:
    """Whether the one finding of a rule in a program has a safe fix."""
    report = lint.check(Source(path, HEAD + textwrap.dedent(program)), {code})
    assert report.failures == []
    assert len(report.findings) == 1
    fix = report.findings[0].fix
    return fix is not None and fix.applicability is Applicability.SAFE


# -- what autograd keeps ----------------------------------------------------------------------------------------------

GRADIENT = """
    def f(x):
        y = F.gelu(x)
        r = {}
        {}
        return r
    """
KEEPS_RESULT = {
    "TLT201": "torch.exp(y) / torch.exp(y).sum(1, keepdim=True)",
    "TLT202": "torch.log(torch.softmax(y, 1))",
    "TLT204": "torch.log(torch.exp(y).sum(1))",
    "TLT207": "torch.exp(y) - 1",
    "TLT208": "1 / (1 + torch.exp(-y))",
}
KEEPS_INPUT = {
    "TLT203": "torch.log(torch.sigmoid(y))",
    "TLT204": "torch.log(torch.exp(y).sum(1))",
    "TLT205": "torch.log(1 + torch.exp(y))",
    "TLT206": "torch.log(1 + y)",
}
# The gradient of these is computed from the result alone.
KEEPS_NO_INPUT = ("TLT202", "TLT207", "TLT208")
WRITES = [
    "{}.add_(1)",
    "{} *= 3",
    "{}[0] = 0",
    "F.relu({}, inplace=True)",
    "torch.mul({0}, 3, out={0})",
    "nn.init.zeros_({})",
]


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("code", KEEPS_RESULT)
def test_a_result_that_only_the_new_code_keeps_is_not_written(code: str, write: str) -> None:
    assert is_safe(code, GRADIENT.format(KEEPS_RESULT[code], "print('done')"))
    assert not is_safe(code, GRADIENT.format(KEEPS_RESULT[code], write.format("r")))


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("code", KEEPS_INPUT)
def test_an_input_that_only_the_new_code_keeps_is_not_written(code: str, write: str) -> None:
    assert not is_safe(code, GRADIENT.format(KEEPS_INPUT[code], write.format("y")))


@pytest.mark.parametrize("code", KEEPS_NO_INPUT)
def test_an_input_that_neither_keeps_may_be_written(code: str) -> None:
    assert is_safe(code, GRADIENT.format(KEEPS_RESULT[code], "y.zero_()"))


def test_a_result_that_both_keep_or_neither_may_be_written() -> None:
    assert is_safe("TLT206", GRADIENT.format("torch.log(1 + y)", "r.add_(1)"))
    assert is_safe("TLT203", GRADIENT.format("torch.log(torch.sigmoid(y))", "r.add_(1)"))


LEFT = """
    def f(x):
        y = F.gelu(x)
        s = torch.sigmoid(y)
        r = torch.log(s)
        {}
        return r
    """


@pytest.mark.parametrize(
    "use",
    [
        "s.mul_(2)",
        "v = s[0]\n    v.zero_()",
        "with torch.no_grad():\n        s.zero_()",
        "nn.ReLU(True)(s)",
        "s.register_hook(print)",
        "s.retain_grad()",
        "print(torch.autograd.grad(r.sum(), s))",
        "r.sum().backward(inputs=[s])",
    ],
)
def test_what_is_left_behind_has_no_part_in_the_gradient(use: str) -> None:
    program = textwrap.dedent(LEFT)
    assert is_safe("TLT203", program.format("print(s.mean())"))
    assert is_safe("TLT203", program.format("q = s.clone()\n    q.mul_(2)"))
    assert not is_safe("TLT203", program.format(use))


RETURNED = """
    class Gate(nn.Module):
        def gate(self, x):
            y = F.gelu(x)
            return 1 / (1 + torch.exp(-y))

        def forward(self, x):
            {}
    """


@pytest.mark.parametrize("use", ["g = self.gate(x)\n        g += 1\n        return g", "return self.gate(x).mul_(2)"])
def test_a_caller_that_writes_to_the_result_is_seen(use: str) -> None:
    program = textwrap.dedent(RETURNED)
    assert is_safe("TLT208", program.format("return self.gate(x) + 1"))
    assert is_safe("TLT208", program.format("g = self.gate(x) * x\n        g += 1\n        return g"))
    assert not is_safe("TLT208", program.format(use))


# -- layouts ----------------------------------------------------------------------------------------------------------

LAYOUT = """
    def f(x):
        x = F.gelu(x.t())
        y = torch.log(torch.sigmoid(x))
        {}
    """


@pytest.mark.parametrize(
    "use",
    [
        "return torch.rand_like(y)",
        "return y + torch.randn_like(y)",
        "return F.dropout(y, 0.5)",
        "return torch.exp(y).bernoulli()",
        "return torch.empty_like(y).uniform_()",
        "z = torch.empty_like(y)\n    nn.init.normal_(z)\n    return z",
        "return nn.Dropout(0.5)(y)",
        "return torch.zeros_like(y).view(-1)",
    ],
)
def test_random_numbers_show_the_layout_that_they_fill(use: str) -> None:
    assert is_safe("TLT203", textwrap.dedent(LAYOUT).format("return y * 2"))
    assert is_safe("TLT203", textwrap.dedent(LAYOUT).format("return y + torch.rand(3, 4)"))
    assert not is_safe("TLT203", textwrap.dedent(LAYOUT).format(use))


# -- dtypes -----------------------------------------------------------------------------------------------------------

ENTROPY = """
    def f(x, t):
        x = F.gelu(x)
        t = {}
        p = torch.sigmoid(x)
        return -(t * torch.log(p) + (1 - t) * torch.log(1 - p))
    """


@pytest.mark.parametrize("targets", ["torch.sigmoid(t)", "F.gelu(t).double()", "torch.ones(3, dtype=torch.float64)"])
def test_targets_of_another_dtype_show_what_half_logits_are_rounded_to(targets: str) -> None:
    assert not is_safe("TLT112", ENTROPY.format(targets))


@pytest.mark.parametrize("targets", ["torch.ones_like(x)", "torch.sigmoid(x * 2)", "torch.sigmoid(t).to(x.dtype)"])
def test_targets_of_the_dtype_of_the_logits_are_safe(targets: str) -> None:
    assert is_safe("TLT112", ENTROPY.format(targets))


@pytest.mark.parametrize("negated", ["-x / n", "-x * 3", "-x * n / 2"])
def test_a_sign_that_goes_may_have_been_that_of_a_bool(negated: str) -> None:
    program = "def f(x, n):\n    {}\n    return 1 / (1 + torch.exp(" + negated + "))\n"
    assert not is_safe("TLT208", program.format("pass"))
    assert is_safe("TLT208", program.format("x = F.gelu(x)"))


# -- names ------------------------------------------------------------------------------------------------------------

NAMES = """
{top}


def f(x, names):
    x = F.gelu(x)
    {inside}
    return torch.log(torch.sigmoid(x))
"""


@pytest.mark.parametrize(
    "top",
    [
        "exec('F = 3')",
        "exec(open('setup.py').read())",
        "eval('(F := 3)')",
        "globals()['F'] = 3",
        "globals().update(F=3)",
        "names = globals()",
        "vars()['F'] = 3",
        "locals().update({'F': 3})",
        "import sys\nsetattr(sys.modules[__name__], 'F', 3)",
        "import sys\nsys.modules[__name__].F = 3",
        "import __main__\n__main__.F = 3",
        "def g(): pass\ng.__globals__['F'] = 3",
        "torch.__dict__['sigmoid'] = torch.tanh",
        "vars(torch)['sigmoid'] = torch.tanh",
        "import torch as t\nt.sigmoid = torch.tanh",
        "delattr(torch, 'sigmoid')",
        "from unittest import mock\nmock.patch('torch.sigmoid').start()",
        "from unittest.mock import patch\npatch.object(torch, 'sigmoid').start()",
        "def test(monkeypatch): monkeypatch.setattr(torch, 'sigmoid', torch.tanh)",
        "from nowhere_to_be_found import *",
        "from .nowhere_to_be_found import *",
    ],
)
def test_names_that_may_be_bound_unseen_are_no_end_of_a_safe_fix(top: str) -> None:
    assert not is_safe("TLT203", NAMES.format(top=top, inside="pass"))


@pytest.mark.parametrize("inside", ["globals()['F'] = None", "exec(names)", "globals().pop('F')"])
def test_a_function_may_bind_names_of_the_module_unseen(inside: str) -> None:
    assert not is_safe("TLT203", NAMES.format(top="", inside=inside))


@pytest.mark.parametrize(
    "inside",
    [
        "print('F' in globals())",
        "print(globals()['F'])",
        "print(globals().get(names))",
        "print(len(locals()))",
        "locals()['F'] = 3",
        "nn.Linear(3, 3).eval()",
        "print(eval('1 + 1'))",
        "names.modules = 3",
        "setattr(names, 'sigmoid', 3)",
    ],
)
def test_what_binds_no_name_of_the_module_does_not_matter(inside: str) -> None:
    assert is_safe("TLT203", NAMES.format(top="", inside=inside))


def test_star_imports_of_the_standard_library_bind_no_module_of_torch() -> None:
    program = NAMES.format(top="from math import *", inside="pass")
    assert is_safe("TLT203", program + "\n\ndef loss(x, y):\n    return F.mse_loss(x, y)\n")


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("import torch\nimport torch.nn.functional as F\n", True),
        ("def helper(): pass\n", True),
        ("_F = 3\n", True),
        ("F = 3\n", False),
        ("import jax.nn as F\n", False),
        ("if True:\n    def F(): pass\n", False),
        ("from elsewhere_again import *\n", False),
    ],
)
def test_star_imports_of_the_project_are_read(text: str, safe: bool, tmp_path: Path) -> None:
    (tmp_path / "models.py").write_text(text, encoding="utf-8")
    program = (
        NAMES.format(top="from models import *", inside="pass") + "\n\ndef g(x, y):\n    F.mse_loss(x, y).backward()\n"
    )
    assert is_safe("TLT203", program, str(tmp_path / "program.py")) is safe


# -- code that runs unseen --------------------------------------------------------------------------------------------

UNSEEN = """
    class W:
        def __init__(self, x=None):
            self.__dict__["x"] = x

        def {name}(self, *given):
            given[-1].zero_() if given else self.x.zero_()
            return {gives}


    def f(x, y, w=None):
        x = F.gelu(x)
        w = W(x)
        lp = F.log_softmax(x, 1)
        {use}
        return F.cross_entropy(lp, y)
    """


@pytest.mark.parametrize(
    ("name", "gives", "use"),
    [
        ("__add__", "0", "w + x"),
        ("__radd__", "0", "3 + w"),
        ("__iadd__", "self", "w += x"),
        ("__getitem__", "0", "w[x]"),
        ("__setitem__", "None", "w[0] = x"),
        ("__contains__", "True", "x in w"),
        ("__eq__", "True", "w == x"),
        ("__neg__", "0", "-w"),
        ("__enter__", "0", "with w: pass"),
        ("__bool__", "True", "if w: pass"),
        ("__bool__", "True", "not w"),
        ("__str__", "''", "print(w)"),
        ("__format__", "''", "q = f'{w}'"),
        ("__len__", "1", "len(w)"),
        ("__iter__", "iter([1, 2])", "a, b = w"),
        ("__iter__", "iter([1, 2])", "for a in w: pass"),
        ("__getattr__", "0", "w.a"),
        ("__setattr__", "None", "w.a = x"),
    ],
)
def test_methods_of_classes_run_without_a_call_in_the_text(name: str, gives: str, use: str) -> None:
    assert is_safe("TLT102", UNSEEN.format(name="unused", gives=gives, use="print('done')"))
    assert not is_safe("TLT102", UNSEEN.format(name=name, gives=gives, use=use))


CROSS_ENTROPY = """
    {top}


    def f(x, y):
        x = F.gelu(x)
        lp = F.log_softmax(x, 1)
        {inside}
        return F.cross_entropy(lp, y)
    """


@pytest.mark.parametrize(
    "inside",
    [
        "sorted([x], key=lambda t: t.zero_().sum())",
        "v = torch.from_dlpack(x)\n    v.zero_()",
        "torch.set_grad_enabled(False)",
        "torch.set_default_dtype(torch.float64)",
    ],
)
def test_roundabout_writes_and_settings_are_seen(inside: str) -> None:
    program = textwrap.dedent(CROSS_ENTROPY)
    assert is_safe("TLT102", program.format(top="", inside="sorted([3, 1])"))
    assert not is_safe("TLT102", program.format(top="", inside=inside))


@pytest.mark.parametrize(
    "top",
    [
        "class T(torch.Tensor):\n    def __torch_function__(cls, func, types, args=(), kwargs=None): return args[0]",
        "from torch.overrides import TorchFunctionMode\nclass M(TorchFunctionMode): pass",
        "from elsewhere import T\ndef g(x): return x.as_subclass(T)",
    ],
)
def test_who_intercepts_calls_of_torch_sees_which_they_are(top: str) -> None:
    assert not is_safe("TLT102", textwrap.dedent(CROSS_ENTROPY).format(top=top, inside="pass"))


def test_what_a_try_would_catch_may_be_raised_otherwise() -> None:
    program = """
        def f(x):
            {}
            try:
                return Variable(x)
            except TypeError:
                return None
        """
    head = "from torch.autograd import Variable\n"
    tried = head + textwrap.dedent(program.format("pass"))
    assert not is_safe("TLT803", tried)
    assert is_safe("TLT803", tried.replace("except TypeError:\n        return None", "finally:\n        pass"))


def test_indices_of_bytes_are_masks() -> None:
    program = """
        def f():
            t = torch.randint(3, (4,){})
            out = torch.zeros(4, 3)
            for i in range(4):
                out[i, t[i]] = 1
            return out
        """
    assert is_safe("TLT406", program.format(""))
    assert not is_safe("TLT406", program.format(", dtype=torch.uint8"))
