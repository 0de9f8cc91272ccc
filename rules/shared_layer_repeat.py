"""`[layer] * n` in a `ModuleList` or `Sequential`: one layer n times, not n layers.

## What it does
Finds `nn.ModuleList([layer] * n)` and `nn.Sequential(*[layer] * n)`, also through a local and as a comprehension over
a layer that was made before it, where the layer has parameters.

## Why is this bad?
`[layer] * n` repeats a reference. All n layers of the network share one set of weights, so that it has the capacity
of one; `parameters()` lists them once, and nothing warns.

## Example
```python
self.layers = nn.ModuleList([nn.Linear(width, width)] * depth)
```
Use instead:
```python
self.layers = nn.ModuleList([nn.Linear(width, width) for _ in range(depth)])
```

## When not to use it
Turn it off for layers that are to share weights, as in ALBERT, where no name in the code says so.

## References
- [torch.nn.ModuleList](https://docs.pytorch.org/docs/stable/generated/torch.nn.ModuleList.html)
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from torchlint.rule import (
    Check,
    Constant,
    Frame,
    Instance,
    Items,
    Layer,
    Op,
    Problem,
    Value,
    inventory_of,
    ops,
    trees,
    written_calls,
)
from torchlint.vocabulary.nn_modules import has_parameters

# No list is given to a ModuleDict.
_CONTAINERS = tuple(f"torch.nn.{name}" for name in sorted(ops.CONTAINERS - {"ModuleDict"}))
_ON_PURPOSE = re.compile(r"shar|tied|tie_|recur|universal|weight_?tying", re.IGNORECASE)


class SharedLayerRepeat(Check):
    code = "TLT608"
    since = "0.1"
    related = ("TLT602",)
    message = "`[layer] * n` is one layer n times, with one set of weights: make each one in a comprehension"
    help = "Make a layer for each place: `[nn.Linear(d, d) for _ in range(n)]`"
    words = (tuple(name.rpartition(".")[2] for name in _CONTAINERS),)

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if not _may_repeat(frame.scope):
            return
        for call in written_calls(frame, *_CONTAINERS):
            if isinstance(frame.values.get(call.node), Layer):
                yield from _repeated(frame, call.node)


def _may_repeat(scope: ast.AST) -> bool:
    """Whether a list of something that was made before is written: `[layer] * n`, `[layer for _ in range(n)]`."""
    nodes = inventory_of(scope)
    generated: list[ast.ListComp | ast.GeneratorExp] = [*nodes.of(ast.ListComp), *nodes.of(ast.GeneratorExp)]
    return any(isinstance(node.elt, ast.Name) and not _is_own_target(node.elt, node) for node in generated) or any(
        isinstance(node.op, ast.Mult) and any(map(_may_hold_layers, (node.left, node.right)))
        for node in nodes.of(ast.BinOp)
    )


def _repeated(frame: Frame, call: ast.Call) -> Iterator[Problem]:
    for arg in call.args:
        inner = arg.value if isinstance(arg, ast.Starred) else arg
        if _repeats(frame, inner) and not _ON_PURPOSE.search(_context(frame, call)):
            yield Problem(inner)


def _is_own_target(element: ast.Name, node: ast.ListComp | ast.GeneratorExp) -> bool:
    targets = (part for generator in node.generators for part in trees.walk(generator.target))
    return any(isinstance(part, ast.Name) and part.id == element.id for part in targets)


def _may_hold_layers(node: ast.expr) -> bool:
    return isinstance(node, ast.List | ast.Tuple) and any(
        not isinstance(element, ast.Constant | ast.UnaryOp) for element in node.elts
    )


def _repeats(frame: Frame, node: ast.expr) -> bool:
    """Whether an expression is a list that holds one layer several times."""
    if isinstance(node, ast.ListComp | ast.GeneratorExp):
        layer = frame.values.get(node.elt)
        made_before = isinstance(node.elt, ast.Name) and layer is not None and _is_made_outside(layer, node)
        return made_before and layer is not None and has_parameters(frame, layer)
    value = frame.values.get(node)
    if not isinstance(value, Op) or value.name != "mul":
        return False
    items, count = value.args.get("input"), value.args.get("other")
    if isinstance(count, Items):
        items, count = count, items
    if not isinstance(items, Items) or count is None or (isinstance(count, Constant) and count.value in (0, 1)):
        return False
    return any(has_parameters(frame, item) for item in items.items)


def _is_made_outside(layer: Value, node: ast.expr) -> bool:
    made = layer.node
    if not isinstance(layer, Layer | Instance) or not isinstance(made, ast.Call):
        return False
    return made.lineno < node.lineno


def _context(frame: Frame, call: ast.Call) -> str:
    """What the code calls this: the class, the function, and the statement."""
    names = [frame.function.name if frame.function else ""]
    if frame.function is not None and frame.function.cls is not None:
        names.append(frame.function.cls.name)
    source = frame.module.source
    return " ".join([*names, source.line(call.lineno - 1), source.line(call.lineno)])
