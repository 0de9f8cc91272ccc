"""Mean losses of batches, summed up and divided by the number of samples.

## What it does
Finds `total += loss.item()` in a loop over batches, with a loss that is a mean over its batch, or a sum of such means,
and `total` divided by the number of samples afterwards: by `len(loader.dataset)`, or by a count that the same loop adds
batch sizes to.

## Why is this bad?
Each loss is an average already. The sum of as many averages as there are batches, divided by the number of samples, is
too small by the batch size: a test loss of 0.3 reads 0.005 with batches of 64, and two runs with different batch sizes
cannot be compared.

## Example
```python
for x, y in loader:
    total += F.cross_entropy(model(x), y).item()
total /= len(loader.dataset)
```
Use instead:
```python
for x, y in loader:
    total += F.cross_entropy(model(x), y).item() * y.size(0)
total /= len(loader.dataset)
```

## Fix safety
The fix weighs each loss with the size of its batch. It changes the number that is reported, which is its purpose, so it
is unsafe. It is offered where the target has a name.

## When not to use it
Turn it off where figures have to be comparable with older ones that were computed this way.

## References
- [torch.nn.CrossEntropyLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html)
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from torchlint.rule import (
    Averages,
    Call,
    Changes,
    Check,
    Constant,
    Field,
    Frame,
    Loop,
    Op,
    Place,
    Problem,
    Value,
    is_test,
    loops_around,
    made_by,
    members,
    ops,
    own_nodes,
    parents,
    path,
    trees,
    units,
)
from torchlint.vocabulary.datasets import LOADER
from torchlint.vocabulary.training import settled
from torchlint.vocabulary.turns import position

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor


class MeanLossOverSamples(Check):
    code = "TLT727"
    since = "0.2"
    related = ("TLT703",)
    message = "Mean losses of batches, divided by the number of samples: too small by the batch size"
    title = "Weigh each loss with its batch size"
    help = "Multiply each loss by the size of its batch, or divide by the number of batches"
    needs = (tuple(sorted(ops.LOSS_WORDS)),)
    words = (("/",), ("dataset", "size", "shape", "len"), (*sorted(ops.LOSS_WORDS),))

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if not frame.loops or is_test(frame.module):
            return
        nodes = list(own_nodes(frame.scope))
        divisions = [found for node in nodes if (found := _division(node)) is not None]
        for node in nodes if divisions else ():
            key = path(frame, node.target) if isinstance(node, ast.AugAssign) else None
            if not isinstance(node, ast.AugAssign) or not isinstance(node.op, ast.Add) or key is None:
                continue
            loops = loops_around(frame.module, node)
            loss = _mean_loss(frame, node.value) if loops else None
            if loss is None:
                continue
            for division, total, count in divisions:
                after = position(division) > (loops[0].end_lineno or 0, 0)
                if path(frame, total) == key and after and _counts_samples(frame, count, loops[0]):
                    if not _is_scaled(frame, division):
                        yield _problem(node, division, loss)
                    break


def _division(node: ast.AST) -> tuple[ast.AST, ast.expr, ast.expr] | None:
    """A division, with what is divided and by what."""
    match node:
        case ast.AugAssign(target=total, op=ast.Div(), value=count):
            return node, total, count
        case ast.BinOp(left=total, op=ast.Div(), right=count):
            return node, total, count
    return None


def _mean_loss(frame: Frame, node: ast.expr) -> Op | None:
    """The loss that is summed up, where it certainly is a mean over a batch."""
    value = frame.values.get(node)
    found = units.averages.chains(value, Averages.MEAN) if value is not None else []
    return units.source(found[0]) if found else None


def _counts_samples(frame: Frame, node: ast.expr, loop: Loop) -> bool:
    """Whether a divisor is the number of samples that the loop has seen, with more than one in a batch."""
    value = frame.values.get(node)
    if isinstance(loop, ast.While) or value is None:
        return False
    loader = _loader(loop.iter)
    if isinstance(value, Call) and value.qualname == "builtins.len" and loader is not None:
        return _is_dataset_of(frame, value.args[0], loader)
    key = path(frame, node)
    return key is not None and any(
        isinstance(inner, ast.AugAssign) and path(frame, inner.target) == key and _is_batch_size(frame, inner.value)
        for inner in trees.walk(loop)
    )


def _loader(node: ast.expr) -> ast.expr | None:
    """What is iterated, through `enumerate` and what shows progress."""
    while isinstance(node, ast.Call) and node.args:
        node = node.args[0]
    return node if isinstance(node, ast.Name | ast.Attribute) else None


def _is_dataset_of(frame: Frame, value: Value, loader: ast.expr) -> bool:
    """Whether a value is the dataset of a loader that gives several samples at a time, as far as is known."""
    made = settled(frame.values.get(loader))
    call = made_by(made)
    if call is not None and call.qualname == LOADER:
        size = call.value("batch_size")
        if size is None or (isinstance(size, Constant) and size.value in (1, None)):
            return False
    for member in members(value):
        held = member.base if isinstance(member, Field) and member.name == "dataset" else None
        if held is None or settled(held) is not made:
            return False
    return True


def _is_batch_size(frame: Frame, node: ast.expr) -> bool:
    """`y.size(0)`, `y.shape[0]`: the first size of a tensor; `len(y)` of what the loop gives may be anything's."""
    value = frame.values.get(node)
    return isinstance(value, Op) and value.name == "size" and value.constant("dim") == 0


def _is_scaled(frame: Frame, division: ast.AST) -> bool:
    """Whether the quotient is multiplied again, by the batch size as it may be."""
    outer = parents(frame.module).get(division)
    return isinstance(outer, ast.BinOp) and isinstance(outer.op, ast.Mult)


def _problem(added: ast.AugAssign, division: ast.AST, loss: Op) -> Problem:
    target = loss.nodes.get("target")
    fix = _weighed(added, target) if isinstance(target, ast.Name) else None
    places = (Place(added, "a mean is added here"),)
    return Problem(division, "", fix, Changes("the loss is an average over samples"), places=places)


def _weighed(added: ast.AugAssign, target: ast.Name) -> Callable[[Editor], None]:
    def fix(editor: Editor) -> None:
        editor.replace(added.value, f"{editor.text(added.value)} * {target.id}.size(0)", [added.value])

    return fix
