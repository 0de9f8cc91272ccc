"""Inputs without the last token and labels without the first, for a model that shifts the labels itself.

## What it does
Finds `model(input_ids=x[:, :-1], labels=x[:, 1:])`, in one expression, through locals, helpers or a dict, where the
model is a causal language model of transformers: `*ForCausalLM` or `*LMHeadModel`, made with `from_pretrained`,
`from_config` or as it is.

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
    UNKNOWN,
    Call,
    Changes,
    Check,
    External,
    Frame,
    Mapped,
    Method,
    Op,
    Problem,
    Shifts,
    Value,
    inventory_of,
    is_test,
    members,
    ops,
    same,
    units,
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
            if any(keyword.arg in ("labels", None) for keyword in call.keywords):
                yield from _problem(call, frame)


def _problem(call: ast.Call, frame: Frame) -> Iterator[Problem]:
    if not _is_causal(frame.callees.get(call)):
        return
    given = _arguments(call, frame)
    whole, rest = (
        _sliced(given.get("input_ids"), Shifts.WITHOUT_LAST),
        _sliced(given.get("labels"), Shifts.WITHOUT_FIRST),
    )
    if whole is not None and rest is not None and same(whole, rest):
        yield Problem(call, "", _unsliced(call), Changes("each position learns the next token"))


def _arguments(call: ast.Call, frame: Frame) -> dict[str, Value]:
    """What a model is given, by name, with the entries of a dict behind `**`."""
    given: dict[str, Value] = {"input_ids": frame.values.get(call.args[0], UNKNOWN)} if call.args else {}
    for keyword in call.keywords:
        held = frame.values.get(keyword.value, UNKNOWN)
        if keyword.arg is not None:
            given[keyword.arg] = held
        elif isinstance(held, Mapped):
            given.update(held.items)
    return given


def _sliced(value: Value | None, shift: Shifts) -> Value | None:
    """The sequence that a slice left a token out of."""
    found = units.shifts.chains(value, shift) if value is not None else []
    return units.source(found[0]).input if len(found) == 1 else None


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


def _unsliced(call: ast.Call) -> Callable[[Editor], None] | None:
    """A fix that gives the whole sequences, where they are all that is given, and are sliced in the call."""
    sliced = [*call.args, *(keyword.value for keyword in call.keywords)]
    pairs = [(node, node.value) for node in sliced if isinstance(node, ast.Subscript)]
    if not len(pairs) == len(sliced) == 2:
        return None

    def fix(editor: Editor) -> None:
        for node, base in pairs:
            editor.replace(node, editor.text(base), [base])

    return fix
