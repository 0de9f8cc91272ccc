"""`eval()` inside of the training loop, and no `train()` after it.

## What it does
Finds a model that is put into eval mode inside of the loop that trains it, there or in a helper that the loop calls,
where neither the loop nor its helpers put it back with `train()`. A `train()` at the top of the epoch comes too late
for an `eval()` in the middle of it, in the loop over batches.

Silent where every layer of the model is known and does the same in both modes: without dropout, without norms that
keep statistics, and without recurrent layers, whose backward pass cuDNN refuses in eval mode, nothing changes.

## Why is this bad?
From the first evaluation on the model trains in eval mode: dropout drops nothing, and batch norm uses and keeps the
statistics of the first epoch. Training goes on without an error, to a worse result.

## Example
```python
model.train()
for epoch in range(epochs):
    for x, y in loader:
        step(model, x, y)
    model.eval()
    test(model)
```
Use instead:
```python
for epoch in range(epochs):
    model.train()
    for x, y in loader:
        step(model, x, y)
    model.eval()
    test(model)
```

## When not to use it
Turn it off for models that are to train in eval mode after the first evaluation, such as those with frozen batch norm.

## References
- [torch.nn.Module.train](https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from torchlint.rule import (
    ERROR,
    Check,
    External,
    Frame,
    FunctionRef,
    Parameter,
    Place,
    Problem,
    Value,
    ancestors,
    argument_of,
    block_of,
    inventory_of,
    is_test,
    last_name,
    loops_around,
    members,
    statement_of,
    trees,
)
from torchlint.vocabulary.eval_mode import mode_calls
from torchlint.vocabulary.grad_mode import is_without_grad
from torchlint.vocabulary.mode_dependence import is_modeless
from torchlint.vocabulary.roles import resting_on_use, rests_on_use
from torchlint.vocabulary.training import (
    Event,
    Kind,
    events,
    given_for,
    in_loop,
    is_optimizer,
    origin,
    settled,
    trained_models,
)


class EvalModeNotRestored(Check):
    code = "TLT705"
    since = "0.1"
    related = ("TLT704", "TLT723")
    severity = ERROR
    message = "The model stays in eval mode while training goes on: the loop never calls `train()`"
    help = "Call `model.train()` after the evaluation, or at the top of the loop"
    words = (("for", "while"), ("eval",), ("backward", "manual_backward"), ("step",))

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if not inventory_of(frame.scope).loops or is_test(frame.module):
            return
        found = events(frame)
        for loop in frame.loops:
            inside = [event for event in found if in_loop(frame.module, event.at, loop)]
            steps = [event for event in inside if event.kind is Kind.STEP]
            models = [model for event in steps for _, model in trained_models(event.subject)]
            models += _called_for_steps(frame, loop, steps)
            if not models or not any(event.kind is Kind.BACKWARD for event in inside):
                continue
            if any(True for _ in _modes(frame, loop, "train")):
                continue
            for call, at, value in _modes(frame, loop, "eval"):
                model = settled(value)
                if model is None or model not in models or _leaves(frame, at) or is_modeless(frame, model):
                    continue
                if loops_around(frame.module, loop) and _is_at_the_end(frame, at, loop):
                    continue
                places = (Place(loop, "in this loop it is trained"), Place(at, "eval mode starts here"))
                given = [event.subject for event in steps if model not in _known(event.subject)]
                yield resting_on_use(Problem(call, places=places), self.message, *given)
                break


def _known(optimizer: Value | None) -> list[Value]:
    return [model for _, model in trained_models(optimizer)]


def _called_for_steps(frame: Frame, loop: ast.AST, steps: Sequence[Event]) -> list[Value]:
    """The models that an optimiser which is a parameter may train: parameters, too, that the loop calls with gradients
    on, where it is the only optimiser."""
    optimizers = [event.subject for event in steps if event.subject is not None and is_optimizer(event.subject)]
    if len(set(map(origin, optimizers))) != 1 or not all(map(rests_on_use, optimizers)):
        return []
    called = [call for call in frame.callees if in_loop(frame.module, call, loop) and not is_without_grad(frame, call)]
    held = [settled(frame.values.get(call.func)) for call in called]
    held += [value for call in called for value in _called_by_helper(frame, call)]
    return [value for value in held if isinstance(value, Parameter)]


def _called_by_helper(frame: Frame, call: ast.Call) -> Iterator[Value | None]:
    """What a function of the file that is called here calls of what it is given: the model of `loss(model, x)`."""
    for member in members(frame.callees[call]):
        if isinstance(member, FunctionRef) and not frame.evaluator.is_busy(member.function):
            inner = frame.evaluator.frame(member.function)
            given = given_for(frame, call, member, inner)
            for node in inner.callees:
                value = inner.values.get(node.func)
                if value is not None and value in given and not is_without_grad(inner, node):
                    yield settled(given[value])


def _modes(frame: Frame, loop: ast.AST, name: str, depth: int = 2) -> Iterator[tuple[ast.Call, ast.AST, Value | None]]:
    """The calls of `eval()` or `train()` in a loop and in the helpers that it calls: call, place in the loop, model."""
    for call, model in mode_calls(frame, name):
        if in_loop(frame.module, call, loop):
            yield call, call, None if _is_copied(frame, model) else frame.values.get(model)
    for call, callee in frame.callees.items():
        if in_loop(frame.module, call, loop):
            for inner, value in _inside(frame, call, callee, name, depth):
                yield inner, call, value


def _inside(
    frame: Frame, call: ast.Call, callee: Value, name: str, depth: int
) -> Iterator[tuple[ast.Call, Value | None]]:
    """The calls of `eval()` or `train()` in the helpers that a call runs, with the models as the caller knows them."""
    for member in members(callee):
        if not isinstance(member, FunctionRef) or depth == 0 or frame.evaluator.is_busy(member.function):
            continue
        inner = frame.evaluator.frame(member.function)
        given = given_for(frame, call, member, inner)
        found = []
        for node, model in mode_calls(inner, name):
            is_copy = _is_copied(inner, model) or _is_given_copy(frame, call, member, model)
            found.append((node, None if is_copy else inner.values.get(model)))
        for other_call, other in inner.callees.items():
            found += _inside(inner, other_call, other, name, depth - 1)
        for node, value in found:
            yield node, given.get(value, value) if value is not None else None


def _is_given_copy(frame: Frame, call: ast.Call, helper: FunctionRef, model: ast.expr) -> bool:
    """Whether a helper's parameter is given a copy of a model."""
    given = argument_of(helper.function, model.id, call) if isinstance(model, ast.Name) else None
    return given is not None and _is_copied(frame, given)


def _is_copied(frame: Frame, model: ast.expr) -> bool:
    """Whether a name holds a copy of a model, such as an average of its weights."""
    for call, callee in frame.callees.items():
        if isinstance(callee, External) and callee.qualname in ("copy.deepcopy", "copy.copy"):
            statement = statement_of(frame.module, call)
            targets = statement.targets if isinstance(statement, ast.Assign) else []
            if any(ast.unparse(target) == ast.unparse(model) for target in targets):
                return True
    return False


def _is_at_the_end(frame: Frame, at: ast.AST, loop: ast.AST) -> bool:
    """Whether a test of how long something is decides: in the last turn of an epoch eval mode does no harm."""
    for outer in ancestors(frame.module, at):
        if outer is loop:
            return False
        if isinstance(outer, ast.If) and any(_is_length(node) for node in trees.walk(outer.test)):
            return True
    return False


def _is_length(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and last_name(node.func) == "len"


def _leaves(frame: Frame, at: ast.AST) -> bool:
    """Whether the loop is left where the model was put into eval mode."""
    statement = statement_of(frame.module, at)
    block = block_of(frame.module, statement) if statement is not None else ()
    return any(isinstance(node, ast.Break | ast.Return | ast.Raise) for node in block)
