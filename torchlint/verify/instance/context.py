"""What the linter knows of the code around a rewrite: constants, layers, ranks, dtypes, domains of values."""

from __future__ import annotations

import ast
import contextlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from torchlint.fixing.proof import kinds, memory
from torchlint.fixing.proof.safety import Proof
from torchlint.fixing.proof.writes import Writes
from torchlint.syntax.module import FunctionModel, Module
from torchlint.values import facts
from torchlint.values.facts import dtypes, sizes
from torchlint.values.interpret.evaluator import Evaluator
from torchlint.values.interpret.frame import Frame
from torchlint.values.value import ClassRef, Constant, External, FunctionRef, Layer, Mutated, Op, Value
from torchlint.verify.instance.change import File
from torchlint.verify.instance.version_scope import Scope
from torchlint.verify.instance.whitelist import LAYERS

# Operations whose results have a domain that an input can be given.
_DOMAINS = {
    "softmax": "prob",
    "sigmoid": "unit",
    **dict.fromkeys(
        ("exp", "relu", "abs", "square", "softplus", "relu6", "sqrt", "norm", "cdist", "var", "std"), "positive"
    ),
    "logsigmoid": "negative",
    "tanh": "inner",
    "one_hot": "onehot",
}
_KINDS = {"int": "long", "bool": "bool"}
# The evaluation of expressions recurses over them.
_RECURSION_LIMIT = 30_000


@dataclass(frozen=True, slots=True)
class Known:
    """What is certain of an input. `sizes` are its sizes as far as they are numbers, None where one is not.

    `dtypes` are the kinds of numbers that its elements may be besides floating-point ones; `is_single` and `natural`
    are whether it is one tensor, and a number that is not negative; `value` is what it holds.
    """

    kind: str = ""
    rank: int | None = None
    sizes: tuple[int | None, ...] | None = None
    tensor: bool | None = None
    dtypes: tuple[str, ...] = ("bool", "complex", "int")
    is_single: bool = False
    natural: bool = False
    value: Value | None = None

    def may_share(self, other: Known) -> bool:
        """Whether writing to it may be seen in another one."""
        return self.value is None or other.value is None or memory.may_share(self.value, other.value)


