"""What the callers in a file pass for a parameter."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.syntax.inventory import inventory_of
from torchlint.syntax.module import FunctionModel
from torchlint.values.compare import join
from torchlint.values.interpret import unpassed_parameters
from torchlint.values.interpret.frame import Frame
from torchlint.values.value import Constant, Parameter, Value

_MAX_CALLERS = 3
_Call = tuple[ast.Call, FunctionModel | None]


def parameters(frame: Frame, function: FunctionModel) -> Iterator[tuple[ast.arg, Value]]:
    """What each parameter holds: what its few callers in the file agree to pass, else only its name."""
    parameters = function.parameters
    named = frozenset().union(*(nodes.names for nodes in function.inventories())) - {function.self_name}
    calls = _calls_of(frame, function) if any(arg.arg in named for arg in parameters) else None
    for arg in parameters:
        if arg.arg not in named or arg.arg == function.self_name:
            yield arg, Parameter(arg.arg, arg.annotation, arg, frame)
            continue
        passed = _passed(frame, function, arg, calls) if calls else None
        unsaid = unpassed_parameters.unpassed(frame, function, arg) if calls == [] else None
        yield arg, join(*passed) if passed else unsaid or unpassed_parameters.annotated(frame, function, arg)


def _calls_of(frame: Frame, function: FunctionModel) -> list[_Call] | None:
    """The few calls of a function in its file; None where there are many, or others that cannot be seen."""
    is_init = function.name == "__init__" and function.cls is not None
    callee = function.cls.name if is_init and function.cls else function.name
    if function.parent is not None or (function.name.startswith("__") and not is_init) or function.name == "forward":
        return None
    references = function.module.references(callee)
    if function.cls is None:
        # `model.train()` is not a call of the function `train`, nor is a parameter of that name.
        references = [
            found
            for found in references
            if isinstance(found.node, ast.Name) and (found.function is None or callee not in found.function.locals)
        ]
    if len(references) > _MAX_CALLERS:
        return None
    calls = [(call, caller) for _, call, caller in references if call is not None and not _is_open(call)]
    busy = frame.evaluator.is_busy
    if len(calls) < len(references) or any(caller and (caller is function or busy(caller)) for _, caller in calls):
        return None
    return calls


def _is_open(call: ast.Call) -> bool:
    """Whether more may be passed than what is written."""
    return any(isinstance(arg, ast.Starred) for arg in call.args) or any(
        keyword.arg is None for keyword in call.keywords
    )


def _passed(frame: Frame, function: FunctionModel, arg: ast.arg, calls: list[_Call]) -> list[Value] | None:
    """The values that all calls in the file pass for a parameter; None where not all are known."""
    given = [(argument_of(function, arg.arg, call), caller) for call, caller in calls]
    if any(node is not None and _is_passed_on(node, caller) for node, caller in given):
        return None
    evaluator = frame.evaluator
    values: list[Value] = []
    for node, caller in given:
        if node is None:  # this call leaves it at the default
            values.append(unpassed_parameters.unpassed(frame, function, arg))
            continue
        if isinstance(node, ast.Constant):
            values.append(Constant(node.value, node))  # without evaluating the caller
            continue
        if caller is not None and evaluator.is_busy(caller):
            return None
        module = function.module
        value = evaluator.value_in(caller, node) if caller else evaluator.module_frame(module).values.get(node)
        if value is None:
            return None
        values.append(value)
    return values


def _is_passed_on(node: ast.expr, caller: FunctionModel | None) -> bool:
    """Whether a caller passes what it was given itself: one level of callers is looked at."""
    if caller is None or not isinstance(node, ast.Name) or all(arg.arg != node.id for arg in caller.parameters):
        return False
    names = inventory_of(caller.node).of(ast.Name)
    return all(name.id != node.id or name.ctx.__class__ is ast.Load for name in names)


def argument_of(function: FunctionModel, name: str, call: ast.Call) -> ast.expr | None:
    """What a call passes for a parameter."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    spec = function.node.args
    positional = [arg.arg for arg in (*spec.posonlyargs, *spec.args)]
    if function.self_name is not None:
        positional = positional[1:]
    if name in positional and positional.index(name) < len(call.args):
        return call.args[positional.index(name)]
    return None
