"""What a signature says of a parameter: its default, and its annotation."""

from __future__ import annotations

import ast

from torchlint.syntax.module import FunctionModel
from torchlint.torch_facts import ops
from torchlint.values.interpret.frame import Frame
from torchlint.values.interpret.lookup import peek
from torchlint.values.value import Constant, External, Instance, Layer, Parameter, Unknown, Value


def default_of(function: FunctionModel, name: str) -> ast.expr | None:
    """The expression of a parameter's default; None where there is none."""
    spec = function.node.args
    positional = [*spec.posonlyargs, *spec.args]
    first = len(positional) - len(spec.defaults)
    for arg, default in zip(positional[first:], spec.defaults, strict=True):
        if arg.arg == name:
            return default
    for arg, given in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
        if arg.arg == name:
            return given
    return None


def unpassed(frame: Frame, function: FunctionModel, arg: ast.arg) -> Value:
    """What a parameter holds where no call says otherwise: a layer or an object that is its default, a layer of the
    class of its annotation, else only its name, with the literal that is its default."""
    default = default_of(function, arg.arg)
    if isinstance(default, ast.Call):
        made = frame.evaluator.surroundings(function.module).value(default)
        if isinstance(made, Layer | Instance):
            return made
    # A literal is remembered and not taken for the value: it would decide tests that other callers decide otherwise.
    literal = Constant(default.value, default) if isinstance(default, ast.Constant) else None
    return annotated(frame, function, arg, literal)


def annotated(frame: Frame, function: FunctionModel, arg: ast.arg, literal: Constant | None = None) -> Value:
    """A parameter of which only the signature is known: a layer of the class of its annotation, or its name."""
    loss = _annotated_loss(frame, function, arg)
    return Parameter(arg.arg, arg.annotation, arg, frame, literal) if loss is None else loss


def _annotated_loss(frame: Frame, function: FunctionModel, arg: ast.arg) -> Layer | None:
    """A loss of torch whose class stands in the annotation. How it was set up is not known."""
    if not isinstance(arg.annotation, ast.Name | ast.Attribute):
        return None
    held = peek(frame.evaluator.surroundings(function.module), arg.annotation)
    name = held.qualname.removeprefix("torch.nn.") if isinstance(held, External) else ""
    if ops.LAYERS.get(name) not in ops.LOSSES:
        return None
    return Layer(name, {"reduction": Unknown()}, {}, arg.annotation, frame, complete=False)
