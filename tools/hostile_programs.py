"""Hostile contexts: each rule's own programs, with something put into them that a fix must not overlook.

The letters are those of the kinds of mistakes that fixes made: A writes, B aliases, C counts, D memory, E what is not a
tensor, F loop variables, G dtypes, H dims, I indices, J hooks, K names; M contexts, N names that are read, R random
numbers.
"""

from __future__ import annotations

import ast
import copy
import inspect
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from torchlint import registry
from torchlint.verify.fixtures import FIXTURES
from torchlint.verify.inputs.specs import InputError, Spec, of_function, parse_all

HEAD = """
import operator
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

BOX = []

def zero(t):
    t.zero_()
    return 0

def wipe():
    for t in BOX:
        t.zero_()
"""
_SCALARS: dict[str, Any] = {"dim": 1, "flag": True, "size": 3, "number": 0.5}

# X is a name of the program, at a place where it may hold anything.
INSERTED: dict[str, tuple[str, ...]] = {
    "A": (
        *("X.zero_()", "X += 1", "X[0] = 0", "X[..., 0] += 1", "X.data.zero_()", "X.data = torch.zeros_like(X)"),
        *("v = X[0]; v.zero_()", "v = X.view(-1); v[0] = 9", "v = X.detach(); v.mul_(0)", "X.relu_()"),
        *("a, *b = X.split(2); a.zero_()", "a = X.unbind(0)[0]; a.fill_(3.)", "for r in X: r.zero_()"),
        *("F.relu(X, inplace=True)", "F.relu_(X)", "nn.ReLU(inplace=True)(X)", "nn.ReLU(True)(X)", "torch.relu_(X)"),
        *("nn.Sequential(nn.ReLU(inplace=True))(X)", "F.dropout(X, 0.9, True, inplace=True)"),
        *("torch.clamp(X, 0, 1, out=X)", "torch.add(X, 1, out=X)", "torch.zero_(X)", "torch._foreach_zero_([X])"),
        *("nn.init.zeros_(X)", "nn.init.constant_(X, 2.)", "zero(X)", "zero(t=X)", "[zero(t) for t in [X]]"),
        *("list(map(zero, [X]))", "BOX.append(X); wipe()", "with torch.no_grad(): X.zero_()"),
        *("setattr(X, 'data', torch.zeros_like(X))", "X.__setitem__(0, 0)", "operator.setitem(X, 0, 0)"),
        *("X.detach().numpy()[0] = 1", "np.copyto(X.detach().numpy(), 0)", "X.index_fill_(0, torch.tensor([0]), 0.)"),
        *("torch.Tensor.zero_(X)", "getattr(X, 'zero_')()", "(lambda: X.zero_())()", "(lambda t: t.zero_())(X)"),
        *("eval('X.zero_()')", "X.requires_grad_(False)", "X.set_(torch.zeros(4, 3))", "X.t_()"),
        *("F.threshold_(X, 0., 5.)", "z = X; z *= 0", "d = dict(k=X); d['k'].zero_()", "l = [X]; l[0].zero_()"),
        *("t = (X,); t[0].fill_(0)", "if X.sum() > -1e9: X.zero_()", "X.squeeze_(0)", "X.copy_(torch.ones_like(X))"),
        *("def g():\n    X.zero_()\ng()", "class G:\n    X.zero_()", "try:\n    X.zero_()\nfinally:\n    pass"),
    ),
    "B": (
        *("v = X.mT; v[0] = 2", "v = X.t(); v.zero_()", "v = X.swapaxes(0, 1); v.zero_()", "v = X.ravel(); v.zero_()"),
        *("v = X.real; v.zero_()", "v = X.expand_as(X); v[0] = 0", "v = X.narrow(0, 0, 1); v.zero_()"),
        *("v = X.adjoint(); v.zero_()", "v = X.contiguous(); v.zero_()", "v = X.to(X.dtype); v.zero_()"),
        *(
            "v = X.diagonal(0); v.zero_()",
            "v = X.requires_grad_(False); v.zero_()",
            "v = torch.atleast_2d(X); v.zero_()",
        ),
    ),
    "E": (
        *("X = list(X)", "X = tuple(X.unbind(0))", "X = torch.var_mean(X, 0)", "X = X.max(0)", "X = X.tolist()"),
        *("X = X.numpy()", "X = torch.where(X > 0)", "X = X.aminmax()", "X = torch.unique(X, return_counts=True)"),
    ),
    "G": (
        *("X = X.long()", "X = X > 0", "X = X.to(torch.complex64)", "X = X.half()", "X = X.double()", "X = X.int()"),
        *("X = X.bool()", "X = X.sum()", "X = X.bfloat16()", "X = X.type(torch.uint8)", "X = X.round().char()"),
        *("if X.sum() > 0: X = X.long()", "X = X if X.ndim > 5 else X.long()"),
    ),
    "I": (
        *("X = X - 1", "X = X * 0 - 100", "X = torch.randint(-2, 3, X.shape)", "X = X.to(torch.uint8)"),
        *("X = X[:, None]", "X = X[:-1]", "X = X[:1]", "X = X.float()", "X = X.int()", "X = X.flip(0)"),
    ),
    "J": (
        "X.register_forward_hook(lambda m, a, o: o * 2 if torch.is_tensor(o) else o)",
        "X.register_forward_pre_hook(lambda m, a: tuple(t * 2 for t in a))",
        "X.forward = lambda *a: torch.zeros(2, 3)",
    ),
    "K": (
        *("F = 3", "nn = 3", "for F in range(1): pass", "q = [F for F in (1,)]", "import math as F", "del F"),
        *("def F(*a): return 0", "class F: pass", "from math import exp as F", "q = (lambda F: F)(1)", "F: int = 3"),
        *("with torch.no_grad() as F: pass", "(F := 3)", "try:\n    1 / 0\nexcept ZeroDivisionError as F:\n    pass"),
    ),
    "N": ("del X", "q = len(locals())", "X = None", "X = X * 0", "X, w = X * 0, 1", "q = dir()", "(X := X * 0)"),
    "R": ("torch.rand(1)", "X = F.dropout(X, 0.5, True)", "X = X + torch.rand_like(X)", "torch.manual_seed(7)"),
    "harmless": ("pass", "q = X + 1", "q = X.clone(); q.zero_()", "print(end='')", "q = torch.zeros_like(X); q += 1"),
}
# After the imports of the module.
AT_TOP = ("F = 3", "F = None", "nn = None", "def F(*a): return 0", "class F: pass", "F, G = 1, 2", "import math as F")
# What is asked of the result.
ASKED = (
    *("r_.view(-1)", "r_.is_contiguous()", "r_.stride()", "r_.data_ptr() == X.data_ptr()", "(r_.zero_(), X)"),
    *("r_.flatten().data_ptr() == r_.data_ptr()", "(r_.add_(1), X)", "r_.is_leaf", "r_._version", "(r_, X)"),
    *("torch.as_strided(r_, (2,), (1,))", "r_.detach().numpy().flags['C_CONTIGUOUS']", "id(r_) == id(X)"),
)
# Around a statement S.
AROUND = (
    *("with torch.no_grad():\n    S", "with torch.autocast('cpu', torch.bfloat16):\n    S"),
    *("try:\n    S\nexcept Exception:\n    return 0", "for _ in range(2):\n    S", "if X.sum() > 0:\n    S"),
    *("while True:\n    S\n    break", "match 1:\n    case 1:\n        S", "with torch.inference_mode():\n    S"),
    "try:\n    S\nfinally:\n    X = 1",
)


