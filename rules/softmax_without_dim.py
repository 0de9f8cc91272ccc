"""Softmax without dim: torch guesses the dim from the rank.

## What it does
Finds `F.softmax(x)`, `F.log_softmax(x)`, `F.softmin(x)`, `nn.Softmax()`, `nn.LogSoftmax()` and `nn.Softmin()`
without a dim. A layer is reported where it is called, stands in a container, is passed on or returned; in tests only
where it is called. One that nobody calls guesses no dim.

## Why is this bad?
The guess is dim 0 for tensors of rank 0, 1 and 3 and dim 1 for all others, and is deprecated: it warns. A tensor of
shape (batch, length, classes) is normalised over the batch, without an error.

## Example
```python
weights = F.softmax(scores)
```
Use instead:
```python
weights = F.softmax(scores, dim=-1)
```

## Fix safety
`dim=-1` is what torch guesses for tensors of rank 1 and 2, and is written only where the rank is certain. For any
other rank only the author knows which dim was meant.

## When not to use it
Turn it off for code that must stay as it was for a torch that guesses the dim, such as a copy of a paper's code.

## References
- [torch.nn.Softmax](https://docs.pytorch.org/docs/stable/generated/torch.nn.Softmax.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from torchlint.rule import (
    BoundCall,
    Check,
    External,
    Frame,
    Layer,
    Op,
    Problem,
    Same,
    Value,
    classes,
    facts,
    is_test,
    last_name,
    members,
    ops,
    parents,
    peek,
    trees,
)

if TYPE_CHECKING:
    from torchlint.rule import Editor

_ORDERED = ops.that(normalises=("kept", "reversed"))
_LAYERS = frozenset(layer for name in _ORDERED for layer in ops.layers_of(name) if not ops.layer_settings(layer))
_CONTAINERS = frozenset({"torch.nn.Sequential", "torch.nn.ModuleList", "torch.nn.ModuleDict"})
# Methods that give the layers of a module.
_WALKERS = frozenset({"children", "named_children", "modules", "named_modules", "_modules"})


class SoftmaxWithoutDim(Check):
    code = "TLT301"
    since = "0.1"
    related = ("TLT114", "TLT305")
    message = "Softmax without `dim`: torch guesses 0 for rank 0, 1 and 3, else 1; name the dim"
    title = "Add `dim=-1`, which is what torch guesses for this rank"
    help = "Name the dim that the scores are in, such as `dim=-1`"
    ops = tuple(sorted(_ORDERED))
    calls = tuple(f"torch.nn.{name}" for name in sorted(_LAYERS))
    dimless = ops

    def check_op(self, op: Op, frame: Frame) -> Iterator[Problem]:
        if op.form != "F" or "dim" in op.args or not isinstance(op.node, ast.Call):
            return
        yield _problem(op.node, facts.rank(op.input))

    def check_call(self, call: BoundCall, frame: Frame) -> Iterator[Problem]:
        layer, node = call.result, call.node
        if (
            isinstance(layer, Layer)
            and not call.is_open
            and _is_none(call.value("dim"))
            and _is_used(node, layer, frame)
        ):
            ranks = {facts.rank(op.input) for op in frame.ops if op.layer is layer}
            rank = ranks.pop() if len(ranks) == 1 and _stays(layer, frame) else None
            yield _problem(node, rank)


def _is_used(call: ast.Call, layer: Layer, frame: Frame) -> bool:
    """Whether a new layer is called, or goes where others may call it; in a test, whether it is called."""
    if any(op.layer is layer for op in frame.ops):
        return True
    uses = list(_uses(call, frame))
    above = parents(frame.module)
    if is_test(frame.module):
        return any(isinstance(outer := above.get(use), ast.Call) and outer.func is use for use in uses)
    return bool(uses) or _is_child_of_container(call, frame)


def _uses(call: ast.Call, frame: Frame) -> Iterator[ast.AST]:
    """Where a layer is taken from the expression that makes it, or from the name or attribute that it is given."""
    statement = parents(frame.module).get(call)
    if isinstance(statement, ast.Expr):
        return
    if not isinstance(statement, ast.Assign | ast.AnnAssign):
        yield call
        return
    for target in statement.targets if isinstance(statement, ast.Assign) else [statement.target]:
        name = last_name(target)
        if isinstance(target, ast.Name):
            scope = frame.scope if frame.function is not None else frame.module.tree
            yield from (node for node in _loads(scope, name) if isinstance(node, ast.Name))
        if isinstance(target, ast.Attribute) or frame.function is None:
            yield from _attribute_loads(frame, name)


def _attribute_loads(frame: Frame, name: str) -> Iterator[ast.AST]:
    """Where an attribute of the frame's class may be read: there, in what derives from it, from outside."""
    own = frame.function.cls if frame.function is not None else None
    for cls in frame.module.all_classes:
        if own is None or own in classes.lineage(frame, cls):
            yield from (node for node in _loads(cls.node, name) if _is_of_self(node))
    # `x.softmax(1)` is a method of tensors.
    for node in _loads(frame.module.tree, name) if name not in SoftmaxWithoutDim.ops else ():
        if isinstance(node, ast.Attribute) and not _is_of_self(node) and not isinstance(peek(frame, node), External):
            yield node


def _loads(scope: ast.AST, name: str) -> Iterator[ast.Name | ast.Attribute]:
    for node in trees.walk(scope):
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load) and last_name(node) == name:
            yield node


def _is_of_self(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"


def _is_child_of_container(call: ast.Call, frame: Frame) -> bool:
    """Whether a layer becomes a child of a module that calls its children, or walks over them."""
    cls = frame.function.cls if frame.function is not None else None
    if cls is None or not isinstance(parents(frame.module).get(call), ast.Assign):
        return False
    bases = (base.qualname for base in classes.lineage(frame, cls) if isinstance(base, External))
    if not _CONTAINERS.isdisjoint(bases):
        return True
    return any(isinstance(node, ast.Attribute) and node.attr in _WALKERS for node in trees.walk(cls.node))


def _is_none(value: Value | None) -> bool:
    return value is not None and all(getattr(member, "value", ...) is None for member in members(value))


def _stays(layer: Layer, frame: Frame) -> bool:
    """Whether a layer is called only in the function that makes it: each use of it is the callee of a call."""
    callees = {call.func for call in frame.callees}
    named = all(node in callees for node in frame.loads.get(layer, ()))
    kept = any(path.startswith("self.") and layer in values for path, values in frame.bindings.items())
    return frame.function is not None and named and not kept and not _is_returned(layer, frame)


def _is_returned(layer: Layer, frame: Frame) -> bool:
    return any(layer in members(value) for _, value in frame.returns)


def _problem(call: ast.Call, rank: int | None) -> Problem:
    fixable = rank in (1, 2) and not any(_is_none_literal(arg) for arg in call.args)
    return Problem(call, fix=partial(_add_dim, call) if fixable else None, claim=Same())


def _add_dim(call: ast.Call, editor: Editor) -> None:
    explicit = [keyword.value for keyword in call.keywords if keyword.arg == "dim"]
    if explicit:
        editor.replace(explicit[0], "-1")
    else:
        editor.add_argument(call, "dim=-1")


def _is_none_literal(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