class Context:
    """Answers about the expressions of one file, before its fix. What cannot be told is unknown, never an error."""

    def __init__(self, file: File) -> None:
        self._file = file
        self._evaluator: Evaluator | None = None
        self._module: Module | None = None
        self._frames: dict[ast.AST, Frame | None] = {}

    def close(self) -> None:
        """Let go of the values, which refer to each other in circles."""
        if self._evaluator is not None:
            self._evaluator.close()
            self._evaluator = self._module = None
            self._frames.clear()

    def known(self, scope: Scope, node: ast.expr) -> Known:
        """What is certain of an expression in a scope of the file."""
        value = self._value(scope, node)
        if value is None:
            return Known()
        shape = sizes.sizes(value)
        numbers = None if shape is None else tuple(size if isinstance(size, int) else None for size in shape)
        frame = self._frame(scope)
        floats = frame is not None and kinds.only(frame, value, ("float",), node)
        return Known(
            _kind(value),
            facts.rank(value),
            numbers,
            facts.is_tensor(value),
            () if floats else tuple(sorted(kinds.dtypes_of(value) - {"float"})),
            kinds.is_tensor(value, frame, [node]),
            kinds.is_natural(value),
            value,
        )

    def is_device(self, scope: Scope, node: ast.expr) -> bool:
        """Whether an expression certainly says a device, and nothing else that `to` takes."""
        value = self._value(scope, node)
        return value is not None and kinds.is_device(value, self._frame(scope))

    def disturbs(self, scope: Scope, run: Sequence[ast.AST], foreign: Sequence[ast.AST]) -> str:
        """What may write in between to what statements read that are run one after the other; empty if nothing does.

        `foreign` are parts of the statements that are not run.
        """
        frame = self._frame(scope)
        if frame is None:
            return ""
        writes = Writes(frame)
        order = writes.order
        known = [node for node in run if order.holds(node)]
        inside = {below for node in known for below in order.below(node)}
        apart = {below for node in foreign if order.holds(node) for below in order.below(node)}
        reads = [
            node
            for node in inside - apart
            if isinstance(node, ast.Name)
            and isinstance(node.ctx, ast.Load)
            and not isinstance(frame.values.get(node), External | FunctionRef | ClassRef)
        ]
        window = [node for node in order.between(known) if node not in inside or node in apart]
        return writes.hit(reads, window, moved=True) or ""

    def sees_layout(self, scope: Scope, node: ast.AST) -> bool:
        """Whether somebody may look at how the result of an expression lies in memory."""
        frame = self._frame(scope)
        if frame is None:
            return True
        proof = Proof(frame)
        proof.has_unseen_layout(node)
        return bool(proof.needs)

    def literal(self, scope: Scope, node: ast.expr) -> ast.expr | None:
        """The literal or the layer that a name or an attribute certainly holds, as an expression."""
        if isinstance(node, ast.Name) and node.id in scope.parameters:
            # Callers of other files may pass something else.
            return None
        value = self._value(scope, node)
        if isinstance(value, Constant) and isinstance(value.value, bool | int | float | str | None):
            return ast.parse(repr(value.value), mode="eval").body
        return _constructed(value) if isinstance(value, Layer) else None

    def layer(self, scope: Scope, call: ast.Call) -> ast.expr | None:
        """The layer that a call certainly calls, as an expression that makes it."""
        frame = self._frame(scope)
        callee = frame.callees.get(call) if frame is not None else None
        return _constructed(callee) if isinstance(callee, Layer) else None

    def _value(self, scope: Scope, node: ast.expr) -> Value | None:
        frame = self._frame(scope)
        return frame.values.get(node) if frame is not None else None

    def _frame(self, scope: Scope) -> Frame | None:
        if scope.node not in self._frames:
            limit = sys.getrecursionlimit()
            sys.setrecursionlimit(max(limit, _RECURSION_LIMIT))
            # What the evaluation cannot do, it does not know.
            self._frames[scope.node] = None
            with contextlib.suppress(Exception):
                self._frames[scope.node] = self._evaluate(scope.node)
            sys.setrecursionlimit(limit)
        return self._frames[scope.node]

    def _evaluate(self, node: ast.AST) -> Frame | None:
        if self._evaluator is None or self._module is None:
            self._module = Module(self._file.source, self._file.tree)
            self._evaluator = Evaluator(self._module)
        if isinstance(node, ast.Module):
            return self._evaluator.module_frame()
        model = self._module.models.get(node)
        return self._evaluator.frame(model) if isinstance(model, FunctionModel) else None


def _kind(value: Value) -> str:
    if isinstance(value, Op) and value.name in _DOMAINS:
        return _DOMAINS[value.name]
    if isinstance(value, Mutated):
        return _kind(value.base)
    if facts.is_tensor(value):
        kind = dtypes.dtype_class(value)
        return _KINDS.get(kind, kind) if kind else ""
    match facts.kind(value).name:
        case "INT":
            return "size"
        case "FLOAT":
            return "number"
        case "BOOL":
            return "flag"
    return ""


def _constructed(layer: Layer) -> ast.expr | None:
    """`torch.nn.Softmax(dim=1)` for a layer whose arguments are all literals."""
    if layer.name not in LAYERS or not layer.complete or layer.children:
        return None
    keywords = []
    for name, value in layer.args.items():
        if not isinstance(value, Constant) or not isinstance(value.value, bool | int | float | str | None):
            return None
        keywords.append(f"{name}={value.value!r}")
    return ast.parse(f"torch.nn.{layer.name}({', '.join(keywords)})", mode="eval").body
