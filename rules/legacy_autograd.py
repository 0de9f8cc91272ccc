"""`Variable` around a tensor: tensors have had gradients of their own since torch 0.4.

## What it does
Finds `torch.autograd.Variable` where it is called, and where `isinstance` or an annotation names it; and `loss.data[0]`
of what certainly is a single number.

## Why is this bad?
`Variable(x)` is a detached view of `x`: what `x` was computed from gets no gradient, without a word. `volatile=True`
does nothing, so that code which relies on it for inference records the whole graph. `loss.data[0]` raises an
IndexError.

## Example
```python
images = Variable(images.cuda())
total += loss.data[0]
```
Use instead:
```python
images = images.cuda().detach()
total += loss.item()
```

## Fix safety
`x.detach()` is the same view; for a tensor that the very expression makes, the tensor itself is. There is no fix for
`volatile=True`, which calls for `torch.no_grad()` around the code. `loss.data[0]` raised, so that fix is unsafe.

## When not to use it
Turn it off for code that has to run under torch 0.3 and earlier.

## References
- [torch.autograd](https://docs.pytorch.org/docs/stable/autograd.html#variable-deprecated)
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from torchlint.rule import (
    UNKNOWN,
    Changes,
    Check,
    ClassModel,
    External,
    Frame,
    Problem,
    Same,
    facts,
    inventory_of,
    members,
    ops,
    peek,
)
from torchlint.vocabulary.api_fixes import fix_of
from torchlint.vocabulary.api_table import Row
from torchlint.vocabulary.api_uses import by_name, last_names, may_use, uses
from torchlint.vocabulary.old_items import number_of

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

    Fix = Callable[[Editor], None]

_ROWS = by_name([Row(f"torch.autograd.{name}", "torch.Tensor") for name in ("Variable", "variable.Variable")])
_LAST = last_names(_ROWS)
_PARAMETERS = ("data", "requires_grad", "volatile")
# What makes a new tensor without a gradient.
_FACTORIES = frozenset(
    {
        *("torch.tensor", "torch.zeros", "torch.ones", "torch.full", "torch.empty", "torch.from_numpy", "torch.arange"),
        *("torch.rand", "torch.randn", "torch.randint", "torch.randperm", "torch.linspace", "torch.eye"),
        *("torch.Tensor", "torch.FloatTensor", "torch.LongTensor", "torch.cuda.FloatTensor", "torch.cuda.LongTensor"),
    }
)
# Methods that write numbers into a tensor and return it.
_FILLS = frozenset({"fill_", "zero_", "normal_", "uniform_"})
# Methods that give a new tensor in another form: on another device, in another dtype or shape.
_KEEPING = ops.CASTS | ops.MOVES | ops.that(kind="function", gives="tensor", view=True, writes="")
_VOLATILE = "`volatile` does nothing since torch 0.4, so the graph is recorded: use `with torch.no_grad():`"


class LegacyAutograd(Check):
    code = "TLT803"
    since = "0.2"
    related = ("TLT708", "TLT802")
    tags = ("deprecated",)
    message = "`Variable(x)` is `x.detach()` under an old name: tensors have gradients of their own"
    title = "Use the tensor itself"
    help = "Use the tensor itself, or `x.detach()`"
    words = (("Variable", "data"),)

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if may_use(frame.scope, frame.module, _ROWS, _LAST):
            yield from _variables(frame, None)
        for node in inventory_of(frame.scope).of(ast.Subscript):
            number = number_of(node)
            if number is not None and facts.rank(frame.values.get(number, UNKNOWN)) == 0:
                yield _item(node, number)

    def check_class(self, cls: ClassModel, frame: Frame) -> Iterator[Problem]:
        if may_use(cls.node, cls.module, _ROWS, _LAST):
            yield from _variables(frame, cls)


def _variables(frame: Frame, cls: ClassModel | None) -> Iterator[Problem]:
    for row, node, call in uses(frame, _ROWS, cls):
        if call is None:
            said = f"`{row.old}` is an old name of `torch.Tensor`"
            yield Problem(node, said, fix_of(frame, row, node, None), Same(), "Use `torch.Tensor`")
            continue
        given = dict(zip(_PARAMETERS, call.args, strict=False))
        given |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
        volatile = given.pop("volatile", None)
        if volatile is not None and _literal(volatile) is not False:
            yield Problem(call, _VOLATILE)
            continue
        is_clear = not any(isinstance(arg, ast.Starred) for arg in call.args) and all(
            keyword.arg in _PARAMETERS for keyword in call.keywords
        )
        template = _template(frame, given) if is_clear and "data" in given else None
        yield Problem(call, fix=_replacing(call, template, given) if template else None, claim=Same())


def _template(frame: Frame, given: dict[str, ast.expr]) -> str:
    """The same tensor over its `data` and `requires_grad`."""
    tensor = "data" if _is_new(frame, given["data"]) else "data.detach()"
    flag = given.get("requires_grad")
    if flag is None or _literal(flag) is False:
        return tensor
    return f"{tensor}.requires_grad_()" if _literal(flag) is True else f"{tensor}.requires_grad_(requires_grad)"


def _is_new(frame: Frame, node: ast.expr) -> bool:
    """Whether an expression makes a tensor that nothing else holds and that has no gradient."""
    if not isinstance(node, ast.Call) or any(keyword.arg in ("requires_grad", None) for keyword in node.keywords):
        return False
    if isinstance(node.func, ast.Attribute) and node.func.attr in _FILLS | _KEEPING and _is_new(frame, node.func.value):
        return True
    made = members(peek(frame, node.func))
    return all(isinstance(each, External) and each.qualname in _FACTORIES for each in made)


def _replacing(node: ast.expr, template: str, given: dict[str, ast.expr]) -> Fix:
    def fix(editor: Editor) -> None:
        editor.template(node, ast.parse(template, mode="eval").body, given)

    return fix


def _literal(node: ast.expr) -> object:
    return node.value if isinstance(node, ast.Constant) else None


def _item(node: ast.Subscript, number: ast.expr) -> Problem:
    return Problem(
        node,
        "`.data[0]` of a single number raises an IndexError: use `.item()`",
        _replacing(node, "number.item()", {"number": number}),
        Changes("code runs that raised"),
        "Use `item()`",
    )
