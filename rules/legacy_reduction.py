"""A loss is told how to reduce by `size_average=` or `reduce=`: `reduction=` says it in one word.

## What it does
Finds losses of `torch.nn` and `torch.nn.functional` that are given `size_average` or `reduce`, by name or by position,
or `reduction="elementwise_mean"`.

## Why is this bad?
Both are deprecated since torch 0.4.1 and warn. They override `reduction`, and what the two mean together has to be
looked up: `reduce=False` wins over `size_average`.

## Example
```python
loss = nn.MSELoss(size_average=False)
```
Use instead:
```python
loss = nn.MSELoss(reduction="sum")
```

## Fix safety
The fix gives the same loss. There is none where a value is not a literal, and where `reduction` is given as well.

## When not to use it
Turn it off for code that has to run under torch 0.4.0 and earlier, which has no `reduction=`.

## References
- [torch.nn.MSELoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.MSELoss.html)
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from torchlint.rule import (
    BoundCall,
    Check,
    ClassModel,
    External,
    Frame,
    Module,
    Problem,
    Same,
    Value,
    bound_call,
    inventory_of,
    peek,
)
from torchlint.vocabulary.loss_reductions import KEYWORDS, LOSSES, NAMES, reduction

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

    Fix = Callable[[Editor], None]

# The first torch with `reduction=` for all losses.
_SINCE = "1.0"
_OLD_MEAN = "elementwise_mean"
_Given = dict[str, ast.keyword | ast.expr]


class LegacyReduction(Check):
    code = "TLT805"
    since = "0.2"
    related = ("TLT802",)
    tags = ("deprecated",)
    message = "`size_average` and `reduce` are deprecated and override `reduction`: use `reduction` alone"
    title = "Use `reduction`"
    help = 'Use `reduction="mean"`, `"sum"` or `"none"`'
    words = (tuple(sorted(NAMES)),)

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if _may_give(frame.scope, frame.module):
            for node, callee in frame.callees.items():
                yield from _problems(frame, node, callee)

    def check_class(self, cls: ClassModel, frame: Frame) -> Iterator[Problem]:
        for node in inventory_of(cls.node).of(ast.Call) if _may_give(cls.node, cls.module) else ():
            yield from _problems(frame, node, peek(frame, node.func))


def _may_give(scope: ast.AST, module: Module) -> bool:
    """Whether a call of a loss may be given one of the old arguments, and every torch of the target has the new one."""
    return not module.target.lacks(_SINCE) and any(
        len(call.args) > 0 or any(keyword.arg in (*KEYWORDS, "reduction") for keyword in call.keywords)
        for call in module.naming.calls_in(scope, NAMES)
    )


def _problems(frame: Frame, node: ast.Call, callee: Value | None) -> Iterator[Problem]:
    if not isinstance(callee, External) or callee.qualname not in LOSSES:
        return
    call = bound_call(frame, node, callee.qualname)
    old = call.argument("reduction") if call is not None else None
    if isinstance(old, ast.Constant) and old.value == _OLD_MEAN:
        said = f'`reduction="{_OLD_MEAN}"` is deprecated: it is called `"mean"`'
        yield Problem(node, said, lambda editor: editor.replace(old, editor.quoted("mean")), Same())
        return
    given = _given(call) if call is not None else {}
    placed = [argument for argument in given.values() if isinstance(argument, ast.expr)]
    if not all(isinstance(argument, ast.Constant) for argument in placed):
        return  # Who gives tensors to a constructor takes it for the loss: see TLT116.
    if any(not _is_none(argument) for argument in given.values()):
        yield Problem(node, fix=_fix(node, given), claim=Same())


def _given(call: BoundCall) -> _Given:
    """The old arguments that a call gives, as keywords or by position."""
    written = {name: call.argument(name) for name in KEYWORDS}
    keywords = {keyword.value: keyword for keyword in call.node.keywords}
    return {name: keywords.get(value, value) for name, value in written.items() if value is not None}


def _value(argument: ast.keyword | ast.expr) -> ast.expr:
    return argument.value if isinstance(argument, ast.keyword) else argument


def _is_none(argument: ast.keyword | ast.expr) -> bool:
    value = _value(argument)
    return isinstance(value, ast.Constant) and value.value is None


def _fix(call: ast.Call, given: _Given) -> Fix | None:
    """A fix that says the same by `reduction`; None where that is not certain."""
    values = {name: _value(argument) for name, argument in given.items()}
    constants = {name: value.value for name, value in values.items() if isinstance(value, ast.Constant)}
    flags = {name: value for name, value in constants.items() if value is None or isinstance(value, bool)}
    positional = [argument for argument in given.values() if isinstance(argument, ast.expr)]
    is_last = call.args[len(call.args) - len(positional) :] == sorted(positional, key=call.args.index)
    is_clear = flags.keys() == values.keys() and not any(isinstance(arg, ast.Starred) for arg in call.args)
    if not is_clear or not is_last or any(keyword.arg in ("reduction", None) for keyword in call.keywords):
        return None
    first, *others = given.values()
    word = reduction(flags.get("size_average"), flags.get("reduce"))

    def fix(editor: Editor) -> None:
        if isinstance(first, ast.keyword):
            editor.rename(first, "reduction")
        else:
            editor.name_argument(first, "reduction")
        editor.replace(_value(first), editor.quoted(word))
        for argument in others:
            editor.remove_argument(call, argument)

    return fix
