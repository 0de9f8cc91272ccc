"""A method that is named and not called: `with torch.no_grad:`, `loss.backward`, `if torch.cuda.is_available:`.

## What it does
Finds context managers of torch that are entered without being called, `backward`, `step` and `zero_grad` that stand
alone as a statement, and functions such as `torch.cuda.is_available` that are asked in a condition, without `()`.

## Why is this bad?
`with torch.no_grad:` raises an error. A bare `optimizer.step` does nothing at all: the model is not trained. A
function in a condition is always true, so that `if torch.cuda.is_available:` takes the branch on every machine.

## Example
```python
loss.backward()
optimizer.step
```
Use instead:
```python
loss.backward()
optimizer.step()
```

## Fix safety
The fix calls what was only named; that is its purpose. `@torch.no_grad` without `()` is fine and not reported.

## When not to use it
Turn it off for lines that name a method for the sake of a look at it, as in an interactive session.

## References
- [torch.no_grad](https://docs.pytorch.org/docs/stable/generated/torch.no_grad.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from torchlint.rule import (
    ERROR,
    Changes,
    Check,
    Choice,
    External,
    Frame,
    Instance,
    Problem,
    ancestors,
    last_name,
    ops,
    own_nodes,
    peek,
)

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

_CONTEXTS = ops.CONTEXTS | {"torch.autograd.detect_anomaly"}
_STATEMENTS = frozenset({"backward", "step", "zero_grad"})
_QUESTIONS = frozenset(
    {
        "torch.cuda.is_available",
        "torch.backends.mps.is_available",
        "torch.backends.cudnn.is_available",
        "torch.accelerator.is_available",
        "torch.xpu.is_available",
        "torch.is_grad_enabled",
        "torch.is_autocast_enabled",
        "torch.distributed.is_available",
        "torch.distributed.is_initialized",
        "torch.cuda.is_bf16_supported",
    }
)


_ASKED = frozenset(name.rpartition(".")[2] for name in _QUESTIONS)


class NotCalled(Check):
    code = "TLT709"
    since = "0.1"
    related = ("TLT308", "TLT710")
    severity = ERROR
    message = "A context manager of torch is entered without being called, which raises: add `()`"
    title = "Call it"
    help = "Call it: add `()`"
    words = (
        (
            *("no_grad", "enable_grad", "inference_mode", "detect_anomaly"),
            *sorted(_STATEMENTS),
            *sorted(_ASKED),
        ),
    )

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        for node in own_nodes(frame.scope):
            if isinstance(node, ast.With | ast.AsyncWith):
                for item in node.items:
                    if _names(frame, item.context_expr, _CONTEXTS):
                        yield _problem(item.context_expr, "")
            elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Attribute):
                if node.value.attr in _STATEMENTS and _does_nothing(frame, node.value):
                    yield _problem(node.value, f"`{node.value.attr}` is named and not called: nothing happens")
            elif isinstance(node, ast.If | ast.IfExp | ast.While | ast.Assert):
                for part in _conditions(node.test):
                    if _names(frame, part, _QUESTIONS):
                        yield _problem(
                            part, "A function in a condition is always true, whatever it would return: call it"
                        )


def _problem(node: ast.expr, message: str) -> Problem:
    def fix(editor: Editor) -> None:
        editor.replace(node, f"{editor.text(node)}()", keeps=[node])

    return Problem(node, message, fix, Changes("it is called"))


def _names(frame: Frame, node: ast.expr, qualnames: frozenset[str]) -> bool:
    words = frozenset(name.rpartition(".")[2] for name in qualnames)
    if last_name(node) not in frame.module.naming.names_for(words):
        return False
    assert isinstance(node, ast.Name | ast.Attribute)
    value = frame.values.get(node) or peek(frame, node)
    return isinstance(value, External) and value.qualname in qualnames


def _does_nothing(frame: Frame, node: ast.Attribute) -> bool:
    """Whether a bare attribute is not a property, nor meant to raise an error."""
    receiver = frame.values.get(node.value)
    if receiver is None or isinstance(receiver, Instance | Choice | External):
        return False
    return not any(isinstance(outer, ast.With | ast.Try) for outer in ancestors(frame.module, node))


def _conditions(test: ast.expr) -> Iterator[ast.expr]:
    """The parts of a condition that are taken for true or false."""
    match test:
        case ast.BoolOp():
            for value in test.values:
                yield from _conditions(value)
        case ast.UnaryOp(op=ast.Not()):
            yield from _conditions(test.operand)
        case _:
            yield test
