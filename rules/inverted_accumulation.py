"""`if i % n:` around `optimizer.step()`: steps on all turns but the one that was meant.

## What it does
Finds `if i % n:`, and `if i % n != 0:`, around the step and `zero_grad()` of an optimiser in a training loop.

## Why is this bad?
`i % n` is 0, and so false, on every n-th turn. The optimiser steps on all the others: n - 1 times out of n, with the
gradients of single batches, which have been divided by n on top in most code.

## Example
```python
if i % accumulation:
    optimizer.step()
    optimizer.zero_grad()
```
Use instead:
```python
if (i + 1) % accumulation == 0:
    optimizer.step()
    optimizer.zero_grad()
```

## When not to use it
Turn it off for loops that are to skip every n-th turn.

## References
- [Gradient accumulation](https://docs.pytorch.org/docs/stable/notes/amp_examples.html#gradient-accumulation)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from torchlint.rule import (
    ERROR,
    Changes,
    Check,
    Frame,
    Problem,
)
from torchlint.vocabulary.training import Kind, events, in_loop, same_subject
from torchlint.vocabulary.turns import tests_of_turns

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor


class InvertedAccumulation(Check):
    code = "TLT716"
    since = "0.1"
    related = ("TLT724", "TLT726")
    severity = ERROR
    message = "`i % n` is true on all turns but every n-th: the optimizer steps n - 1 times out of n"
    title = "Step on every n-th turn"
    help = "Step where `(i + 1) % n == 0`"
    words = (("step",), ("backward", "manual_backward"), ("zero_grad",))

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        found = None
        # With an n of 2 every other turn is as good.
        for node, modulo, loop in tests_of_turns(frame, _modulo, above=2):
            if node.orelse:
                continue
            found = events(frame, 1) if found is None else found
            inside = [event for event in found if in_loop(frame.module, event.at, node)]
            steps = [event for event in inside if event.kind is Kind.STEP]
            zeros = [event for event in inside if event.kind is Kind.ZERO]
            backward = [
                event for event in found if event.kind is Kind.BACKWARD and in_loop(frame.module, event.at, loop)
            ]
            if not backward or any(event in inside for event in backward):
                continue
            if any(same_subject(step, zero) for step in steps for zero in zeros):
                yield _problem(node, modulo)


def _modulo(test: ast.expr) -> ast.BinOp | None:
    """The `i % n` that must not be 0 for a test to hold."""
    match test:
        case ast.BinOp(op=ast.Mod()):
            return test
        case ast.Compare(
            left=ast.BinOp(op=ast.Mod()) as left, ops=[ast.NotEq() | ast.Gt()], comparators=[ast.Constant(value=0)]
        ):
            return left
    return None


def _problem(node: ast.If, modulo: ast.BinOp) -> Problem:
    def fix(editor: Editor) -> None:
        left = editor.text(modulo.left)
        plain = isinstance(modulo.left, ast.Name)
        counter = f"({left} + 1)" if plain else f"({left})"
        editor.replace(node.test, f"{counter} % {editor.text(modulo.right)} == 0", keeps=[modulo.left, modulo.right])

    return Problem(node.test, "", fix, Changes("the optimizer steps on every n-th turn"), display=True)
