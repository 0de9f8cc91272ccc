"""`require_grad` for `requires_grad`: a new attribute that nothing reads.

## What it does
Finds `require_grad` and `required_grad` as an attribute that is assigned or as a keyword. Silent where the file
defines something of that name.

## Why is this bad?
Python lets any attribute be set on a tensor or parameter. `param.require_grad = False` freezes nothing: the parameter
is trained as before, without an error.

## Example
```python
for param in model.parameters():
    param.require_grad = False
```
Use instead:
```python
for param in model.parameters():
    param.requires_grad = False
```

## Fix safety
The fix changes what is trained; that is its purpose.

## When not to use it
Turn it off for classes of other libraries that do have an attribute of that name.

## References
- [torch.Tensor.requires_grad](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.requires_grad.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from torchlint.rule import (
    ERROR,
    Call,
    Changes,
    Check,
    External,
    Frame,
    Module,
    Op,
    Problem,
    Value,
    facts,
    own_nodes,
    parents,
    trees,
)

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

_TYPOS = frozenset({"require_grad", "required_grad", "requires_grads", "require_grads", "requires_gradient"})


class RequiresGradTypo(Check):
    code = "TLT710"
    since = "0.1"
    aliases = ("TOR002",)
    related = ("TLT709", "TLT715")
    severity = ERROR
    message = "The attribute is called `requires_grad`: this sets another one, which nothing reads"
    title = "Rename to `requires_grad`"
    help = "Write `requires_grad`"
    words = (tuple(sorted(_TYPOS)),)

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        defined = _defined(frame.module)
        for node in own_nodes(frame.scope):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                own = isinstance(node.value, ast.Name) and node.value.id == frame.self_name
                if node.attr in _TYPOS - defined and not own:
                    yield _problem(node, "")
            elif isinstance(node, ast.Call) and _takes_requires_grad(frame, node):
                for keyword in node.keywords:
                    if keyword.arg in _TYPOS:
                        yield _problem(
                            keyword,
                            f"The keyword is called `requires_grad`; with `{keyword.arg}` this raises a TypeError",
                        )


def _problem(node: ast.Attribute | ast.keyword, message: str) -> Problem:
    def fix(editor: Editor) -> None:
        editor.rename(node, "requires_grad")

    return Problem(node, message, fix, Changes("`requires_grad` is set"))


def _takes_requires_grad(frame: Frame, call: ast.Call) -> bool:
    """Whether what is called makes a tensor: a factory of torch, `Parameter` or `Variable`."""
    callee: Value | None = frame.callees.get(call)
    value = frame.values.get(call)
    if not isinstance(callee, External) or not callee.qualname.startswith("torch."):
        return False
    makes = isinstance(value, Op | Call) and (facts.is_tensor(value) is not False or isinstance(value, Call))
    return makes and not any(part.startswith("_") for part in callee.qualname.split("."))


def _defined(module: Module) -> frozenset[str]:
    """Which of the names the file gives a meaning: as a parameter, a function, an attribute that is read, a keyword."""
    found: set[str] = set()
    above = parents(module)
    for node in trees.walk(module.tree):
        match node:
            case ast.arg():
                found.add(node.arg)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                found.add(node.name)
            case ast.Attribute(ctx=ast.Load()) if not isinstance(above.get(node), ast.Expr):
                found.add(node.attr)
            case ast.Name(ctx=ast.Store()) if isinstance(above.get(above.get(node, node)), ast.ClassDef):
                found.add(node.id)
    return frozenset(found)