@dataclass(frozen=True)
class Program:
    """A module with one function `f`, and what that takes."""

    name: str
    head: tuple[ast.stmt, ...]
    function: ast.FunctionDef
    specs: tuple[Spec, ...]

    def text(self) -> str:
        tree = ast.Module([*self.head, self.function], [])
        return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


@dataclass(frozen=True)
class Context:
    """A program in one hostile context, which is made when it is asked for."""

    kind: str
    what: str
    made: Callable[[], ast.Module]
    specs: tuple[Spec, ...]

    @cached_property
    def text(self) -> str:
        """The text of the module; empty where that is none."""
        try:
            text = ast.unparse(ast.fix_missing_locations(self.made())) + "\n"
            compile(text, "program", "exec")
        except (SyntaxError, ValueError):
            return ""
        return text


def programs(code: str) -> Iterator[Program]:
    """The programs of a rule: its pairs, and the functions of its fixtures."""
    for pair in getattr(registry.load(code), "pairs", ()):
        yield from _of_pair(pair)
    folder = FIXTURES / registry.load(code).name().replace("-", "_")
    for path in sorted(folder.glob("*.py")):
        if not path.name.endswith(".fixed.py"):
            yield from _of_fixture(path)


def _of_pair(pair: Any) -> Iterator[Program]:
    """The function before, an operation at a time; its numbers written out. Its tensors may be anything, or floats."""
    try:
        specs = of_function(pair.before)
    except InputError:
        return
    tree = ast.parse(textwrap.dedent(inspect.getsource(pair.before))).body[0]
    assert isinstance(tree, ast.FunctionDef)
    numbers = {spec.name: _SCALARS[spec.kind] for spec in specs if not spec.is_tensor}
    tensors = tuple(spec for spec in specs if spec.is_tensor)
    body = [_Numbers(numbers).visit(statement) for statement in tree.body if not _is_text(statement)]
    name = pair.before.__name__
    for split in (False, True):
        inner = list(_split(body)) if split else body
        floats = [spec.name for spec in tensors if spec.is_float]
        shown = [ast.parse(f"F.gelu({name})").body[0] for name in floats]
        made = [ast.parse(f"{name} = F.gelu({name})").body[0] for name in floats]
        for first in ([], shown, made):
            yield Program(name, _head(), _function([spec.name for spec in tensors], [*first, *inner]), tensors)


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


