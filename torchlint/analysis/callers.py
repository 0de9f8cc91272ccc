"""What the callers in a file pass for a parameter."""

from __future__ import annotations

import ast

from torchlint.analysis.frame import Frame
from torchlint.analysis.scout import FunctionModel
from torchlint.analysis.values import Parameter, Value, join

_MAX_CALLERS = 3


def parameter(frame: Frame, function: FunctionModel, arg: ast.arg) -> Value:
    """What a parameter holds: what its few callers in the file agree to pass, else only its name."""
    own = Parameter(arg.arg, arg.annotation, arg, frame)
    if arg.arg == function.self_name:
        return own
    values = _passed(frame, function, arg.arg)
    return join(*values) if values else own


def _passed(frame: Frame, function: FunctionModel, name: str) -> list[Value] | None:
    """The values that all calls in the file pass for a parameter; None where not all are known."""
    evaluator = frame.evaluator
    is_init = function.name == "__init__" and function.cls is not None
    callee = function.cls.name if is_init and function.cls else function.name
    if function.parent is not None or (function.name.startswith("__") and not is_init) or function.name == "forward":
        return None
    references = function.module.references(callee)
    if function.cls is None:
        # `model.train()` is no call of the function `train`, nor is a parameter of that name.
        references = [
            found
            for found in references
            if isinstance(found.node, ast.Name) and (found.function is None or callee not in found.function.locals)
        ]
    if not 0 < len(references) <= _MAX_CALLERS:
        return None
    values: list[Value] = []
    for _, node, caller in references:
        if node is None or (caller is not None and evaluator.is_busy(caller)) or caller is function:
            return None
        outer = evaluator.frame(caller) if caller else evaluator.module_frame(function.module)
        value = _argument_of(outer, function, name, node)
        if value is None:
            return None
        values.append(value)
    return values


def _argument_of(outer: Frame, function: FunctionModel, name: str, node: ast.Call) -> Value | None:
    if any(isinstance(arg, ast.Starred) for arg in node.args) or any(keyword.arg is None for keyword in node.keywords):
        return None
    for keyword in node.keywords:
        if keyword.arg == name:
            return outer.values.get(keyword.value)
    spec = function.node.args
    positional = [arg.arg for arg in (*spec.posonlyargs, *spec.args)]
    if function.self_name is not None:
        positional = positional[1:]
    if name in positional and positional.index(name) < len(node.args):
        return outer.values.get(node.args[positional.index(name)])
    return None
