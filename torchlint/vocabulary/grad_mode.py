"""Whether the callers of a function switch gradients off."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.rule import ClassModel, Frame, Instance, classes, members

from .eval_mode import callers
from .training import is_without_grad, settled

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