class _Numbers(ast.NodeTransformer):
    def __init__(self, numbers: dict[str, Any]) -> None:
        self._numbers = numbers

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(self._numbers[node.id]) if node.id in self._numbers else node


def _split(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Each call of a statement in a statement of its own."""
    for statement in copy.deepcopy(body):
        found: list[ast.stmt] = []
        if isinstance(statement, ast.Return | ast.Assign) and statement.value is not None:
            statement.value = _Splitter(found).visit(statement.value)
        yield from (*found, statement)


class _Splitter(ast.NodeTransformer):
    def __init__(self, found: list[ast.stmt]) -> None:
        self._found = found

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        name = f"t{len(self._found)}"
        self._found.append(ast.Assign([ast.Name(name, ast.Store())], node, lineno=0))
        return ast.Name(name, ast.Load())


def _head() -> tuple[ast.stmt, ...]:
    return tuple(ast.parse(HEAD).body)


def _function(parameters: Sequence[str], body: Sequence[ast.stmt]) -> ast.FunctionDef:
    arguments = ast.arguments([], [ast.arg(name) for name in parameters], None, [], [], None, [])
    return ast.FunctionDef("f", arguments, copy.deepcopy(list(body)), [], lineno=0)


def _of_fixture(path: Path) -> Iterator[Program]:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except SyntaxError:
        return
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef) or node.decorator_list or node.args.kwonlyargs or node.args.defaults:
            continue
        marked = {arg.arg: arg.annotation for arg in node.args.args}
        if not all(isinstance(text, ast.Constant) and isinstance(text.value, str) for text in marked.values()):
            continue
        try:
            specs = parse_all(
                {name: str(text.value) for name, text in marked.items() if isinstance(text, ast.Constant)}
            )
        except InputError:
            continue
        body = [statement for statement in node.body if not _is_text(statement)]
        yield Program(f"{path.stem}.{node.name}", (*imports, *_head()), _function(list(marked), body), specs)


# -- contexts ---------------------------------------------------------------------------------------------------------


def contexts(program: Program) -> Iterator[Context]:
    """The program in all contexts, itself first."""
    yield Context("itself", "", lambda: _copied(program)[0], program.specs)
    for kind, what, made in _all(program):
        yield Context(kind, what, made, program.specs)


def _all(program: Program) -> Iterator[tuple[str, str, Callable[[], ast.Module]]]:
    names = _names(program.function)
    for place in range(len(list(_blocks(program.function)))):
        for kind, templates in INSERTED.items():
            for template in templates:
                for name in names if "X" in template else names[:1]:
                    yield kind, f"{template} [{name}]", partial(_inserted, program, place, template.replace("X", name))
        for template in AROUND:
            for name in names:
                yield "M", template, partial(_around, program, place, template.replace("X", name))
    for template in AT_TOP:
        yield "K", f"{template} at the top", partial(_at_top, program, template)
    for template in ASKED:
        for name in names if "X" in template else names[:1]:
            yield "D", template, partial(_asked, program, template.replace("X", name))
    yield from _mutated(program)


def _names(function: ast.FunctionDef) -> list[str]:
    """The names that the function binds, loop variables left out."""
    loops = {
        part.id
        for node in ast.walk(function)
        if isinstance(node, ast.For | ast.comprehension)
        for part in ast.walk(node.target)
        if isinstance(part, ast.Name)
    }
    stored = (node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    return [name for name in dict.fromkeys([*(arg.arg for arg in function.args.args), *stored]) if name not in loops]


def _blocks(function: ast.FunctionDef) -> Iterator[tuple[list[ast.stmt], int]]:
    """All places of statements: the block, and the place in it."""
    for node in ast.walk(function):
        for field in ("body", "orelse"):
            block = getattr(node, field, None)
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                yield from ((block, place) for place in range(len(block)))


def _copied(program: Program) -> tuple[ast.Module, ast.FunctionDef]:
    function = copy.deepcopy(program.function)
    return ast.Module([*program.head, function], []), function


def _inserted(program: Program, place: int, statements: str) -> ast.Module:
    tree, function = _copied(program)
    block, at = list(_blocks(function))[place]
    block[at:at] = ast.parse(statements).body
    return tree


def _around(program: Program, place: int, template: str) -> ast.Module:
    tree, function = _copied(program)
    block, at = list(_blocks(function))[place]
    outer = ast.parse(template).body
    for holder in ast.walk(outer[0]):
        for field in ("body", "orelse"):
            inner = getattr(holder, field, None)
            if isinstance(inner, list):
                inner[:] = [block[at] if _is_hole(one) else one for one in inner]
    block[at : at + 1] = outer
    return tree


def _is_hole(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Name) and node.value.id == "S"


def _at_top(program: Program, template: str) -> ast.Module:
    tree, function = _copied(program)
    tree.body[-1:] = [*ast.parse(template).body, function]
    return tree


def _asked(program: Program, template: str) -> ast.Module:
    tree, function = _copied(program)
    last = function.body[-1]
    if isinstance(last, ast.Return) and last.value is not None:
        result = last.value.elts[0] if isinstance(last.value, ast.Tuple) and last.value.elts else last.value
        function.body[-1:] = [
            ast.Assign([ast.Name("r_", ast.Store())], result, lineno=0),
            *ast.parse(f"q_ = {template}").body,
            ast.Return(ast.Tuple([ast.Name("q_", ast.Load()), last.value], ast.Load())),
        ]
    return tree


_WITH_DIM = frozenset({"softmax", "log_softmax", "sum", "mean", "max", "amax", "stack", "logsumexp", "argmax", "cat"})
_DIMS = ("(0, 1)", "[0, 1]", "None", "[1]", "-1", "0")
_COUNTS = ("9", "-1", "0", "1", "int(torch.rand(()) * 9)")


def _mutated(program: Program) -> Iterator[tuple[str, str, Callable[[], ast.Module]]]:
    """The program with other dims, other counts, and with its loop variables returned."""
    _, function = _copied(program)
    for place, node in enumerate(ast.walk(function)):
        match node:
            case ast.Call(func=ast.Attribute(attr=name)) if name in _WITH_DIM:
                slots = [at for at, arg in enumerate(node.args) if isinstance(arg, ast.Constant)]
                for slot in slots:
                    for text in _DIMS:
                        yield "H", f"dim {text}", partial(_with_argument, program, place, slot, text)
            case ast.Call(func=ast.Name(id="range"), args=[_]):
                for text in _COUNTS:
                    yield "C", f"range({text})", partial(_with_argument, program, place, 0, text)
            case ast.For(target=ast.Name(id=name)):
                for template in (name, f"{name} if '{name}' in locals() else 0"):
                    yield "F", template, partial(_asked, program, template)


def _with_argument(program: Program, place: int, slot: int, text: str) -> ast.Module:
    tree, function = _copied(program)
    node = list(ast.walk(function))[place]
    assert isinstance(node, ast.Call)
    node.args[slot] = ast.parse(text, mode="eval").body
    return tree
