"""Cross entropy written as a loop over samples: `F.cross_entropy` takes all of them.

## What it does
Finds loops over samples, and positions, that add up `-log(exp(x[i][t[i]]) / sum(exp(x[i])))` by hand, one element at a
time, with the label read by `int(t[i])` or `.item()` or used as an index, or that call `cross_entropy` for each sample.

## Why is this bad?
Reading a label from the GPU makes Python wait for it, each turn launches a dozen kernels for one number, and in the
backward pass each of them makes a gradient of the size of all logits: on an H100 one call is hundreds of times faster.
`exp` overflows at 89 in float32, and from there on the loss and its gradient are NaN.

## Example
```python
loss = 0
for i in range(len(x)):
    label = int(t[i])
    loss -= torch.log(torch.exp(x[i][label]) / (torch.exp(x[i][0]) + torch.exp(x[i][1])))
return loss / len(x)
```
Use instead:
```python
loss = 0
loss += F.cross_entropy(x, t.long(), reduction="sum")
return loss / len(x)
```

## Fix safety
The fix is unsafe: `cross_entropy` normalises over all classes that `x` has, where the loop may name only some of them,
it is finite where the loop is not, and it takes a label of -100 as one to leave out. There is none where the loop does
anything else, or where `cross_entropy` is called for each sample: a mean of means is not the mean of all.

## When not to use it
Turn it off where the samples of a batch do not fit into memory at once.

## References
-
[torch.nn.functional.cross_entropy](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html)"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from torchlint.rule import Call, Changes, Check, Frame, Op, Problem, Value, ops, trees
from torchlint.vocabulary.element_access import Turn, covers
from torchlint.vocabulary.shown_tensors import dtype

from ._added_losses import may_add_loss
from ._sample_losses import Term, term_of, total_of

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

_LOSSES = ops.words("log", *ops.CLASS_LOSSES)


class PerSampleLossLoop(Check):
    code = "TLT409"
    since = "0.1"
    related = ("TLT110", "TLT401")
    message = "A loop adds up a cross entropy sample by sample, kernels for each; `F.cross_entropy` takes all"
    title = "Use `F.cross_entropy`"
    help = "Give all samples to one call of `F.cross_entropy`"
    words = (("for",), tuple(sorted(_LOSSES)))

    def check_loop(self, loop: ast.For | ast.AsyncFor | ast.While, frame: Frame) -> Iterator[Problem]:
        if not isinstance(loop, ast.For) or not may_add_loss(loop, frame.module):
            return
        for statement in trees.walk(loop):
            term = term_of(statement, frame)
            if term is not None and _outermost(term, frame) is loop:
                yield _problem(loop, statement, term, frame)
                return


def _outermost(term: Term, frame: Frame) -> ast.For | None:
    loops = set(term.loops)
    return next((loop for loop in frame.loops if loop in loops), None)


def _problem(loop: ast.For, statement: ast.AST, term: Term, frame: Frame) -> Problem:
    target = total_of(statement)
    logits, labels = _named(term.picked.root, loop, frame), _named(term.label.root, loop, frame)

    def fix(editor: Editor) -> None:
        functional = editor.import_module("torch.nn.functional", scope_names=frame.local_names)
        moved = logits if term.place == 1 else f"{logits}.movedim({term.place}, 1)"
        cast = "" if dtype(term.label.root) == "int64" else ".long()"
        sign = f"= {target} +" if isinstance(statement, ast.Assign) else "+="
        line = f'{target} {sign} {functional}.cross_entropy({moved}, {labels}{cast}, reduction="sum")'
        editor.replace_statements(loop, loop, [line], carry_comments=True)

    known = target is not None and logits is not None and labels is not None
    whole = known and term.place is not None and not term.scaled and _is_all(loop, statement, term, frame)
    claim = Changes("the softmax is over all classes, finite for large logits, and leaves out labels of -100")
    return Problem(loop, fix=fix if whole else None, claim=claim)


def _is_all(loop: ast.For, statement: ast.AST, term: Term, frame: Frame) -> bool:
    """Whether the nest adds up the loss of every sample and does nothing that is seen later."""
    wanted = tuple(index for place, index in enumerate(term.picked.indices) if place != term.place)
    turns = [index.loop for index in wanted if isinstance(index, Turn)]
    if len(turns) != len(wanted) or len(set(turns)) != len(turns) or term.label.indices != wanted or not wanted:
        return False
    inner = [node for node in trees.walk(loop) if isinstance(node, ast.For | ast.While | ast.AsyncFor)]
    if set(inner) != set(turns) or not isinstance(loop, ast.For):
        return False
    for node in trees.walk(loop):
        if isinstance(node, ast.Break | ast.Continue | ast.Return | ast.Yield | ast.Await | ast.With | ast.Raise):
            return False
        plain = isinstance(node, ast.For) or _is_local(node, frame)
        if isinstance(node, ast.stmt) and not plain and not _is_inside(node, statement):
            return False
    covered = all(covers(turn, term.picked, frame) or covers(turn, term.label, frame) for turn in turns)
    return covered and not _read_later(loop, total_of(statement), frame)


def _is_local(node: ast.AST, frame: Frame) -> bool:
    """Whether a statement does nothing but give a name a value."""
    if not isinstance(node, ast.Assign) or not all(isinstance(target, ast.Name) for target in node.targets):
        return False
    values = [frame.values.get(part) for part in trees.walk(node.value) if isinstance(part, ast.Call)]
    return all(
        isinstance(value, Op) or (isinstance(value, Call) and value.qualname == "builtins.int") for value in values
    )


def _is_inside(node: ast.AST, statement: ast.AST) -> bool:
    return any(part is node for part in trees.walk(statement))


def _read_later(loop: ast.For, total: str | None, frame: Frame) -> bool:
    """Whether a name that the nest binds, other than the total, is read outside it."""
    inside = set(trees.walk(loop))
    bound = {node.id for node in inside if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)} - {total}
    scope = frame.scope
    return any(
        isinstance(node, ast.Name) and node.id in bound and isinstance(node.ctx, ast.Load) and node not in inside
        for node in trees.walk(scope)
    )


def _named(value: Value, loop: ast.For, frame: Frame) -> str | None:
    """A name that holds a value before the loop."""
    for key, held in frame.envs.get(loop, {}).items():
        if held is value and not key.startswith("self."):
            return key
    return None
