"""A name of torch that is deprecated, with the one that replaces it.

## What it does
Finds calls and other uses of functions that torch warns of or that its documentation calls deprecated: `torch.qr`,
`torch.ger`, `nn.init.xavier_normal`, `nn.utils.clip_grad_norm`. As a note, once for each file, `torch.jit.script` and
`torch.jit.trace`.

Silent in a `try` that expects a name to be missing, and under a test with `hasattr` or of a version.

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
functions whose results look different.

## References
- [torch.linalg](https://docs.pytorch.org/docs/stable/linalg.html)
- [torch.nn.init](https://docs.pytorch.org/docs/stable/nn.init.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.rule import INFO, Check, ClassModel, Frame, Module, Problem, Same, trees

from ._api import by_name, last_names, may_use, uses, words_of
from ._api_calls import rewriting
from ._api_table import DEPRECATED
from ._nodes import is_test

_ROWS = by_name(DEPRECATED)
_LAST = last_names(_ROWS)


class DeprecatedApi(Check):
    code = "TLT802"
    since = "0.1"
    message = "This name is deprecated"
    title = "Use the new name"
    words = (words_of(DEPRECATED),)

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        yield from _problems(frame, None)

    def glance(self, scope: ast.AST, module: Module) -> bool:
        return may_use(scope, module, _ROWS, _LAST)

    def glance_at_class(self, cls: ClassModel) -> bool:
        return may_use(cls.node, cls.module, _ROWS, _LAST)

    def check_class(self, cls: ClassModel, frame: Frame) -> Iterator[Problem]:
        yield from _problems(frame, cls)


def _problems(frame: Frame, cls: ClassModel | None) -> Iterator[Problem]:
    for row, node, call in uses(frame, _ROWS, cls):
        if row.severity is INFO and not _is_first(frame, node):
            continue
        if row.old.startswith("torch.jit.") and is_test(frame.module):
            continue  # It tests that a module can be scripted, for as long as anyone does that.
        message = f"`{row.old}` is deprecated: use `{row.new}`"
        fix = rewriting(frame, row, node, call)
        yield Problem(call or node, message, fix, Same(), f"Use `{row.new}`", severity=row.severity)


def _is_first(frame: Frame, node: ast.Name | ast.Attribute) -> bool:
    """Whether no line above uses the name: what is only a note is said once for each file."""
    name = node.attr if isinstance(node, ast.Attribute) else node.id
    alike = (part for part in trees.walk(frame.module.tree) if getattr(part, "attr", getattr(part, "id", "")) == name)
    return all(getattr(part, "lineno", 0) >= node.lineno for part in alike)
