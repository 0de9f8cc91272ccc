"""Whether the callers of a function switch gradients off."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.rule import ClassModel, External, Frame, Instance, ancestors, classes, disables_grad, members, ops, peek

from .eval_mode import callers
from .training import settled

_MAX_DEPTH = 3
_Use = tuple[ast.expr, Frame]


def is_called_without_grad(frame: Frame, depth: int = _MAX_DEPTH) -> bool:
    """Whether a function of the file is called there, and each time with gradients off, as decoders are."""
    uses = _uses(frame) if depth and frame.function is not None else []
    return bool(uses) and all(_is_off(outer, node, depth) for node, outer in uses)


def _is_off(frame: Frame, node: ast.AST, depth: int) -> bool:
    return is_without_grad(frame, node) or is_called_without_grad(frame, depth - 1)


def _uses(frame: Frame) -> list[_Use]:
    """Where the function of a frame is named, or, if a call of a module runs it, where such a module is called."""
    function = frame.function
    if function is None or function.name not in ("forward", "__call__") or function.cls is None:
        return callers(frame)
    return [*callers(frame), *_calls_of_instances(frame, function.cls)]


def _calls_of_instances(frame: Frame, cls: ClassModel) -> Iterator[_Use]:
    for outer in _frames_with_calls(frame):
        for call, callee in [*outer.callees.items()]:
            for member in members(settled(callee) or callee):
                if isinstance(member, Instance) and cls in classes.lineage(outer, member.cls):
                    yield call, outer


def _frames_with_calls(frame: Frame) -> Iterator[Frame]:
    """The frames of the functions of the file that call something under a name or an attribute of their own."""
    evaluator, module = frame.evaluator, frame.module
    yield evaluator.module_frame(module)
    for function in module.all_functions:
        if function is not frame.function and not evaluator.is_busy(function):
            yield evaluator.frame(function)


def is_without_grad(frame: Frame, node: ast.AST) -> bool:
    """Whether a context manager around a node, or a decorator of its function, switches gradients off."""
    for outer in ancestors(frame.module, node):
        items = outer.items if isinstance(outer, ast.With | ast.AsyncWith) else []
        if any(disables_grad(frame.values.get(item.context_expr)) for item in items):
            return True
    for decorator in frame.function.decorators if frame.function else ():
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        name = peek(frame.evaluator.surroundings(frame.module), target)
        if isinstance(name, External) and name.qualname in ops.NO_GRAD:
            return True
    return False
