"""Where the gradient of a loss goes: the models that it reaches, and the places where it is cut."""

from __future__ import annotations

import ast
import re
from typing import NamedTuple

from torchlint.rule import (
    Choice,
    Constant,
    External,
    Frame,
    FunctionRef,
    Method,
    Op,
    Parameter,
    Value,
    frame_of,
    last_name,
    ops,
    path,
    trees,
)

from .grad_mode import is_without_grad
from .nn_modules import has_parameters
from .training import scaled_by

_MAX_STEPS = 400
_CUTS = ops.CUTS | ops.that(grad="zero")
# Of what these are given, only the shape matters, or nothing: no gradient was to go through them.
_SHAPES = (ops.FACTORIES - ops.that(makes="data")) | ops.QUESTIONS
# They copy numbers, and not the graph behind them.
_COPIES = frozenset({"tensor", "new_tensor"})
_NUMBERS = frozenset({"builtins.float", "builtins.int", "builtins.bool", "builtins.round"})
_PASSING = frozenset({"builtins.sum", "builtins.max", "builtins.min", "builtins.abs", "torch.autograd.Variable"})
# This function of numpy calls the tensor's own method, which keeps the graph; others convert the tensor, or raise.
_DELEGATED = frozenset({"numpy.squeeze"})
_SETTINGS = re.compile(r"(self\.)?(args?|opts?|cfg|config|conf|hparams?|hps?|FLAGS)\.[\w.]+$")
_LOSS = re.compile(r"crit|loss", re.IGNORECASE)


class Cut(NamedTuple):
    """An expression through which no gradient goes, and the models whose graph ends there."""

    node: ast.expr
    models: frozenset[str]


class Flow:
    """What the gradient of an expression reaches.

    `models` are the callees with a graph, as they are written, `criteria` those of them that are losses by their name.
    `is_known` is False where a part of the expression may reach anything.
    """

    def __init__(self) -> None:
        self.models: set[str] = set()
        self.criteria: set[str] = set()
        self.cuts: list[Cut] = []
        self.is_known = True


def flow(frame: Frame, loss: ast.expr) -> Flow:
    """Where the gradient of an expression of a function goes, through what this function does."""
    walk = _Walk(frame)
    walk.visit(loss)
    return walk.found


def backward_loss(frame: Frame, call: ast.Call) -> ast.expr | None:
    """The loss of `loss.backward()`, `scaler.scale(loss).backward()` and `engine.backward(loss)`."""
    if not isinstance(call.func, ast.Attribute):
        return None
    if call.args:
        return call.args[0] if isinstance(call.args[0], ast.Name | ast.Attribute) else None
    inner = call.func.value
    if isinstance(inner, ast.Call) and last_name(inner.func) == "scale":
        return scaled_by(frame, inner)
    return inner


