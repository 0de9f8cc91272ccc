"""What a loop computes from the slices of tensors, written over the whole tensors."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from torchlint.rule import Call, Constant, Frame, Item, Op, Value, facts, ops, same, trees

from .loops import Sweep, invariant, is_index, is_path
from .shown_tensors import fills, is_number, shown_tensor

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

# One result element per element of the input, whatever the rank, without effects.
ELEMENTWISE = ops.that(elementwise=True, shape="same", gives=("tensor", "varies"), writes="", pure=True) - ops.RANDOM
ARITHMETIC = ops.BINARY


class Leaf(NamedTuple):
    """A slice in an expression: `x[i]`, `x[:, i]`, or the name of a row."""

    node: ast.expr
    tensor: ast.expr
    value: Value
    dim: int
    before: tuple[ast.expr, ...] = ()
    after: tuple[ast.expr, ...] = ()

    def text(self, sweep: Sweep, editor: Editor) -> str:
        """The slices all together."""
        base = editor.text(self.tensor)
        if isinstance(self.node, ast.Name):
            return base
        full = fills(self.value, len(self.before), sweep.turns)
        end = "" if full or sweep.count is None else editor.text(sweep.count)
        parts = [editor.text(part) for part in self.before]
        parts.append(f"{sweep.start or ''}:{end}")
        parts.extend(editor.text(part) for part in self.after)
        if not isinstance(self.node, ast.Subscript) or all(part == ":" for part in parts):
            return base
        return f"{base}[{', '.join(parts)}]"


class Whole(NamedTuple):
    """An expression over slices that means the same over the tensors; `dim` is the one that the loop runs over."""

    node: ast.expr
    leaves: list[Leaf]

    @property
    def dim(self) -> int:
        return self.leaves[0].dim

    def text(self, sweep: Sweep, editor: Editor) -> str:
        return editor.spliced(self.node, {leaf.node: leaf.text(sweep, editor) for leaf in self.leaves})

    def primary(self, sweep: Sweep, editor: Editor) -> str:
        """The text, in parentheses where a method could not be called on it without."""
        text = self.text(sweep, editor)
        plain = isinstance(self.node, ast.Name | ast.Attribute | ast.Subscript | ast.Call)
        return text if plain else f"({text})"


def leaf(node: ast.expr, sweep: Sweep, frame: Frame) -> Leaf | None:
    """A slice that the loop takes in this turn, of a tensor that it does not write to elsewhere."""
    if isinstance(node, ast.Name) and node.id in sweep.rows:
        tensor, value, dim = sweep.rows[node.id]
        return Leaf(node, tensor, value, dim)
    if not isinstance(node, ast.Subscript):
        return None
    tensor, parts = indexed(node)
    if not is_path(tensor) or not all(_fixed(part, frame) or is_index(part, sweep) for part in _inner(node)):
        return None
    at = [place for place, part in enumerate(parts) if is_index(part, sweep)]
    base = frame.values.get(tensor)
    if len(at) != 1 or base is None:
        return None
    if not (invariant(tensor, sweep, frame) or ast.unparse(node) == sweep.written):
        return None
    before, after = tuple(parts[: at[0]]), tuple(parts[at[0] + 1 :])
    if not all(_is_basic(part, frame) and invariant(part, sweep, frame) for part in (*before, *after)):
        return None
    return Leaf(node, tensor, base, sum(isinstance(part, ast.Slice) for part in before), before, after)


def indexed(node: ast.Subscript) -> tuple[ast.expr, list[ast.expr]]:
    """What is indexed, and all the indices: those of `x[j][i]` are those of `x[j, i]` where j is a number."""
    tensor: ast.expr = node
    parts: list[ast.expr] = []
    while isinstance(tensor, ast.Subscript):
        parts[:0] = _parts(tensor)
        tensor = tensor.value
    return tensor, parts


def _inner(node: ast.Subscript) -> list[ast.expr]:
    """The indices before the last brackets."""
    return indexed(node.value)[1] if isinstance(node.value, ast.Subscript) else []


def _parts(node: ast.Subscript) -> list[ast.expr]:
    return node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]


def _is_basic(part: ast.expr, frame: Frame) -> bool:
    if isinstance(part, ast.Slice):
        return all(bound is None or _fixed(bound, frame) for bound in (part.lower, part.upper, part.step))
    return _fixed(part, frame)


def _fixed(node: ast.expr, frame: Frame) -> bool:
    """Whether an index is one number: a literal, or the counter of another loop."""
    value = frame.values.get(node)
    if isinstance(value, Item):
        return isinstance(value.iterable, Call) and value.iterable.qualname == "builtins.range"
    return isinstance(value, Constant) and type(value.value) is int


def whole(node: ast.expr, sweep: Sweep, frame: Frame) -> Whole | None:
    """An elementwise expression over slices, if it means the same over whole tensors."""
    leaves: list[Leaf] = []
    others: list[Value] = []
    if not _collect(node, sweep, frame, leaves, others) or not leaves:
        return None
    values = [frame.values[found.node] for found in leaves]
    alike = all(same(value, values[0]) for value in values)
    ranks = {facts.rank(value) for value in values}
    if any(found.dim != leaves[0].dim for found in leaves) or not (alike or (len(ranks) == 1 and None not in ranks)):
        return None
    if others:
        # A tensor that takes part in every turn must not meet the dim that the loop ran over.
        rank = ranks.pop() if len(ranks) == 1 else None
        inner = [facts.rank(value) for value in others]
        room = None if rank is None else rank - leaves[0].dim
        if room is None or any(found is None or found > room for found in inner):
            return None
    if not all(shown_tensor(frame, found.value) for found in leaves):
        return None
    return Whole(node, leaves)


def _collect(node: ast.expr, sweep: Sweep, frame: Frame, leaves: list[Leaf], others: list[Value]) -> bool:
    found = leaf(node, sweep, frame)
    if found is not None:
        leaves.append(found)
        return True
    value = frame.values.get(node)
    if value is None:
        return False
    if is_number(value):
        return invariant(node, sweep, frame)
    if is_path(node):
        others.append(value)
        return facts.is_tensor(value) is True and invariant(node, sweep, frame)
    if not isinstance(value, Op) or value.form == "module" or value.node is not node:
        return False  # no operation, or one that a function of the file computes in expressions of its own
    if isinstance(node, ast.BinOp | ast.UnaryOp | ast.Compare):
        operands = [part for part in trees.children(node) if isinstance(part, ast.expr)]
        return value.name in ARITHMETIC | {"neg"} and all(
            _collect(part, sweep, frame, leaves, others) for part in operands
        )
    if not isinstance(node, ast.Call) or any(isinstance(arg, ast.Starred) for arg in node.args):
        return False
    if value.name in ARITHMETIC and set(value.args) == {"input", "other"} <= set(value.nodes):
        return all(_collect(value.nodes[name], sweep, frame, leaves, others) for name in ("input", "other"))
    settings = [arg for name, arg in value.args.items() if name != "input"]
    if value.name not in ELEMENTWISE | ARITHMETIC or "input" not in value.nodes or not all(map(is_number, settings)):
        return False
    return _collect(value.nodes["input"], sweep, frame, leaves, others)
