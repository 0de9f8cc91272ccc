"""`torch.tensor([a, b])` of tensors with several elements: it raises.

## What it does
Finds `torch.tensor` and `torch.Tensor` of a list, or a comprehension, of tensors that certainly have more than one
element.

## Why is this bad?
Each entry of the list is converted to one number, and `only one element tensors can be converted to Python scalars` is
raised where it has several. Where each has one element, all of them are copied to the CPU one by one, and the result is
cut off from the graph.

## Example
```python
batch = torch.tensor([torch.randn(3), torch.randn(3)])
```
Use instead:
```python
batch = torch.stack([torch.randn(3), torch.randn(3)])
```

## Fix safety
The fix makes code run that raised, so it is unsafe. It is offered where nothing but the list is given: `stack` has no
`dtype` or `device`.

## When not to use it
There is no program in which such a call returns. A test that wants it to raise says `# torchlint: ignore[TLT733]`.

## References
- [torch.stack](https://docs.pytorch.org/docs/stable/generated/torch.stack.html)
- [torch.tensor](https://docs.pytorch.org/docs/stable/generated/torch.tensor.html)
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from torchlint.rule import ERROR, Changes, Check, Frame, Items, Op, Problem, Value, is_test, members, sizes

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor


class TensorOfTensors(Check):
    code = "TLT733"
    since = "0.2"
    related = ("TLT708",)
    severity = ERROR
    message = "`torch.tensor` of tensors with several elements raises: each entry has to be one number"
    title = "Use `torch.stack`"
    help = "Put tensors together with `torch.stack`"
    ops = ("tensor",)

    def check_op(self, op: Op, frame: Frame) -> Iterator[Problem]:
        data = op.nodes.get("data")
        if data is None or op.node is None or is_test(frame.module):
            return
        if any(_has_several(entry) for entry in _entries(op.args.get("data"), data, frame)):
            alone = len(op.args) == 1 and isinstance(op.node, ast.Call)
            yield Problem(op.node, "", _stacked(frame, op, data) if alone else None, Changes("code runs that raised"))


def _entries(value: Value | None, node: ast.expr, frame: Frame) -> list[Value]:
    """What a list holds: its entries, or what each turn of a comprehension makes."""
    if isinstance(value, Items):
        return list(value.items)
    if isinstance(node, ast.ListComp) and frame.values.get(node.elt) is not None:
        return [frame.values[node.elt]]
    return []


def _has_several(value: Value) -> bool:
    """Whether a value is certainly a tensor with more than one element, on every path."""
    return all(_is_large(member) for member in members(value))


def _is_large(value: Value) -> bool:
    found = sizes.sizes(value) if isinstance(value, Op) else None
    numbers = [size for size in found or () if isinstance(size, int)]
    return any(size > 1 for size in numbers) and 0 not in numbers


def _stacked(frame: Frame, op: Op, data: ast.expr) -> Callable[[Editor], None]:
    call = op.node
    assert isinstance(call, ast.Call)

    def fix(editor: Editor) -> None:
        name = f"{editor.import_module('torch', scope_names=frame.local_names)}.stack"
        editor.replace(call, f"{name}({editor.text(data)})", [data])

    return fix
