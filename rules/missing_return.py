"""`forward` or `__getitem__` that computes something and does not return it.

## What it does
Finds `forward` of modules, and `__getitem__` of datasets, that return nothing on any path and end by assigning a
result to a local variable that is never read, or with a bare expression.

## Why is this bad?
The method returns None. The mistake shows only where the result is used, as an error about `NoneType`.

## Example
```python
def forward(self, x):
    x = self.fc(x)
```
Use instead:
```python
def forward(self, x):
    x = self.fc(x)
    return x
```

## Fix safety
The fix returns what was computed last; that is its purpose.

## When not to use it
Turn it off for methods that are called for their side effects alone, such as one that fills a buffer.

## References
- [torch.nn.Module](https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from torchlint.rule import ERROR, Changes, Check, ClassModel, Frame, FunctionModel, Problem, inventory_of, trees
from torchlint.vocabulary.nn_modules import is_dataset_class, is_module_class

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor


class MissingReturn(Check):
    code = "TLT610"
    since = "0.1"
    related = ("TLT308",)
    severity = ERROR
    message = "`forward` computes a result and does not return it: the caller gets None"
    title = "Return the result"
    help = "End the method with `return` and the result"
    words = (("forward", "__getitem__"),)

    def check_class(self, cls: ClassModel, frame: Frame) -> Iterator[Problem]:
        for name, belongs in (("forward", is_module_class), ("__getitem__", is_dataset_class)):
            method = cls.methods.get(name)
            if method is None or method.self_name is None or method.decorators:
                continue
            last = _unused_result(method)
            if last is not None and belongs(frame, cls):
                yield _problem(method, last)


def _unused_result(method: FunctionModel) -> ast.Assign | ast.Expr | None:
    """The last statement of a method that returns nothing, if it makes a result that nothing reads."""
    nodes = inventory_of(method.node)
    if nodes.has(ast.Return, ast.Yield, ast.YieldFrom, ast.Raise, ast.Global, ast.Nonlocal, ast.Assert):
        return None
    # What is kept in an attribute or written into an argument is a result too.
    written: list[ast.Attribute | ast.Subscript] = [*nodes.of(ast.Attribute), *nodes.of(ast.Subscript)]
    in_place = any(node.attr.endswith("_") for node in nodes.of(ast.Attribute))
    if in_place or any(isinstance(node.ctx, ast.Store) for node in written):
        return None
    if any(keyword.arg == "out" for keyword in nodes.of(ast.keyword)):
        return None
    last = method.node.body[-1]
    if isinstance(last, ast.Expr) and isinstance(last.value, ast.Name | ast.Tuple | ast.BinOp | ast.Subscript):
        return last
    if not isinstance(last, ast.Assign) or len(last.targets) != 1 or not isinstance(last.targets[0], ast.Name):
        return None
    if not any(isinstance(node, ast.Call | ast.BinOp | ast.Subscript) for node in trees.walk(last.value)):
        return None
    reads = (node for node in nodes.of(ast.Name) if isinstance(node.ctx, ast.Load))
    name = last.targets[0].id
    parts = set(trees.walk(last.value))
    after = [node for node in reads if node.id == name and node not in parts and node.lineno >= last.lineno]
    return None if after else last


def _problem(method: FunctionModel, last: ast.Assign | ast.Expr) -> Problem:
    def fix(editor: Editor) -> None:
        if isinstance(last, ast.Expr):
            editor.replace_statements(last, last, [f"return {editor.text(last.value)}"])
            return
        name = editor.text(last.targets[0])
        editor.replace_statements(last, last, [f"{name} = {editor.text(last.value)}", f"return {name}"])

    message = f"`{method.name}` computes a result and does not return it: the caller gets None"
    return Problem(method.node, message, fix, Changes("the result is returned"))
