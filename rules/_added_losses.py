"""Whether a loop may add up the losses of single samples, as far as the bare tree tells.

`_sample_losses` tells the same of an evaluated function: what it finds there is never missed here.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from functools import cached_property

from torchlint.rule import Module, last_name, ops, trees

from ._sample_losses import added

# What a logarithm is multiplied and divided with, as a method.
_SCALES = ops.methods("neg", "mul", "div")
_LOSSES = ops.words("cross_entropy", "nll_loss") | {"log"}
_PYTHONS = frozenset({"int", "float", "str", "len", "list", "tuple", "dict", "set", "getattr", "isinstance", "range"})
_DISPLAYS = (ast.Tuple, ast.List, ast.Dict)


def may_add_loss(loop: ast.For, module: Module) -> bool:
    """Whether a loop adds a logarithm, or what something says of the parts that it takes in each turn."""
    nodes = list(trees.walk(loop))
    calls = any(isinstance(node, ast.Call) and _may_take_parts(node) for node in nodes)
    return calls and _Turns(nodes, module).add_loss()


def _may_take_parts(call: ast.Call) -> bool:
    """Whether something is called with two things that may be what a loop takes in one turn, or is a logarithm."""
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    return last_name(call.func) == "log" or (len(given) > 1 and all(map(_may_be_part, given[:2])))


def _may_be_part(node: ast.expr) -> bool:
    """Whether an expression may be what a loop takes in one turn: `x[i]`, `row`, `x[i].unsqueeze(0)`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        node = node.func.value
    return isinstance(node, ast.Name | ast.Subscript)


class _Turns:
    """What the names of a loop hold, and which of them hold something else in each turn."""

    def __init__(self, nodes: list[ast.AST], module: Module) -> None:
        self._nodes = nodes
        self._module = module
        self._values: defaultdict[str, list[ast.expr]] = defaultdict(list)
        self._unclear: set[str] = set()  # names that get their values in other ways than by a plain assignment

    def add_loss(self) -> bool:
        terms = [term for node in self._nodes if isinstance(node, ast.stmt) and (term := added(node)) is not None]
        if not terms:
            return False
        for node in self._nodes:
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    self._bind(target, node.value)
            elif isinstance(node, ast.NamedExpr):
                self._bind(node.target, node.value)
        return any(self._may_be_loss(value, frozenset()) for value, _ in terms)

    def _bind(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self._values[target.id].append(value)
        else:
            stored = (node for node in trees.walk(target) if isinstance(node, ast.Name))
            self._unclear.update(node.id for node in stored if isinstance(node.ctx, ast.Store))

    @cached_property
    def _varying(self) -> set[str]:
        """The names that hold another part in each turn: the targets of loops, and what is made of them. What is called
        is not a part of anything."""
        called = {
            node.func.id for node in self._nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        loops = (node for node in self._nodes if isinstance(node, ast.For | ast.comprehension))
        varying = set().union(*(_names(loop.target) for loop in loops)) - called
        if any(isinstance(node, ast.FunctionDef | ast.Lambda) for node in self._nodes):
            varying |= self._unclear | self._values.keys()
        kinds = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.NamedExpr, ast.For)
        given = [_given(node) for node in self._nodes if isinstance(node, kinds)]
        before = -1
        while before < len(varying):
            before = len(varying)
            varying.update(*(targets for targets, sources in given if not varying.isdisjoint(sources)))
        return varying

    def _varies(self, node: ast.AST) -> bool:
        return not self._varying.isdisjoint(_names(node))

    def _may_be_loss(self, node: ast.expr, seen: frozenset[str]) -> bool:
        """Whether an expression may be a loss of parts, or a logarithm of one, scaled or not."""
        match node:
            case ast.Name(id=name):
                inner = seen | {name}
                assigned = self._values.get(name, ()) if name not in seen else ()
                return name in self._unclear or any(self._may_be_loss(value, inner) for value in assigned)
            case ast.UnaryOp(operand=operand):
                return self._may_be_loss(operand, seen)
            case ast.BinOp(op=ast.Mult() | ast.Div(), left=left, right=right):
                return self._may_be_loss(left, seen) or self._may_be_loss(right, seen)
            case ast.IfExp(body=first, orelse=second):
                return self._may_be_loss(first, seen) or self._may_be_loss(second, seen)
            case ast.NamedExpr(value=value):
                return self._may_be_loss(value, seen)
            case ast.Subscript(value=ast.Name(id=name)):
                return any(isinstance(value, _DISPLAYS) for value in self._values.get(name, ()))
            case ast.Call(func=ast.Attribute(value=receiver, attr=name), args=args) if name in _SCALES:
                return any(self._may_be_loss(part, seen) for part in (receiver, *args))
            case ast.Call():
                return self._varies(node) and self._may_compute_loss(node.func)
        return isinstance(node, ast.Attribute | ast.Await)

    def _may_compute_loss(self, callee: ast.expr) -> bool:
        """Whether what is called may be a logarithm, a loss, or a function whose text is at hand."""
        naming = self._module.naming
        match callee:
            case ast.Name(id=name) if name in naming.imported and not self._module.imported_words:
                return name in naming.names_for(_LOSSES)
            case ast.Name(id=name):
                return name not in _PYTHONS
            case ast.Attribute(value=receiver, attr=name):
                # No method of a part is a loss.
                return name in _LOSSES or not self._varies(receiver)
        return True


def _given(node: ast.AST) -> tuple[set[str], set[str]]:
    """The names that a statement gives something, or writes into, and those that it makes this of."""
    if isinstance(node, ast.For):
        return _names(node.target), _names(node.iter)
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", node)]
    return set().union(*map(_names, targets)), _names(node)


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in trees.walk(node) if isinstance(part, ast.Name)}
