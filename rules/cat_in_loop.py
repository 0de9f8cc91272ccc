"""A tensor that grows by `torch.cat` in each turn of a loop: everything is copied again and again.

## What it does
Finds `x = torch.cat([x, y])`, also as `concat`, `hstack`, `vstack` and with the first turn told apart by an `if`, in a
loop that does nothing else with `x`.

Silent where the loop needs the whole of `x` in each turn, as decoding with its past does, where `x` starts anew in each
turn, and where the turns are known to be few: a literal range or sequence, the layers of a module, or a number of them
that is an attribute of the object.

## Why is this bad?
`torch.cat` allocates a new tensor and copies all that was there before. Over n turns that is n²/2 copies in place of n,
and with gradients the graph has a node, and each backward pass a copy, for every turn.

## Example
```python
scores = torch.empty(0)
for x in loader:
    scores = torch.cat([scores, model(x)])
```
Use instead:
```python
parts = []
for x in loader:
    parts.append(model(x))
scores = torch.cat(parts)
```

## Fix safety
There is none: what the loop leaves where it has no turn, and the dtype that the start brings, are for you to keep.

## When not to use it
It is off by default: a tensor that grows a few times is cheap.

## References
- [torch.cat](https://docs.pytorch.org/docs/stable/generated/torch.cat.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.rule import (
    INFO,
    Call,
    Check,
    Constant,
    Frame,
    Items,
    Layer,
    Loop,
    Mapped,
    Method,
    Op,
    Place,
    Problem,
    Value,
    block_of,
    inventory_of,
    is_test,
    loops_around,
    ops,
    parents,
    statement_of,
    trees,
)

# In so few turns, what is copied twice does not matter.
_FEW = 16


class CatInLoop(Check):
    code = "TLT407"
    since = "0.1"
    related = ("TLT403",)
    severity = INFO
    default = False
    message = "The tensor grows by `cat` in a loop, which copies all of it each turn; collect a list, join it once"
    help = "Append the parts to a list, and join it once after the loop"
    needs = (("cat", "hstack", "vstack"),)
    words = (tuple(sorted(ops.words(*needs[0]))), ("for", "while"))

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if inventory_of(frame.scope).loops and not is_test(frame.module):
            for op in frame.ops:
                yield from _problem(op, frame) if op.name in self.needs[0] else ()


def _problem(op: Op, frame: Frame) -> Iterator[Problem]:
    statement = statement_of(frame.module, op.node) if op.node is not None else None
    name = _grown(op, statement)
    if not name or not isinstance(statement, ast.Assign):
        return
    for loop in loops_around(frame.module, statement):
        if not _is_only_grown(name, loop, frame):
            return
        if not _is_short(loop, frame):
            yield Problem(statement.value, places=(Place(loop, "in each turn of this loop"),))
            return


def _grown(op: Op, statement: ast.stmt | None) -> str:
    """The local that a statement makes longer: `x` of `x = torch.cat([x, y])`."""
    if not isinstance(statement, ast.Assign) or statement.value is not op.node or len(statement.targets) != 1:
        return ""
    target, tensors = statement.targets[0], op.nodes.get("tensors")
    if not isinstance(target, ast.Name) or not isinstance(tensors, ast.List | ast.Tuple) or len(tensors.elts) < 2:
        return ""
    return target.id if sum(_is_name(part, target.id) for part in tensors.elts) == 1 else ""


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _is_only_grown(name: str, loop: Loop, frame: Frame) -> bool:
    """Whether a loop does nothing with a local but make it longer, except for the choice of the first turn."""
    known: set[ast.AST] = set()
    for node in trees.walk(loop):
        value = frame.values.get(node.value) if isinstance(node, ast.Assign) else None
        if isinstance(node, ast.Assign) and isinstance(value, Op) and _grown(value, node) == name:
            if not _may_go_on(node, frame):
                return False
            known |= _own_names(node, value, name)
            known |= _names_of_first_turn(node, name, frame)
    return all(node in known for node in trees.walk(loop) if isinstance(node, ast.Name) and node.id == name)


def _own_names(statement: ast.Assign, op: Op, name: str) -> set[ast.AST]:
    tensors = op.nodes["tensors"]
    assert isinstance(tensors, ast.List | ast.Tuple)
    return {*statement.targets, *(part for part in tensors.elts if _is_name(part, name))}


def _may_go_on(statement: ast.stmt, frame: Frame) -> bool:
    """Whether the loop may come back to a statement: it is not left after it, and not done in one turn only."""
    block = block_of(frame.module, statement)
    if any(isinstance(other, ast.Break | ast.Return | ast.Raise) for other in block):
        return False
    branch = parents(frame.module).get(statement)
    if not isinstance(branch, ast.If) or statement in branch.orelse or not isinstance(branch.test, ast.Compare):
        return True
    return not any(isinstance(op, ast.Eq) for op in branch.test.ops)


def _names_of_first_turn(statement: ast.stmt, name: str, frame: Frame) -> set[ast.AST]:
    """Where the local is read and written by `if x is None: x = y`, the other branch of which makes it longer."""
    branch = parents(frame.module).get(statement)
    if not isinstance(branch, ast.If):
        return set()
    other = branch.body if statement in branch.orelse else branch.orelse
    found: set[ast.AST] = set()
    for start in other:
        if isinstance(start, ast.Assign):
            found.update(target for target in start.targets if _is_name(target, name))
    if isinstance(branch.test, ast.Compare | ast.UnaryOp):
        found.update(node for node in trees.walk(branch.test) if isinstance(node, ast.Name) and node.id == name)
    return found


def _is_short(loop: Loop, frame: Frame) -> bool:
    """Whether a loop is known to take a few turns only."""
    if isinstance(loop, ast.While):
        return False
    value = frame.values.get(loop.iter)
    return _is_setting(loop.iter, frame) or (value is not None and _is_few(value))


def _is_setting(node: ast.expr, frame: Frame) -> bool:
    """`self.blocks`, `range(self.depth)`: how many layers, branches or inputs there are is fixed by the object."""
    while isinstance(node, ast.Attribute):
        node = node.value
        if isinstance(node, ast.Name):
            return node.id == frame.self_name
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and any(_is_setting(arg, frame) for arg in node.args)
    )


def _is_few(value: Value) -> bool:
    match value:
        case Constant() | Layer():
            return True
        case Items() | Mapped():
            return len(value.items) <= _FEW
        case Call(callee=Method(receiver=receiver)):
            # `{..}.items()`, `self.layers.children()`
            return _is_few(receiver)
        case Call() if value.qualname == "builtins.range":
            ends = [arg.value for arg in value.args if isinstance(arg, Constant) and type(arg.value) is int]
            return len(ends) == len(value.args) and len(range(*ends)) <= _FEW
        case Call() if value.qualname in ("builtins.enumerate", "builtins.zip", "builtins.reversed"):
            return any(map(_is_few, value.args))
    return False
