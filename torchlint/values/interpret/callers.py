"""What the callers in a file, and in the files that import it, pass for a parameter."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from torchlint.syntax.inventory import inventory_of
from torchlint.syntax.module import FunctionModel, Module
from torchlint.values.compare import agree, join
from torchlint.values.interpret import unpassed_parameters
from torchlint.values.interpret.frame import Frame
from torchlint.values.value import (
    Call,
    ClassRef,
    Constant,
    External,
    FunctionRef,
    Instance,
    Items,
    Layer,
    Mapped,
    Op,
    Parameter,
    Value,
)

_MAX_CALLERS = 3


class _Call(NamedTuple):
    """A call, and the function that it stands in; None at the level of the module."""

    node: ast.Call
    function: FunctionModel | None
    module: Module


def parameters(frame: Frame, function: FunctionModel) -> Iterator[tuple[ast.arg, Value]]:
    """What each parameter holds: what its few callers agree to pass, else only its name."""
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
    """The few calls of a function; None where there are many, or others that cannot be seen."""
    is_init = function.name == "__init__" and function.cls is not None
    if function.parent is not None or (function.name.startswith("__") and not is_init) or function.name == "forward":
        return None
    here = _calls_here(frame, function, function.cls.name if is_init and function.cls else function.name)
    project = frame.evaluator.project
    if here is None or project is None:
        return here
    elsewhere = project.calls(function)
    if elsewhere is None or len(here) + len(elsewhere) > _MAX_CALLERS:
        return None
    if any(_is_open(call.node) for call in elsewhere):
        return None
    return [*here, *(_Call(call.node, call.function, call.module) for call in elsewhere)]


def _calls_here(frame: Frame, function: FunctionModel, callee: str) -> list[_Call] | None:
    """The few calls of a function in its file; None where there are many, or others that cannot be seen."""
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
    calls = [
        _Call(call, caller, function.module)
        for _, call, caller in references
        if call is not None and not _is_open(call)
    ]
    callers = [call.function for call in calls if call.function is not None]
    if len(calls) < len(references) or function in callers or any(map(frame.evaluator.is_busy, callers)):
        return None
    return calls


def _is_open(call: ast.Call) -> bool:
    """Whether more may be passed than what is written."""
    return any(isinstance(arg, ast.Starred) for arg in call.args) or any(
        keyword.arg is None for keyword in call.keywords
    )


def _passed(frame: Frame, function: FunctionModel, arg: ast.arg, calls: list[_Call]) -> list[Value] | None:
    """The values that all calls pass for a parameter; None where not all are known."""
    given = [(argument_of(function, arg.arg, call.node), call) for call in calls]
    if any(node is not None and _is_passed_on(node, call.function) for node, call in given):
        return None
    values: list[Value] = []
    for node, call in given:
        if node is None:  # this call leaves it at the default
            values.append(unpassed_parameters.unpassed(frame, function, arg))
            continue
        value = _value_of(frame, node, call)
        if value is None:
            return None
        if call.module is not function.module:
            if not agree(value, _tells):
                return None
            if isinstance(value, Constant):
                # As a default: it would decide tests that callers outside the project decide otherwise.
                value = unpassed_parameters.annotated(frame, function, arg, value)
        values.append(value)
    return values


def _value_of(frame: Frame, node: ast.expr, call: _Call) -> Value | None:
    """The value of an argument of a call; None where it is not known."""
    if isinstance(node, ast.Constant):
        return Constant(node.value, node)  # without evaluating the caller
    evaluator = frame.evaluator
    if call.function is None:
        return evaluator.module_frame(call.module).values.get(node)
    return None if evaluator.is_busy(call.function) else evaluator.value_in(call.function, node)


def _tells(value: Value) -> bool:
    """Whether a value of another file says more than the use of the parameter does."""
    made = isinstance(value, Call) and isinstance(value.callee, External) and not value.qualname.startswith("builtins.")
    return made or isinstance(value, Op | Layer | Instance | Constant | Items | Mapped | ClassRef | FunctionRef)


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
