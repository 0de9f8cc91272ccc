"""A name of torch that is deprecated, with the one that replaces it.

## What it does
Finds calls and other uses of functions that torch warns of or that its documentation calls deprecated: `torch.qr`,
`torch.ger`, `nn.init.xavier_normal`, `nn.utils.clip_grad_norm`. As a note, once for each file that is no test,
`torch.jit.script` and `torch.jit.trace`.

Finds methods, too: `x.qr()`, `x.cholesky()`, `x.svd()` and `x.lu()` of what is certainly a tensor, and `get_lr()` of a
scheduler.

Silent in a `try` that expects a name to be missing, under a test with `hasattr` or of a version, and in a table that
lists old and new names.

## Why is this bad?
A later release removes the name, and the program stops with an AttributeError or RuntimeError. Until then there is a
warning at each start.

## Example
```python
q, r = torch.qr(a, some=False)
```
Use instead:
```python
q, r = torch.linalg.qr(a, mode="complete")
```

## Fix safety
A fix is offered where the new function computes the same from the same arguments. There is none for `torch.range` (its
end is part of the result, which is float), `torch.svd` (it returns V, not its transpose), `torch.lu`, and other
functions whose results look different. A name that stands in a table is reported without a fix: what is called by it
may also be looked up or compared by it. `get_last_lr()` returns another number than `get_lr()`, so that this fix is
unsafe.

## References
- [torch.linalg](https://docs.pytorch.org/docs/stable/linalg.html)
- [torch.nn.init](https://docs.pytorch.org/docs/stable/nn.init.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.rule import (
    INFO,
    Changes,
    Check,
    ClassModel,
    External,
    Frame,
    Problem,
    Same,
    is_test,
    parents,
    peek,
    trees,
)
from torchlint.vocabulary.api import by_name, last_names, may_use, uses, words_of
from torchlint.vocabulary.api_calls import rewriting
from torchlint.vocabulary.api_table import DEPRECATED, SCHEDULER, TENSOR

_ROWS = by_name(DEPRECATED)
_LAST = last_names(_ROWS)
_NEW = frozenset(row.new for row in DEPRECATED)


class DeprecatedApi(Check):
    code = "TLT802"
    since = "0.1"
    message = "This name is deprecated: a later torch may not have it"
    title = "Use the new name"
    help = "Use the name that replaces it"
    words = (words_of(DEPRECATED),)

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if may_use(frame.scope, frame.module, _ROWS, _LAST):
            yield from _problems(frame, None)

    def check_class(self, cls: ClassModel, frame: Frame) -> Iterator[Problem]:
        if may_use(cls.node, cls.module, _ROWS, _LAST):
            yield from _problems(frame, cls)


def _problems(frame: Frame, cls: ClassModel | None) -> Iterator[Problem]:
    for row, node, call in uses(frame, _ROWS, cls):
        if row.severity is INFO and (is_test(frame.module) or not _is_first(frame, node)):
            continue
        table = _table_of(frame, node)
        if call is None and (_names_new_ones(frame, table) or _is_patched(frame, row.old.rpartition(".")[0])):
            continue
        message = row.message or f"`{_shown(row.old)}` is deprecated: use `{row.new}`"
        fix = rewriting(frame, row, node, call) if call is not None or table is None else None
        claim = Changes(row.changes) if row.changes else Same()
        yield Problem(call or node, message, fix, claim, f"Use `{_shown(row.new)}`", severity=row.severity)


def _shown(name: str) -> str:
    """How a name of a row is spelled for the user: `x.qr` for a method of tensors."""
    return f"x.{name.removeprefix(TENSOR)}" if name.startswith(TENSOR) else name.removeprefix(SCHEDULER)


def _table_of(frame: Frame, node: ast.AST) -> ast.expr | None:
    """The outermost display that a name stands in as it is: `{"normal": nn.init.normal}`, `[(old, new), ..]`."""
    found, outer = None, parents(frame.module).get(node)
    while isinstance(outer, ast.Dict | ast.List | ast.Tuple | ast.Set):
        found, outer = outer, parents(frame.module).get(outer)
    return found


def _is_patched(frame: Frame, home: str) -> bool:
    """Whether the file replaces functions of a module of torch: it names the old ones on purpose."""
    for _, call, _ in frame.module.references("setattr"):
        held = peek(frame, call.args[0]) if call is not None and call.args else None
        if isinstance(held, External) and held.qualname == home:
            return True
    return False


def _names_new_ones(frame: Frame, table: ast.expr | None) -> bool:
    """Whether a table lists new names, too: the old ones are then there on purpose."""
    if table is None:
        return False
    held = (peek(frame, node) for node in trees.walk(table) if isinstance(node, ast.Name | ast.Attribute))
    return any(isinstance(value, External) and value.qualname in _NEW for value in held)


def _is_first(frame: Frame, node: ast.Name | ast.Attribute) -> bool:
    """Whether no line above uses the name: what is only a note is said once for each file."""
    name = node.attr if isinstance(node, ast.Attribute) else node.id
    alike = (part for part in trees.walk(frame.module.tree) if getattr(part, "attr", getattr(part, "id", "")) == name)
    return all(getattr(part, "lineno", 0) >= node.lineno for part in alike)
