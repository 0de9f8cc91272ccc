"""A validation loop of a model that is in training mode.

## What it does
Finds a loop that calls a model without gradients, in a function or over a loader whose name speaks of validation or
tests, where the model is in training mode for certain: `model.train()` is called in the same function before, in the
class whose attribute the model is, or in the functions of the file that call this one with the model; and nothing there
puts the model into eval mode. A model that is made and trained in a file is in training mode, too, where nothing in the
file calls `eval()` and a layer of the model is dropout or batch norm for certain, and where the same holds of a class,
or of a function and its callers: then the loop needs no `no_grad`, as long as it has no backward pass.

Silent where the file does not show that `train()` is called, where any `eval()` may be about the model, where the class
has bases, and where no layer of a known model computes anything else in eval mode.

## Why is this bad?
In training mode dropout throws activations away at random, and batch norm uses the statistics of the batch and updates
its own: the figures are worse and noisy, depend on the batch size and the order of the samples, and the validation data
leaks into the model through the running statistics. `no_grad` changes none of this.

## Example
```python
model.train()
...
with torch.no_grad():
    for x, y in val_loader:
        correct += (model(x).argmax(1) == y).sum()
```
Use instead:
```python
model.eval()
with torch.no_grad():
    for x, y in val_loader:
        correct += (model(x).argmax(1) == y).sum()
```

## Fix safety
There is no fix: `eval()` before the loop needs a `train()` after it, and which function should call the two is not in
the code.

## When not to use it
Turn it off for Monte Carlo dropout, and for loops that estimate the statistics of batch norm anew.

## References
- [torch.nn.Module.eval](https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.eval)
- [Locally disabling gradient computation](https://docs.pytorch.org/docs/stable/notes/autograd.html#evaluation-mode-nn-module-eval)
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from torchlint.rule import (
    UNKNOWN,
    Call,
    Check,
    External,
    Frame,
    FunctionRef,
    Instance,
    Layer,
    Loop,
    Module,
    Op,
    Place,
    Problem,
    Value,
    argument_of,
    frame_of,
    inventory_of,
    is_test,
    last_name,
    loops_around,
    members,
    once_per_file,
    own_nodes,
    statement_of,
    trees,
    walk,
)
from torchlint.vocabulary.eval_mode import callers, mode_calls
from torchlint.vocabulary.grad_mode import is_without_grad
from torchlint.vocabulary.mode_dependence import depends_on_mode, is_modeless
from torchlint.vocabulary.training import Kind, events, settled
from torchlint.vocabulary.turns import position

_VALIDATION = re.compile(
    r"(^|_|\b)(val|valid|validate|validation|test|eval|evaluate|evaluation|dev)(_|\b|$|\d|set)", re.I
)
_MODES = frozenset({"eval", "train"})
# What else decides about the mode, or hands the model to what does.
_DECIDING = frozenset({"eval", "training", "freeze", "fit", "prepare", "partial_fit"})
_PUT = "the model is put into training mode here"
_NEVER = "this stays in training mode: nothing calls `eval()`"


class _Use(NamedTuple):
    """A call in a loop that validates, of a model or of what may call one; `text` is how that is written."""

    call: ast.Call
    callee: ast.expr
    text: str
    is_model: bool


class ValidationInTrainMode(Check):
    code = "TLT723"
    since = "0.2"
    related = ("TLT704", "TLT705")
    message = "The model is validated in training mode: dropout and batch norm make its figures random"
    help = "Call `model.eval()` before the loop, and `model.train()` after it"
    words = (("for",), ("no_grad", "inference_mode", "set_grad_enabled", "detach", "item", "numpy"))

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if is_test(frame.module) or not _validating(frame):
            return
        seen: set[str] = set()
        for use in _uses(frame):
            if use.text in seen:
                continue
            place, note = _put_into_train_mode(frame, use) if use.is_model else None, _PUT
            if place is None and _is_never_evaluated(frame):
                place, note = _moody(frame, use), _NEVER
            if place is not None:
                seen.add(use.text)
                yield Problem(use.call, places=(Place(place, note),))


def _validating(frame: Frame) -> list[Loop]:
    """The loops of a function whose own name, or that of what they go over, speaks of validation."""
    loops = inventory_of(frame.scope).loops
    if frame.function is not None and _VALIDATION.search(frame.function.name):
        return list(loops)
    return [loop for loop in loops if isinstance(loop, ast.For) and _VALIDATION.search(ast.unparse(loop.iter))]


def _is_never_evaluated(frame: Frame) -> bool:
    """Whether a file trains and nothing in it changes the mode, or a class does, or a function's callers and what they
    call."""
    module, function = frame.module, frame.function
    if _is_file_never_evaluated(module):
        return True
    if function is None:
        return False
    if function.cls is not None:
        is_own = not function.cls.node.bases and _evaluated(module).isdisjoint(function.cls.writers)
        return is_own and bool(callers(frame)) and _only_trains(trees.walk(function.cls.node))
    outer = [caller for _, caller in callers(frame)]
    called = [callee for caller in outer for callee in caller.callees.values() if isinstance(callee, FunctionRef)]
    scopes = [frame.scope, *(each.scope for each in outer), *(reference.function.node for reference in called)]
    return bool(outer) and _only_trains(node for scope in scopes for node in trees.walk(scope))


@once_per_file
def _is_file_never_evaluated(module: Module) -> bool:
    return _only_trains(trees.walk(module.tree))


def _only_trains(nodes: Iterable[ast.AST]) -> bool:
    """Whether some code trains, and nothing in it speaks of eval mode."""
    nodes = list(nodes)
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    return "backward" in attributes and attributes.isdisjoint(_DECIDING) and not any(map(_switches, nodes))


def _switches(node: ast.AST) -> bool:
    """Whether a node is `x.train(mode)` for a mode that is not known to be True."""
    if not isinstance(node, ast.Call) or last_name(node.func) != "train" or len(node.args) != 1:
        return False
    return isinstance(node.args[0], ast.Constant | ast.Name) and not _is_on(node)


@once_per_file
def _evaluated(module: Module) -> frozenset[str]:
    """The last names of what a file calls `eval()` of."""
    nodes = trees.walk(module.tree)
    return frozenset(last_name(node.value) for node in nodes if isinstance(node, ast.Attribute) and node.attr == "eval")


def _moody(frame: Frame, use: _Use) -> ast.AST | None:
    """Where a model with dropout or batch norm that a call runs is made in the file, or its class if it validates
    itself; or a layer of either kind that the result went through."""
    value = settled(frame.values.get(use.callee))
    if isinstance(value, Instance) and value is frame.instance:
        own = value.cls.module is frame.module and depends_on_mode(frame, value)
        return value.cls.node if own else None
    made_in = frame_of(value)
    if value is not None and any(map(_is_of_library, members(value))) and not _is_file_never_evaluated(frame.module):
        return None  # a model of torchvision has many names in a file: one of them may be put into eval mode
    if value is not None and made_in is not None and depends_on_mode(frame, value):
        return value.node if made_in.module is frame.module else None
    given = [part for arg in use.call.args for part in walk(frame.values.get(arg, UNKNOWN))]
    result = frame.values.get(use.call)
    parts = walk(result) if result is not None and result.frame is not None else ()
    layers = (part.layer for part in parts if isinstance(part, Op) and part.layer is not None and part not in given)
    return next((layer.node for layer in layers if depends_on_mode(frame, layer)), None)


def _is_of_library(value: Value) -> bool:
    """Whether a model was made by a call of another library, with or without a new head."""
    body = value.children[0] if isinstance(value, Layer) and value.children else value
    return isinstance(body, Call)


def _uses(frame: Frame) -> Iterator[_Use]:
    """The calls in loops that validate, in the order of the text: without gradients, or in a function that trains
    nothing."""
    backward: list[ast.AST] | None = None
    for call, func, loop in _calls_in_validation(frame):
        callee = frame.callees.get(call)
        if callee is None or isinstance(callee, External):
            continue
        if backward is None:
            backward = [event.at for event in events(frame) if event.kind is Kind.BACKWARD]
        is_quiet, value = is_without_grad(frame, call), frame.values.get(func)
        trains = any(loop in loops_around(frame.module, at) for at in backward) if is_quiet else bool(backward)
        if not trains and value is not None and not is_modeless(frame, value) and not _gives_losses(frame, call, loop):
            yield _Use(call, func, ast.unparse(func), is_quiet and not isinstance(callee, FunctionRef))


def _gives_losses(frame: Frame, call: ast.Call, loop: Loop) -> bool:
    """Whether a model that is given the targets returns a dict whose values are summed: the detectors of torchvision
    compute their losses in training mode alone."""
    statement = statement_of(frame.module, call)
    if len(call.args) < 2 or not isinstance(statement, ast.Assign):
        return False
    names = {target.id for target in statement.targets if isinstance(target, ast.Name)}
    return any(
        isinstance(node, ast.Attribute)
        and node.attr == "values"
        and isinstance(node.value, ast.Name)
        and node.value.id in names
        for node in trees.walk(loop)
    )


def _calls_in_validation(frame: Frame) -> Iterator[tuple[ast.Call, ast.Name | ast.Attribute, Loop]]:
    """The calls with arguments in loops that are called validation, with what is called and the innermost loop."""
    validating = frozenset(_validating(frame))
    for call in sorted(inventory_of(frame.scope).of(ast.Call), key=position):
        loops = loops_around(frame.module, call) if call.args else []
        if isinstance(call.func, ast.Name | ast.Attribute) and not validating.isdisjoint(loops):
            yield call, call.func, loops[0]


def _put_into_train_mode(frame: Frame, use: _Use) -> ast.AST | None:
    """The call of `train()` after which the model is used; None where its mode is not known."""
    if _modes(frame.callees):
        return _last_mode(frame, use)
    if isinstance(use.callee, ast.Attribute):
        return _of_the_class(frame, use)
    value = frame.values.get(use.callee)
    if isinstance(use.callee, ast.Name) and value is not None and _is_parameter(frame, use.callee.id):
        return _of_the_callers(frame, use.callee.id)
    return None


class _Mode(NamedTuple):
    """A call of `eval()` or `train(..)`, and what it is called on as it is written."""

    call: ast.Call
    name: str
    model: str

    @property
    def trains(self) -> bool:
        return self.name == "train" and _is_on(self.call)


def _modes(nodes: Iterable[ast.AST]) -> list[_Mode]:
    return [
        _Mode(node, node.func.attr, ast.unparse(node.func.value))
        for node in nodes
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _MODES
    ]


def _last_mode(frame: Frame, use: _Use) -> ast.Call | None:
    """The last call before a use, where it is `train()` of the same model, and no other call is of a mode."""
    trains = [call for call, model in mode_calls(frame, "train") if ast.unparse(model) == use.text and _is_on(call)]
    before = [mode.call for mode in _modes(frame.callees) if position(mode.call) < position(use.call)]
    last = max(before, key=position, default=None)
    if last not in trains or last is None:
        return None
    others = [call for call in before if call not in trains]
    # An `eval()` that comes first is undone by a `train()` that stands in the loop itself.
    inside = loops_around(frame.module, use.call)[:1] == loops_around(frame.module, last)[:1]
    return last if not others or inside else None


def _is_on(call: ast.Call) -> bool:
    """Whether a call is `train()` or `train(True)`."""
    return all(isinstance(arg, ast.Constant) and arg.value is True for arg in call.args)


def _of_the_class(frame: Frame, use: _Use) -> ast.AST | None:
    """`self.model.train()` in another method of a class without bases, none of which calls `eval()`."""
    cls = frame.function.cls if frame.function is not None else None
    if cls is None or cls.node.bases or not use.text.startswith(f"{frame.self_name}."):
        return None
    modes = _modes(trees.walk(cls.node))
    ours = [mode for mode in modes if mode.model == use.text]
    strangers = [mode for mode in modes if mode not in ours and mode.name == "eval"]
    if strangers or not all(mode.trains for mode in ours):
        return None
    return ours[0].call if ours else None


def _is_parameter(frame: Frame, name: str) -> bool:
    return frame.function is not None and any(arg.arg == name for arg in frame.function.parameters)


def _of_the_callers(frame: Frame, name: str) -> ast.AST | None:
    """The `train()` of a caller that gives the function its model, where no caller calls `eval()` of anything."""
    found: ast.AST | None = None
    for node, caller in callers(frame):
        call = next((call for call in caller.callees if call.func is node), None)
        given = _argument(frame, call, name) if call is not None else None
        if call is None or given is None:
            return None
        modes = _modes(own_nodes(caller.scope))
        if not all(mode.trains for mode in modes):
            return None
        ours = [mode.call for mode in modes if mode.model == ast.unparse(given)]
        if not any(position(other) < position(call) for other in ours):
            return None
        found = ours[0]
    return found


def _argument(frame: Frame, call: ast.Call, name: str) -> ast.expr | None:
    """What a call gives for a parameter of the frame's function, which is not a method."""
    function = frame.function
    if function is None or function.cls is not None or any(isinstance(arg, ast.Starred) for arg in call.args):
        return None
    return argument_of(function, name, call)