class _Walk:
    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.found = Flow()
        self.steps = 0
        self.seen: set[ast.AST] = set()

    def visit(self, node: ast.expr) -> None:
        self.steps += 1
        if self.steps > _MAX_STEPS:
            self.found.is_known = False
        elif node not in self.seen:
            self.seen.add(node)
            self._enter(node)

    def _enter(self, node: ast.expr) -> None:
        match node:
            case ast.Constant():
                return
            case ast.Call():
                self._call(node)
            case ast.Name() | ast.Attribute() if path(self.frame, node) is not None:
                self._load(node, self.frame.values.get(node))
            case ast.Attribute(attr="data"):
                self._cut(node, [node.value])
            case ast.Attribute() if not _SETTINGS.match(ast.unparse(node)):
                self.visit(node.value)
            case ast.Attribute():
                return
            case ast.Subscript(value=inner) | ast.UnaryOp(operand=inner) | ast.Starred(value=inner):
                self._cut(node, [inner]) if _is_not(node) else self.visit(inner)
            case ast.BinOp():
                self._all([node.left, node.right])
            case ast.IfExp():
                self._all([node.body, node.orelse])
            case ast.List() | ast.Tuple():
                self._all(node.elts)
            case ast.Compare():
                self._cut(node, [node.left, *node.comparators])
            case _:
                self.found.is_known = False

    def _all(self, nodes: list[ast.expr]) -> None:
        for node in nodes:
            self.visit(node)

    def _load(self, node: ast.expr, value: Value | None) -> None:
        """Go on where what a name holds was computed."""
        for member in value.members if isinstance(value, Choice) else (value,):
            made = self.frame.definitions.get(member) if member is not None else None
            if isinstance(member, Constant) or isinstance(made, ast.For | ast.AsyncFor):
                # What a loop takes from a loader is data.
                continue
            if isinstance(made, ast.Assign | ast.AnnAssign) and made.value is not None:
                self.visit(_assigned(self.frame, made.value, member))
            elif isinstance(made, ast.AugAssign):
                self.visit(made.value)
                key = path(self.frame, made.target)
                self._load(made.target, self.frame.envs[made].get(key) if key is not None else None)
            elif not _is_plain_data(member):
                self.found.is_known = False

    def _call(self, call: ast.Call) -> None:
        value, callee = self.frame.values.get(call), self.frame.callees.get(call)
        arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
        if isinstance(value, Op) and value.node is call:
            self._operation(call, value)
        elif isinstance(callee, External):
            self._outside(call, callee.qualname, arguments)
        elif isinstance(callee, FunctionRef) and not _is_forward(callee):
            self.found.is_known = False
        else:
            self._model(call, callee, arguments)

    def _operation(self, call: ast.Call, op: Op) -> None:
        row = ops.of(op.name)
        if op.name in _SHAPES or row is None:
            self.found.is_known &= row is not None
            return
        given = [node for name, node in op.nodes.items() if name not in row.places]
        if op.name in _CUTS or op.name in _COPIES or not op.grad:
            self._cut(call, given)
            return
        layer, made_in = op.layer, frame_of(op.layer)
        if layer is not None and made_in is not None and has_parameters(made_in, layer):
            self.found.models.add(ast.unparse(call.func))
        target = op.nodes.get("target") if row.loss else None
        self._all([node for node in given if node is not target or not self._is_parameter(node)])

    def _is_parameter(self, node: ast.expr) -> bool:
        """Whether a loss's target comes into the function as it is: such a target is data."""
        return isinstance(self.frame.values.get(node), Parameter)

    def _outside(self, call: ast.Call, qualname: str, arguments: list[ast.expr]) -> None:
        if isinstance(call.func, ast.Attribute) and self._is_computed(call.func.value):
            # A method of an object that is made here, such as `Categorical(logits=x).log_prob(action)`.
            self._all([call.func.value, *arguments])
        elif qualname in _DELEGATED:
            self._all(arguments)
        elif qualname in _NUMBERS or qualname.startswith("numpy."):
            self._cut(call, arguments)
        elif qualname in _PASSING or qualname.startswith("torch.distributions."):
            self._all(arguments)
        else:
            self.found.is_known = False

    def _model(self, call: ast.Call, callee: Value | None, arguments: list[ast.expr]) -> None:
        """A call of a model, or of a method of one: its parameters and what it is given get a gradient."""
        func = call.func
        if isinstance(callee, Method) and isinstance(func, ast.Attribute) and self._is_computed(func.value):
            self._all([func.value, *arguments])
            return
        text = _written(func, callee)
        if text is None:
            self.found.is_known = False
        elif _LOSS.search(text):
            self.found.criteria.add(text)
            self._all(arguments)
        elif is_without_grad(self.frame, call):
            self.found.cuts.append(Cut(call, frozenset({text})))
        else:
            self.found.models.add(text)
            self._all(arguments)

    def _is_computed(self, node: ast.expr) -> bool:
        """Whether an expression is computed in this function."""
        if not isinstance(node, ast.Name):
            return isinstance(node, ast.Call | ast.BinOp | ast.Subscript)
        value = self.frame.values.get(node)
        return value is not None and not isinstance(value, Parameter) and value in self.frame.definitions

    def _cut(self, node: ast.expr, inner: list[ast.expr]) -> None:
        behind = _Walk(self.frame)
        behind.steps = self.steps
        for each in inner:
            behind.visit(each)
        self.steps = behind.steps
        self.found.cuts.append(Cut(node, frozenset(behind.found.models)))
        self.found.cuts.extend(behind.found.cuts)


def _is_not(node: ast.expr) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)


def _is_plain_data(value: Value | None) -> bool:
    """Whether a value is a number of a parameter's default, or a new tensor."""
    if isinstance(value, Parameter):
        return value.default is not None
    return isinstance(value, Op) and value.name in ops.FACTORIES and value.constant("requires_grad", False) is False


def _is_forward(callee: FunctionRef) -> bool:
    return callee.bound is not None and callee.function.name == "forward"


def _written(func: ast.expr, callee: Value | None) -> str | None:
    """The name of what is called: of the model where it is a method of one."""
    if not all(isinstance(part, ast.Name | ast.Attribute | ast.expr_context) for part in trees.walk(func)):
        return None
    if isinstance(callee, Method | FunctionRef) and isinstance(func, ast.Attribute):
        return ast.unparse(func.value)
    return ast.unparse(func) if last_name(func) else None


def _assigned(frame: Frame, node: ast.expr, value: Value | None) -> ast.expr:
    """What one name is given of `a, b = x, y`; all of what is assigned where it is not a display."""
    if isinstance(node, ast.Tuple | ast.List):
        return next((part for part in node.elts if frame.values.get(part) is value), node)
    return node
