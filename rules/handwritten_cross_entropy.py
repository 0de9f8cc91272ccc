"""Cross entropy by hand: `cross_entropy` takes the logits.

## What it does
Finds the negated log-probabilities of targets that are put together from a log-softmax: `-(t * log_softmax(x,
1)).sum(1)`, `-log_softmax(x, 1)[torch.arange(n), y]` and `-log_softmax(x, 1).gather(1, y.unsqueeze(1))`, with
`log(softmax(x))` too and with a mean or sum around them, where the log-softmax is used for nothing else.

## Why is this bad?
`cross_entropy` does it in one call. It also checks the labels (an index of -1 reads the last class without a word)
and knows class weights, label smoothing and ignored labels.

## Example
```python
log_probs = F.log_softmax(logits, dim=1)
loss = -log_probs.gather(1, target.unsqueeze(1)).mean()
```
Use instead:
```python
loss = F.cross_entropy(logits, target)
```

## Fix safety
`gather` of one label per sample is equal up to rounding. An indexed form reads negative labels, which `cross_entropy`
rejects, and soft targets must have the shape of the logits and not be broadcast: these fixes are only shown.

## When not to use it
Turn it off for code that explains the formula, such as a lesson.

## References
- [torch.nn.functional.cross_entropy](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from torchlint.rule import (
    INFO,
    Call,
    Chain,
    Check,
    Constant,
    Frame,
    Items,
    Op,
    Problem,
    Same,
    Value,
    facts,
    ops,
    same,
    same_dim,
    units,
    walk,
)
from torchlint.vocabulary.activation_swaps import called_instead
from torchlint.vocabulary.class_dims import Class, class_dim
from torchlint.vocabulary.routes import route

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor
    from torchlint.vocabulary.activation_swaps import Fix

_SOFTMAXES = ops.words(*ops.ORDER_KEEPING)
_LOGARITHMS = ops.words("log", "log_softmax")
_REDUCTIONS = frozenset({"sum", "mean"})
_WRAPPERS = frozenset({"neg", "squeeze", *_REDUCTIONS})


class _Found(NamedTuple):
    """A loss by hand: the log-softmax, the target, and what is done with the entries."""

    chain: Chain
    target: ast.expr | None
    reduction: str
    shown: bool


class HandwrittenCrossEntropy(Check):
    code = "TLT110"
    since = "0.1"
    related = ("TLT202", "TLT409")
    severity = INFO
    message = "Cross entropy by hand takes several operations: `cross_entropy` takes the logits in one call"
    title = "Use `cross_entropy`"
    help = "Give the logits and the labels to `cross_entropy`"
    words = (tuple(sorted(_SOFTMAXES)), tuple(sorted(_LOGARITHMS)))

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        cores: set[int] = set()
        # What is around an operation comes after it; what is around it in its own statement is looked at first.
        unwrapped = [(root, *_unwrap(root, _WRAPPERS)) for root in reversed(frame.ops) if root.name in _WRAPPERS]
        for root, steps, core in sorted(unwrapped, key=lambda item: item[0].statement is not _statement(item[2])):
            if not isinstance(core, Op) or id(core) in cores:
                continue
            found = _soft(steps, core) or _hard(steps, core)
            if found is not None and route(frame, found.chain, core.node) is not None:
                cores.add(id(core))
                fix = _needing_labels(called_instead(frame, root, core, found.chain, found.target, found.reduction))
                yield Problem(root.node or frame.module.tree, "", fix, Same(), display=found.shown)


def _needing_labels(fix: Fix | None) -> Fix | None:
    """The fix with what `cross_entropy` wants of its target and a lookup does not."""
    if fix is None:
        return None

    def with_need(editor: Editor) -> None:
        fix(editor)
        editor.proof.need("the target has one class for each row, and -100 is none of them")

    return with_need


def _statement(value: Value) -> ast.stmt | None:
    return value.statement if isinstance(value, Op) else None


def _unwrap(value: Value, names: frozenset[str]) -> tuple[list[Op], Value]:
    """The operations around a value, outermost first, and the value."""
    steps: list[Op] = []
    while isinstance(value, Op) and value.name in names:
        steps.append(value)
        value = value.input
    return steps, value


def _is_negative(steps: list[Op]) -> bool:
    return sum(step.name == "neg" for step in steps) % 2 == 1


def _log_softmax(value: Value) -> Chain | None:
    """The chain to the softmax of a value that is a log-softmax."""
    match value:
        case Op(name="log_softmax"):
            return (value,)
        case Op(name="log") if isinstance(value.input, Op) and value.input.name == "softmax":
            return (value, value.input)
    return None


def _reduction(steps: list[Op]) -> str | None:
    """What at most one sum or mean over everything makes of a loss for each sample."""
    reductions = [step for step in steps if step.name in _REDUCTIONS]
    if not reductions:
        return "none"
    return reductions[0].name if len(reductions) == 1 and len(reductions[0].args) == 1 else None


def _soft(steps: list[Op], core: Op) -> _Found | None:
    """`-(t * log_softmax(x, d)).sum(d)`, with a mean or sum of it, and `-(t * log_softmax(x, d)).sum()`."""
    if core.name != "mul":
        return None
    for name, other in (("input", "other"), ("other", "input")):
        signs, log_probs = _unwrap(core.args[name], frozenset({"neg"}))
        chain = _log_softmax(log_probs)
        negations, target = _unwrap(core.args[other], frozenset({"neg"}))
        if chain is None or not _is_negative([*steps, *signs, *negations]):
            continue
        softmax = units.source(chain)
        reduction = _over_classes(steps, softmax) if _is_target(target, softmax) else None
        if reduction is not None:
            node = negations[-1].nodes.get("input") if negations else core.nodes.get(other)
            return _Found((*signs, *chain), node, reduction, True)
    return None


def _over_classes(steps: list[Op], softmax: Op) -> str | None:
    """The `reduction` for which cross entropy is these steps; None where they do not first sum over the classes."""
    reductions = [step for step in steps if step.name != "neg"]
    if not reductions or reductions[-1].name != "sum":
        return None
    first = reductions.pop()
    if len(first.args) == 1:
        return "sum" if not reductions else None
    rank = facts.rank(softmax.input)
    if len(first.args) > 2 or not same_dim(first.args.get("dim"), softmax.args.get("dim"), rank):
        return None
    return _reduction(reductions) if all(step.name in _REDUCTIONS for step in reductions) else None


def _is_target(target: Value, softmax: Op) -> bool:
    """Whether a factor is something else than a number or the probabilities themselves, which would be an entropy."""
    if isinstance(target, Constant) or facts.is_tensor(target) is False:
        return False
    ranks = facts.rank(target), facts.rank(softmax.input)
    if None not in ranks and ranks[0] != ranks[1]:
        return False
    return not any(isinstance(part, Op) and same(part.input, softmax.input) for part in walk(target))


def _hard(steps: list[Op], core: Op) -> _Found | None:
    """`-log_softmax(x, 1)[torch.arange(n), y]` and `-log_softmax(x, 1).gather(1, y.unsqueeze(1))`."""
    chain = _log_softmax(core.input)
    reduction = _reduction(steps)
    if chain is None or reduction is None or not _is_negative(steps):
        return None
    squeezes = [step.constant("dim") for step in steps if step.name == "squeeze"]
    dim = class_dim(chain[-1:])
    if dim is Class.NO:
        return None
    if core.name == "getitem":
        labels = _indexed(core)
        return _Found(chain, labels, reduction, True) if labels is not None and not squeezes else None
    labels = _gathered(core, units.source(chain)) if core.name == "gather" else None
    # Without a squeeze the result is a column, which makes no difference to its mean.
    shown = dim is not Class.YES or (reduction == "none" and squeezes not in ([1], [-1]))
    return _Found(chain, labels, reduction, shown) if labels is not None else None


def _indexed(core: Op) -> ast.expr | None:
    """The labels of `x[torch.arange(n), y]`."""
    index, written = core.args.get("index"), core.nodes.get("index")
    if not isinstance(index, Items) or len(index.items) != 2 or not isinstance(written, ast.Tuple):
        return None
    rows, labels = index.items
    counts = isinstance(rows, Op) and rows.name == "arange"
    counts = counts or (isinstance(rows, Call) and rows.qualname == "builtins.range")
    return written.elts[1] if counts and facts.is_tensor(labels) is not False else None


def _gathered(core: Op, softmax: Op) -> ast.expr | None:
    """The labels of `x.gather(d, y.unsqueeze(d))`."""
    index, rank = core.args.get("index"), facts.rank(softmax.input)
    if not isinstance(index, Op) or not same_dim(core.args.get("dim"), softmax.args.get("dim"), rank):
        return None
    if index.name == "unsqueeze":
        return index.nodes.get("input") if same(index.args["dim"], core.args["dim"]) else None
    sizes = index.args.get("size", index.args.get("shape"))
    if index.name in ops.RESHAPES and isinstance(sizes, Items) and len(sizes.items) == 2:
        return index.nodes.get("input") if same(sizes.items[1], Constant(1)) else None
    return None
