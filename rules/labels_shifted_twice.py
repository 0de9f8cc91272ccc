"""Inputs without the last token and labels without the first, for a model that shifts the labels itself.

## What it does
Finds `model(input_ids=x[:, :-1], labels=x[:, 1:])`, in one expression or through locals, where the model is a causal
language model of transformers: `*ForCausalLM` or `*LMHeadModel`, made with `from_pretrained`, `from_config` or as it
is.

## Why is this bad?
These models compare the output for token i with label i + 1 themselves. Where the labels are shifted already, each
position is trained to predict the token after the next. The loss goes down all the same, to a worse model whose texts
leave out words.

## Example
```python
out = model(input_ids=ids[:, :-1], labels=ids[:, 1:])
```
Use instead:
```python
out = model(input_ids=ids, labels=ids)
```

## Fix safety
The fix gives the whole sequence as inputs and as labels. It changes what is learnt, which is its purpose, so it is
unsafe. It is offered where both slices are written in the call, and nothing else is given to it, such as a mask, which
has to be as long.

## When not to use it
Turn it off for models whose `forward` was replaced by one that does not shift.

## References
- [Causal language modeling](https://huggingface.co/docs/transformers/tasks/language_modeling)
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from torchlint.rule import (
    ERROR,
    Call,
    Changes,
    Check,
    Constant,
    External,
    Frame,
    Items,
    Method,
    Op,
    Problem,
    Value,
    inventory_of,
    is_test,
    members,
    ops,
    same,
)
from torchlint.vocabulary.training import settled

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

_CAUSAL = re.compile(r"transformers\.(?:\w+\.)*\w*(?:ForCausalLM|LMHeadModel)(?:\.from_(?:pretrained|config))?$")
# What returns the model that it is called on.
_SAME_MODEL = frozenset({"train", "eval", "requires_grad_", "half", "float", "bfloat16", "to", "cuda", "cpu"})


class LabelsShiftedTwice(Check):
    code = "TLT122"
    since = "0.2"
    related = ("TLT102",)
    severity = ERROR
    message = "The model shifts the labels itself: shifted twice, each position learns the token after the next"
    title = "Give the whole sequence"
    help = "Give the same whole sequence as `input_ids` and as `labels`"
    words = (("labels",),)

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if "transformers" not in frame.module.source.text or is_test(frame.module):
            return
        for call in inventory_of(frame.scope).of(ast.Call):
            if any(keyword.arg == "labels" for keyword in call.keywords):
                yield from _problem(call, frame)


def _problem(call: ast.Call, frame: Frame) -> Iterator[Problem]:
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    inputs, labels = keywords.get("input_ids", call.args[0] if call.args else None), keywords["labels"]
    if inputs is None or not _is_causal(frame.callees.get(call)):
        return
    whole = _without(frame.values.get(inputs), last=True)
    rest = _without(frame.values.get(labels), last=False)
    if whole is not None and rest is not None and same(whole, rest):
        alone = len(call.args) + len(call.keywords) == 2
        fix = _unsliced(inputs, labels) if alone else None
        yield Problem(call, "", fix, Changes("each position learns the next token"))


def _is_causal(value: Value | None) -> bool:
    """Whether a value is certainly a causal language model of transformers, on every path."""
    return value is not None and all(_is_made_causal(settled(member)) for member in members(value))


def _is_made_causal(value: Value | None) -> bool:
    while True:
        if isinstance(value, Op) and value.name in ops.MOVES | ops.CASTS:
            value = settled(value.input)
        elif isinstance(value, Call) and isinstance(value.callee, Method) and value.callee.name in _SAME_MODEL:
            value = settled(value.callee.receiver)
        else:
            break
    if not isinstance(value, Call):
        return False
    return isinstance(value.callee, External) and _CAUSAL.match(value.qualname) is not None


def _without(value: Value | None, *, last: bool) -> Value | None:
    """What a slice leaves the last (`x[:, :-1]`) or the first (`x[:, 1:]`) token out of."""
    while isinstance(value, Op) and value.name in ops.SAME_ELEMENTS | ops.CASTS:
        value = value.input
    if not isinstance(value, Op) or value.name != "getitem":
        return None
    index = value.args.get("index")
    part = index.items[-1] if isinstance(index, Items) and index.items else None
    if not isinstance(part, Op) or part.name != "slice":
        return None
    found = {name: bound.value for name, bound in part.args.items() if isinstance(bound, Constant)}
    bounds = {name: number for name, number in found.items() if number is not None}
    known = len(found) == len(part.args)
    return value.input if known and list(bounds.values()) == [-1 if last else 1] and _is_end(bounds, last) else None


def _is_end(bounds: dict[str, object], last: bool) -> bool:
    return [*bounds] == ["stop" if last else "start"]


def _unsliced(inputs: ast.expr, labels: ast.expr) -> Callable[[Editor], None] | None:
    if not isinstance(inputs, ast.Subscript) or not isinstance(labels, ast.Subscript):
        return None
    pairs = [(inputs, inputs.value), (labels, labels.value)]

    def fix(editor: Editor) -> None:
        for node, base in pairs:
            editor.replace(node, editor.text(base), [base])

    return fix
