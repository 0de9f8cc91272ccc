"""Expressions built anew from what may run; the rest becomes inputs."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torchlint.syntax.bindings import loaded
from torchlint.verify.instance import hints
from torchlint.verify.instance.context import Context
from torchlint.verify.instance.holes import Holes
from torchlint.verify.instance.version_scope import Scope
from torchlint.verify.instance.whitelist import (
    ATTRIBUTES,
    BUILTINS,
    METHODS,
    NotAllowedError,
    check_literal,
    dotted,
    is_constant,
    is_function,
)

# Attributes that tensors have, whatever expression the tensor is; those of results need the operation to be seen.
_OF_TENSORS = frozenset({"shape", "dtype", "device", "ndim", "T", "mT", "H", "mH", "data", "real", "imag"})
_EFFECTS = (ast.Call, ast.Await, ast.Yield, ast.YieldFrom)
_TYPES = frozenset({"float", "int", "bool"})


class NotRebuiltError(Exception):
    """Why an expression can neither be run nor be an input."""


class Expressions:
    """Rebuilds the expressions of one version of a rewrite.

    `events` are the calls that became inputs, in the order of evaluation, and whatever else the outside notices;
    `observed` are the locals that such a call reads: both versions have to give it the same.
    `common` are the shapes of subexpressions that become inputs as a whole; `written` the inputs changed in place;
    `foreign` the parts of the code that are not run and may do anything, `assumed` what must hold besides.
    """

    def __init__(
        self, scope: Scope, holes: Holes, context: Context | None, common: frozenset[str] = frozenset()
    ) -> None:
        self.scope = scope
        self.holes = holes
        self.common = common
        self.events: list[str] = []
        self.observed: list[str] = []
        self.foreign: list[ast.AST] = []
        self.assumed: list[str] = []
        self.defined: set[str] = set()
        self.written: set[str] = set()
        self.moved: dict[str, str] = {}
        self.layers: dict[str, ast.expr] = {}
        self._context = context
        self._bound: list[set[str]] = []
        self._rare = 0
        self._counts: Counter[str] = Counter()

    def rebuild(self, node: ast.expr) -> ast.expr:
        """The expression as it will run. Raises `NotRebuiltError`."""
        if self.common and ast.dump(node) in self.common and not isinstance(node, ast.Constant):
            return self.hole(node)
        handler = _HANDLERS.get(type(node))
        before = self.holes.state(), len(self.events), len(self.observed), self._counts.copy(), len(self.foreign)
        try:
            if handler is None:
                raise NotRebuiltError(f"{type(node).__name__} is not run")
            return handler(self, node)
        except (NotRebuiltError, NotAllowedError):
            state, events, observed, self._counts, foreign = before
            self.holes.restore(state)
            del self.events[events:], self.observed[observed:], self.foreign[foreign:]
            return self.hole(node)

    def hole(self, node: ast.expr) -> ast.expr:
        """The input that stands for an expression."""
        reads = loaded(node)
        if any(reads & names for names in self._bound):
            raise NotRebuiltError("it depends on the variable of a comprehension")
        if any(isinstance(part, ast.NamedExpr) for part in ast.walk(node)):
            raise NotRebuiltError("it assigns a name")
        calls = any(isinstance(part, _EFFECTS) for part in ast.walk(node))
        local = sorted(reads & (self.defined | self.moved.keys()))
        key = ast.unparse(node)
        if calls or local:
            if self._rare:
                raise NotRebuiltError("it is only evaluated sometimes")
            self._counts[key] += 1
            self.events.append(key)
            self.foreign += [node] if calls else []
            key = f"{key} #{self._counts[key]}"
            self.observed += [name for name in local if name in self.defined]
        return ast.Name(self._input(key, node, calls), ast.Load())

    def _input(self, key: str, node: ast.expr, opaque: bool) -> str:
        hole, fresh = self.holes.hole(key, node, opaque)
        if fresh and self._context is not None:
            hole.known = self._context.known(self.scope, node)
        if fresh:
            hole.guesses += hints.of_text(node, self.scope)
        return hole.name

    @contextmanager
    def sometimes(self) -> Iterator[None]:
        """What is rebuilt here is not evaluated exactly once."""
        self._rare += 1
        try:
            yield
        finally:
            self._rare -= 1

    # -- kinds of expressions

    def name(self, node: ast.Name) -> ast.expr:
        if any(node.id in names for names in self._bound) or node.id in self.defined:
            return ast.Name(self.holes.local(node.id), node.ctx)
        if node.id in self.moved:
            return ast.Name(self._input(self.moved[node.id], node, False), node.ctx)
        if node.id in _TYPES and self.scope.is_builtin(node.id):
            return node
        return self._outer(node)

    def attribute(self, node: ast.Attribute) -> ast.expr:
        qualname = self.scope.qualname(node)
        if qualname is not None:
            if is_constant(qualname):
                return _path(qualname)
            raise NotRebuiltError("it is something of another module")
        root = dotted(node)
        if node.attr in _OF_TENSORS and root not in (f"self.{node.attr}", f"cls.{node.attr}"):
            return ast.Attribute(self.rebuild(node.value), node.attr, node.ctx)
        is_local = isinstance(node.value, ast.Name) and node.value.id in self.defined
        if node.attr in ATTRIBUTES and (isinstance(node.value, ast.Call) or is_local):
            base = self.rebuild(node.value)
            if isinstance(base, ast.Call) or is_local:
                return ast.Attribute(base, node.attr, node.ctx)
        if root is None or root.partition(".")[0] in self.defined:
            raise NotRebuiltError("it is an attribute of something unknown")
        return self._outer(node)

    def _outer(self, node: ast.Name | ast.Attribute) -> ast.expr:
        """A name from outside: the literal that it holds, or an input."""
        context = self._context
        literal = self.holes.answer(
            "literal", ast.unparse(node), lambda: context.literal(self.scope, node) if context else None
        )
        if isinstance(literal, ast.Constant):
            check_literal(literal.value)
        return literal if isinstance(literal, ast.Constant | ast.UnaryOp) else self.hole(node)

    def constant(self, node: ast.Constant) -> ast.expr:
        check_literal(node.value)
        return node

    def call(self, node: ast.Call) -> ast.expr:
        function = self._callee(node)
        arguments = [self._argument(argument, node) for argument in node.args]
        keywords = [self._keyword(keyword) for keyword in node.keywords]
        call = ast.Call(function, arguments, keywords)
        layer = self.layers.get(node.func.id) if isinstance(node.func, ast.Name) else None
        hints.of_call(ast.Call(layer, arguments, keywords) if layer else call, self.holes.named)
        return call

    def _callee(self, node: ast.Call) -> ast.expr:
        function = node.func
        qualname = self.scope.qualname(function)
        if qualname is not None:
            if is_function(qualname):
                return _path(qualname)
            raise NotRebuiltError("it is a call of another module")
        if isinstance(function, ast.Name) and function.id in self.defined:
            if function.id in self.layers:
                return self.name(function)
            raise NotRebuiltError("it is a call of a local")
        layer = self._layer(node)
        if layer is not None:
            return layer
        if isinstance(function, ast.Name) and function.id in BUILTINS and self.scope.is_builtin(function.id):
            return function
        if isinstance(function, ast.Call) and (self.scope.qualname(function.func) or "").startswith("torch.nn."):
            return self.call(function)
        if isinstance(function, ast.Attribute) and function.attr in METHODS and self._may_be_tensor(function.value):
            return ast.Attribute(self._receiver(function), function.attr, ast.Load())
        raise NotRebuiltError("it is a call of something unknown")

    def _layer(self, node: ast.Call) -> ast.expr | None:
        context = self._context
        return self.holes.answer(
            "layer", ast.unparse(node.func), lambda: context.layer(self.scope, node) if context else None
        )

    def _may_be_tensor(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Name) and node.id in ("self", "cls", "super"):
            return False
        context = self._context
        tensor = self.holes.answer(
            "tensor", ast.unparse(node), lambda: context.known(self.scope, node).tensor if context else None
        )
        return tensor is not False or isinstance(node, ast.List)

    def _receiver(self, function: ast.Attribute) -> ast.expr:
        base = self.rebuild(function.value)
        if function.attr in ("append", "extend") and not (isinstance(base, ast.Name) and base.id.startswith("v")):
            raise NotRebuiltError("it may not be a list")
        if function.attr.endswith("_"):
            self.note_write(base)
        return base

    def note_write(self, rebuilt: ast.expr) -> None:
        """Remember that something is written into an input, which the outside sees."""
        root = root_of(rebuilt)
        if root is not None and root.startswith("h"):
            self.written.add(root)

    def _argument(self, node: ast.expr, call: ast.Call) -> ast.expr:
        if isinstance(node, ast.Starred):
            return ast.Starred(self.rebuild(node.value), ast.Load())
        is_move = isinstance(call.func, ast.Attribute) and call.func.attr == "to"
        if is_move and (dotted(node) or "").rpartition(".")[2].endswith("device"):
            return self._device(node, positional=True)
        return self.rebuild(node)

    def _keyword(self, keyword: ast.keyword) -> ast.keyword:
        if keyword.arg is None:
            raise NotRebuiltError("it has keywords that are not seen")
        value = self._device(keyword.value) if keyword.arg == "device" else self.rebuild(keyword.value)
        return ast.keyword(keyword.arg, value)

    def _device(self, node: ast.expr, positional: bool = False) -> ast.expr:
        """`x.device` stays, any other device is the one of the run. `positional`: it may be a tensor, too."""
        if positional and self._context is not None and not self._context.is_device(self.scope, node):
            self.assumed.append(f"`{ast.unparse(node)}` is a device")
        if (
            isinstance(node, ast.Attribute)
            and node.attr == "device"
            and dotted(node) not in ("self.device", "cls.device")
        ):
            return self.rebuild(node)
        if dotted(node) is None or self.scope.qualname(node) is not None:
            raise NotRebuiltError("it is on a certain device")
        return ast.Name("DEVICE", ast.Load())

    def binary(self, node: ast.BinOp) -> ast.expr:
        left = self.rebuild(node.left)
        new = ast.BinOp(left, node.op, self.rebuild(node.right))
        hints.of_operator(new, self.holes.named)
        return new

    def unary(self, node: ast.UnaryOp) -> ast.expr:
        new = ast.UnaryOp(node.op, self.rebuild(node.operand))
        hints.of_operator(new, self.holes.named)
        return new

    def compare(self, node: ast.Compare) -> ast.expr:
        left = self.rebuild(node.left)
        return ast.Compare(left, node.ops, [self.rebuild(part) for part in node.comparators])

    def boolean(self, node: ast.BoolOp) -> ast.expr:
        first = self.rebuild(node.values[0])
        with self.sometimes():
            return ast.BoolOp(node.op, [first, *map(self.rebuild, node.values[1:])])

    def conditional(self, node: ast.IfExp) -> ast.expr:
        test = self.rebuild(node.test)
        with self.sometimes():
            return ast.IfExp(test, self.rebuild(node.body), self.rebuild(node.orelse))

    def subscript(self, node: ast.Subscript) -> ast.Subscript:
        if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
            raise NotRebuiltError("it is an entry of a mapping")
        base = self.rebuild(node.value)
        new = ast.Subscript(base, self.rebuild(node.slice), node.ctx)
        hints.of_index(new, self.holes.named)
        return new

    def slice(self, node: ast.Slice) -> ast.expr:
        parts = (None if part is None else self.rebuild(part) for part in (node.lower, node.upper, node.step))
        new = ast.Slice(*parts)
        hints.of_slice(new, self.holes.named)
        return new

    def display(self, node: ast.Tuple | ast.List) -> ast.expr:
        parts = [
            ast.Starred(self.rebuild(part.value), part.ctx) if isinstance(part, ast.Starred) else self.rebuild(part)
            for part in node.elts
        ]
        return type(node)(parts, node.ctx)

    def comprehension(self, node: ast.ListComp | ast.GeneratorExp) -> ast.expr:
        first = self.rebuild(node.generators[0].iter)
        generators: list[ast.comprehension] = []
        depth = len(self._bound)
        with self.sometimes():
            try:
                for place, generator in enumerate(node.generators):
                    source = first if place == 0 else self.rebuild(generator.iter)
                    self._bound.append(_names(generator.target))
                    target = self._target(generator.target)
                    tests = [self.rebuild(test) for test in generator.ifs]
                    generators.append(ast.comprehension(target, source, tests, generator.is_async))
                return type(node)(self.rebuild(node.elt), generators)
            finally:
                del self._bound[depth:]

    def _target(self, node: ast.expr) -> ast.expr:
        if isinstance(node, ast.Name):
            return ast.Name(self.holes.local(node.id), ast.Store())
        if isinstance(node, ast.Tuple | ast.List):
            return ast.Tuple([self._target(part) for part in node.elts], ast.Store())
        raise NotRebuiltError("it assigns to something unusual")


def root_of(node: ast.expr) -> str | None:
    """The name whose tensor an expression may be a view of: `x` for `x[0].T`."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


def _names(target: ast.expr) -> set[str]:
    return {part.id for part in ast.walk(target) if isinstance(part, ast.Name)}


def _path(qualname: str) -> ast.expr:
    return ast.parse(qualname, mode="eval").body


_HANDLERS: dict[type[ast.expr], Callable[[Expressions, Any], ast.expr]] = {
    ast.Name: Expressions.name,
    ast.Attribute: Expressions.attribute,
    ast.Constant: Expressions.constant,
    ast.Call: Expressions.call,
    ast.BinOp: Expressions.binary,
    ast.UnaryOp: Expressions.unary,
    ast.Compare: Expressions.compare,
    ast.BoolOp: Expressions.boolean,
    ast.IfExp: Expressions.conditional,
    ast.Subscript: Expressions.subscript,
    ast.Slice: Expressions.slice,
    ast.Tuple: Expressions.display,
    ast.List: Expressions.display,
    ast.ListComp: Expressions.comprehension,
    ast.GeneratorExp: Expressions.comprehension,
}
