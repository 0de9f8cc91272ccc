"""Shapes that the expressions of a package really have: its modules are imported with calls that note them.

Each expression that may be a tensor is wrapped as `__seen__(call, span, expression)`, and each function begins with
`call = __begin__(..)`, so that what was seen is known by the call that it was seen in.
"""

from __future__ import annotations

import ast
import importlib.abc
import importlib.machinery
import sys
import types
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, cast

import torch

# First and last row and column of an expression.
Span = tuple[int, int, int, int]
_WRAPPED = ast.Call | ast.BinOp | ast.Subscript
_CALL = "__torchlint_call__"


class Call:
    """One call of a function: its arguments, and the shapes of what its expressions gave, in order."""

    def __init__(self, path: str, row: int, held: Mapping[str, Any]) -> None:
        self.path = path
        self.row = row
        self.owner = held.get("self")
        self.arguments = {name: plain(value) for name, value in held.items() if name != "self"}
        self.seen: list[tuple[Span, tuple[int, ...]]] = []


class Tensor(NamedTuple):
    """What is kept of a tensor that is passed."""

    shape: tuple[int, ...]
    dtype: str


def plain(value: Any) -> Any:
    """An argument without its tensors."""
    if isinstance(value, torch.Tensor):
        return Tensor(tuple(value.shape), str(value.dtype).removeprefix("torch."))
    if type(value) in (list, tuple):
        return type(value)(map(plain, value))
    return value


class Recorder:
    """The calls that were made since it was told to begin, and how each module was made."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.made: dict[int, list[Call]] = {}

    def clear(self) -> None:
        self.calls.clear()
        self.made.clear()

    def begin(self, path: str, row: int, name: str, held: Mapping[str, Any]) -> Call:
        call = Call(path, row, held)
        if name == "__init__" and call.owner is not None:
            self.made.setdefault(id(call.owner), []).append(call)
        else:
            self.calls.append(call)
        return call

    def seen(self, call: Call, span: Span, value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            call.seen.append((span, tuple(value.shape)))
        return value


class _Wrapper(ast.NodeTransformer):
    """Rewrites a module."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.depth = 0

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        if any("script" in ast.unparse(decorator) for decorator in node.decorator_list):
            return node  # its text is compiled once more
        self.depth += 1
        body = [self.visit(statement) for statement in node.body]
        self.depth -= 1
        has_text = isinstance(node.body[0], ast.Expr) and isinstance(node.body[0].value, ast.Constant)
        begin = f"{_CALL} = __begin__({self.path!r}, {node.lineno}, {node.name!r}, dict(locals()))"
        body[int(has_text) : int(has_text)] = ast.parse(begin).body
        node.body = body
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        depth, self.depth = self.depth, 0
        node.body = [self.visit(statement) for statement in node.body]
        self.depth = depth
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.value = self.visit(node.value) if node.value is not None else None
        return node

    def generic_visit(self, node: ast.AST) -> ast.AST:
        span = _span(node) if isinstance(node, _WRAPPED) and self.depth else None
        super().generic_visit(node)
        if span is None or isinstance(getattr(node, "ctx", None), ast.Store | ast.Del):
            return node
        names: list[ast.expr] = [
            ast.Name(_CALL, ast.Load()),
            ast.Tuple([ast.Constant(part) for part in span], ast.Load()),
        ]
        return ast.Call(ast.Name("__seen__", ast.Load()), [*names, cast("ast.expr", node)], [])


def _span(node: ast.expr) -> Span:
    return node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0


def spans(tree: ast.Module) -> Iterator[tuple[Span, ast.expr]]:
    """The expressions that are wrapped, by where they are."""
    for node in ast.walk(tree):
        if isinstance(node, _WRAPPED):
            yield _span(node), node


class _Loader(importlib.machinery.SourceFileLoader):
    recorder: Recorder

    def get_code(self, fullname: str) -> types.CodeType:
        path = self.get_filename(fullname)
        tree = _Wrapper(path).visit(ast.parse(self.get_data(path)))
        return compile(ast.fix_missing_locations(tree), path, "exec")

    def exec_module(self, module: types.ModuleType) -> None:
        module.__dict__["__begin__"] = self.recorder.begin
        module.__dict__["__seen__"] = self.recorder.seen
        super().exec_module(module)


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the modules of some packages, to be loaded with calls that note shapes."""

    def __init__(self, packages: Collection[str], recorder: Recorder) -> None:
        self.packages = packages
        self.loader = type("Loader", (_Loader,), {"recorder": recorder})

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if not any(name == package or name.startswith(f"{package}.") for package in self.packages):
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            spec.loader = self.loader(spec.loader.name, spec.loader.path)
        return spec


class _Anything(type):
    """A class whose attributes are names of themselves."""

    def __getattr__(cls, name: str) -> str:
        if name.startswith("__"):
            raise AttributeError(name)
        return name


class _StandIn(types.ModuleType):
    """A module of which every attribute is an empty layer."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Anything(name, (torch.nn.Module,), {})


class _StandIns(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """What is not installed, or does not go with this torch, and is imported without being needed."""

    def __init__(self, names: Collection[str]) -> None:
        self.names = names

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name in self.names or name.partition(".")[0] in self.names:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _StandIn(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """There is nothing to run."""


@contextmanager
def recording(packages: Collection[str], stand_ins: Collection[str] = ()) -> Iterator[Recorder]:
    """Note shapes in what is imported of some packages meanwhile."""
    recorder = Recorder()
    finder, found_last = _Finder(packages, recorder), _StandIns(stand_ins)
    sys.meta_path.insert(0, finder)
    sys.meta_path.append(found_last)
    compiles = bool(torch.jit._state._enabled)
    torch.jit._state.disable()  # it compiles the text, not what was made of it
    try:
        yield recorder
    finally:
        if compiles:
            torch.jit._state.enable()
        sys.meta_path.remove(finder)
        sys.meta_path.remove(found_last)
