"""The name of a loss function that is given the loss: the next turn of the loop calls a tensor.

## What it does
Finds `loss = loss(output, target)` in a loop where nothing gives the name its function back, and the same for an
attribute: `self.criterion = self.criterion(output, target)`. Only where what is called is certainly a module or the
result is certainly a tensor, because `backward()` or `item()` is called on it. Silent where the loop is left in its
first turn.

## Why is this bad?
After the first turn the name holds a tensor, and the second raises `TypeError: 'Tensor' object is not callable`. A
module refuses to keep a tensor under the name of one of its layers at once.

## Example
```python
loss = nn.CrossEntropyLoss()
for x, y in loader:
    loss = loss(model(x), y)
    loss.backward()
```
Use instead:
```python
criterion = nn.CrossEntropyLoss()
for x, y in loader:
    loss = criterion(model(x), y)
    loss.backward()
```

## Fix safety
The fix gives the result another name, from there to the end of the function. It is only ever shown.

## When not to use it
There is no code for which it has to be turned off: what it finds raises in the second turn.

## References
- [torch.nn.CrossEntropyLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html)
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from torchlint.rule import (
    ERROR,
    Changes,
    Check,
    Frame,
    Loop,
    Op,
    Place,
    Problem,
    facts,
    is_test,
    members,
    own_nodes,
    trees,
)
from torchlint.vocabulary.nn_modules import is_module
from torchlint.vocabulary.training import loop_of, settled
from torchlint.vocabulary.turns import position

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

_OF_TENSORS = frozenset({"backward", "item"})


class CriterionOverwritten(Check):
    code = "TLT732"
    since = "0.2"
    related = ("TLT116",)
    severity = ERROR
    message = "The name of the function is given its result: the next call raises, since a tensor cannot be called"
    title = "Give the result another name"
    help = "Give the result another name than the function"
    words = (("backward", "item"),)

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if is_test(frame.module):
            return
        for node in own_nodes(frame.scope):
            match node:
                case ast.Assign(targets=[ast.Name() as target], value=ast.Call(func=ast.Name() as func) as call):
                    loop = loop_of(frame.module, node)
                    if target.id == func.id and loop is not None and _is_lasting(loop, node, func.id):
                        yield from _judge(frame, node, func, call)
                case ast.Assign(
                    targets=[ast.Attribute() as target], value=ast.Call(func=ast.Attribute() as func) as call
                ) if ast.unparse(target) == ast.unparse(func) and _is_own(frame, func) and _is_only(frame, target):
                    yield from _judge(frame, node, func, call)


def _judge(frame: Frame, node: ast.Assign, func: ast.Name | ast.Attribute, call: ast.Call) -> Iterator[Problem]:
    called, result = settled(frame.values.get(func)), frame.values.get(call)
    is_tensor = result is not None and facts.is_tensor(result) is True
    is_layer = called is not None and any(is_module(frame, settled(member) or member) for member in members(called))
    if isinstance(func, ast.Attribute) and not is_layer:
        return
    is_used = _is_used_as_tensor(frame, node, ast.unparse(func))
    if (is_tensor and isinstance(result, Op)) or (is_used and call.args):
        fix = _renamed(frame, node, func) if isinstance(func, ast.Name) else None
        places = (Place(func, "this is called again in the next turn"),)
        yield Problem(node, "", fix, Changes("code runs that raised"), places=places, display=True)


def _is_lasting(loop: Loop, node: ast.Assign, name: str) -> bool:
    """Whether the name still holds the result in the next turn, and there is one."""
    if any(isinstance(statement, ast.Break | ast.Return | ast.Raise) for statement in loop.body):
        return False
    stores = [
        other
        for other in trees.walk(loop)
        if isinstance(other, ast.Name) and other.id == name and not isinstance(other.ctx, ast.Load)
    ]
    return stores == node.targets


def _is_own(frame: Frame, func: ast.Attribute) -> bool:
    function = frame.function
    is_method = function is not None and function.cls is not None and function.name != "__init__"
    return is_method and isinstance(func.value, ast.Name) and func.value.id == frame.self_name


def _is_only(frame: Frame, target: ast.Attribute) -> bool:
    """Whether the method assigns the attribute nowhere else."""
    return not any(
        isinstance(node, ast.Attribute)
        and node is not target
        and node.attr == target.attr
        and not isinstance(node.ctx, ast.Load)
        for node in own_nodes(frame.scope)
    )


def _is_used_as_tensor(frame: Frame, node: ast.Assign, text: str) -> bool:
    """Whether something is done with the result that is done with tensors only."""
    return any(
        isinstance(other, ast.Attribute)
        and other.attr in _OF_TENSORS
        and ast.unparse(other.value) == text
        and position(other) > position(node)
        for other in own_nodes(frame.scope)
    )


def _renamed(frame: Frame, node: ast.Assign, func: ast.Name) -> Callable[[Editor], None]:
    """A fix that calls the result something else, from where it is computed to the end of the function."""
    taken = {other.id for other in trees.walk(frame.scope) if isinstance(other, ast.Name)}
    name = "loss" if "loss" not in taken else f"{func.id}_value"
    end = (node.end_lineno or 0, node.end_col_offset or 0)

    def fix(editor: Editor) -> None:
        for other in own_nodes(frame.scope):
            if (
                isinstance(other, ast.Name)
                and other.id == func.id
                and (other in node.targets or position(other) >= end)
            ):
                editor.rename(other, name)

    return fix
