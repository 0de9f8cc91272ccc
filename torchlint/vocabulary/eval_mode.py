"""`eval()` and `train()` of models, and calls of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.rule import Frame, FunctionModel, Instance, Layer, Value, bound_call, last_name, trees

from .nn_modules import is_module
from .training import settled


def mode_calls(frame: Frame, name: str) -> Iterator[tuple[ast.Call, ast.expr]]:
    """The calls of `eval()` or `train(..)` in a frame that may be those of a module, with what they are called on."""
    for call in frame.callees:
        func = call.func
        if isinstance(func, ast.Attribute) and func.attr == name and _is_of_mode(frame, call):
            value = frame.values.get(func.value)
            if not isinstance(settled(value), Instance | Layer) or (value is not None and is_module(frame, value)):
                yield call, func.value


def _is_of_mode(frame: Frame, call: ast.Call) -> bool:
    """Whether a call has no more arguments than `train(mode)` and `eval()` of a module."""
    bound = bound_call(frame, call, f"torch.nn.Module.{last_name(call.func)}")
    return bound is not None and (not bound.is_open or any(isinstance(arg, ast.Starred) for arg in call.args))


def calls_of(frame: Frame, model: ast.expr) -> list[ast.Call]:
    """The calls of what an expression holds, under the same name or as the same value, or of its `forward`."""
    text, value = ast.unparse(model), settled(frame.values.get(model))
    found = []
    for call in frame.callees:
        func = call.func
        called = func.value if isinstance(func, ast.Attribute) and func.attr == "forward" else func
        held: Value | None = settled(frame.values.get(called))
        if ast.unparse(called) == text or (value is not None and held is value):
            found.append(call)
    return found


def attributes(node: ast.AST) -> set[str]:
    """The last names of all attributes and names below a node."""
    found: set[str] = set()
    for inner in trees.walk(node):
        if isinstance(inner, ast.Attribute):
            found.add(inner.attr)
        elif isinstance(inner, ast.Name):
            found.add(inner.id)
    return found


def callers(frame: Frame) -> list[tuple[ast.expr, Frame]]:
    """Where the function of a frame is named in its file, with the frame that it is named in."""
    function: FunctionModel | None = frame.function
    if function is None:
        return []
    evaluator, found = frame.evaluator, []
    for node, _, caller in frame.module.references(function.name):
        if caller is function or (caller is not None and evaluator.is_busy(caller)):
            continue
        found.append((node, evaluator.frame(caller) if caller else evaluator.module_frame(frame.module)))
    return found
