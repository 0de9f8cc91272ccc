"""`scaled_dot_product_attention` with a `dropout_p` that no one sets to 0 for evaluation.

## What it does
Finds `dropout_p` in a method of an `nn.Module`, where what is passed is a number above 0, the `p` of a dropout layer,
or what the constructor was given, and where nothing in the class asks for `self.training`.

## Why is this bad?
`scaled_dot_product_attention` is a function and knows nothing of the module: it drops attention weights whenever
`dropout_p` is above 0. After `model.eval()` the results still differ from call to call and are worse than they should
be.

## Example
```python
F.scaled_dot_product_attention(q, k, v, dropout_p=self.dropout)
```
Use instead:
```python
F.scaled_dot_product_attention(q, k, v, dropout_p=self.dropout if self.training else 0.0)
```

## Fix safety
The fix changes results at evaluation; that is its purpose. Training is the same.

## When not to use it
Turn it off for Monte Carlo dropout, which is to drop at evaluation too.

## References
- [torch.nn.functional.scaled_dot_product_attention](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.scaled_dot_product_attention.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from torchlint.rule import (
    BoundCall,
    Changes,
    Check,
    ClassModel,
    Constant,
    Field,
    Frame,
    Layer,
    Op,
    Parameter,
    Problem,
    Value,
    classes,
    last_name,
    members,
    ops,
    trees,
    written_calls,
)
from torchlint.vocabulary.nn_modules import is_module_class

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

_DROPOUTS = tuple(sorted(ops.words(*ops.DROPOUTS) - ops.DROPOUTS))
# A class that decides for itself when it drops: at every call, or as its mode is switched.
_OWN_MODES = frozenset({"train", "eval", "mc_dropout", "enable_dropout"})
_ATTENTION = "torch.nn.functional.scaled_dot_product_attention"


class AttentionDropoutIgnoresTraining(Check):
    code = "TLT611"
    since = "0.1"
    related = ("TLT120", "TLT606")
    message = "`scaled_dot_product_attention` drops weights at evaluation too: predictions are random"
    title = "Drop only while training"
    help = "Pass `dropout_p=p if self.training else 0.0`"
    words = (("scaled_dot_product_attention",),)

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if any(map(_may_always_drop, written_calls(frame, _ATTENTION))):
            for op in frame.ops:
                yield from _problem(op, frame) if op.name == "scaled_dot_product_attention" else ()


def _problem(op: Op, frame: Frame) -> Iterator[Problem]:
    function, given = frame.function, op.args.get("dropout_p")
    if given is None or function is None or function.cls is None or function.self_name is None:
        return
    if not is_module_class(frame, function.cls) or not _drops(given) or _minds_mode(frame, function.cls):
        return
    node, name = op.nodes.get("dropout_p"), function.self_name
    if node is None or not isinstance(op.node, ast.Call):
        return
    template = ast.parse(f"p if {name}.training else 0.0", mode="eval").body

    def fix(editor: Editor) -> None:
        editor.template(node, template, {"p": node})

    yield Problem(node, "", fix, Changes("nothing is dropped in eval mode"))


def _may_always_drop(call: BoundCall) -> bool:
    """Whether a call may drop something whatever the mode is."""
    given = call.argument("dropout_p")
    if given is None:
        return call.is_open
    return not any(isinstance(part, ast.Attribute) and part.attr == "training" for part in trees.walk(given))


def _drops(value: Value) -> bool:
    """Whether every path passes a probability, and some path one that is not certainly 0."""
    found = [_probability(member) for member in members(value)]
    return None not in found and any(found)


def _probability(value: Value) -> bool | None:
    """Whether a value is a probability above 0, or one that the constructor was given; None where it is not known."""
    if isinstance(value, Constant):
        is_number = isinstance(value.value, int | float) and not isinstance(value.value, bool)
        return value.value > 0 if is_number else None  # type: ignore[operator]
    if isinstance(value, Field):
        if isinstance(value.base, Layer) and value.name == "p" and value.base.name in _DROPOUTS:
            given = value.base.args.get("p")
            return value.base.complete if given is None else _drops(given)
        return True if _is_given(value.base) else None
    return True if _is_given(value) else None


def _is_given(value: Value) -> bool:
    """Whether a value is what the constructor was given, or an attribute of it."""
    while isinstance(value, Field):
        value = value.base
    if not isinstance(value, Parameter) or value.frame is None or value.frame.function is None:
        return False
    return value.frame.function.name == "__init__"


def _minds_mode(frame: Frame, cls: ClassModel) -> bool:
    """Whether a class, or one that it derives from, asks for its mode, other than to tell it to another dropout."""
    for ancestor in classes.lineage(frame, cls):
        if not isinstance(ancestor, ClassModel):
            continue
        if not _OWN_MODES.isdisjoint(ancestor.methods):
            return True
        told: set[ast.AST] = set()
        for node in trees.walk(ancestor.node):  # a call comes before its arguments
            if isinstance(node, ast.Call) and _minds(node):
                told.update(node.args, [keyword.value for keyword in node.keywords])
            name = last_name(node)
            if name in _OWN_MODES or (name == "training" and node not in told):
                return True
    return False


def _minds(call: ast.Call) -> bool:
    """Whether a call is that of a functional dropout or normalisation, which are told the mode."""
    name = last_name(call.func)
    return name.endswith("_norm") or name.rstrip("123d").endswith("dropout")
