"""A model in eval mode that is called with gradients on.

## What it does
Finds functions that put a model into eval mode and then call it in a loop, themselves or through a method of the same
object, or call it once in a file that also trains, where nothing switches gradients off: no `torch.no_grad()` or
`inference_mode()` around the call, on the function, or at its callers in the file, and no `backward()` that would
need them.

## Why is this bad?
`eval()` changes dropout and batch norm, not autograd. Every call records a graph and keeps all activations:
evaluation takes about twice the memory and is slower than it need be.

## Example
```python
def test(model, loader):
    model.eval()
    for x, y in loader:
        correct += (model(x).argmax(1) == y).sum().item()
```
Use instead:
```python
@torch.no_grad()
def test(model, loader):
    model.eval()
    for x, y in loader:
        correct += (model(x).argmax(1) == y).sum().item()
```

## Fix safety
A decorator for the whole function is shown, and never applied. It is not shown where the function, or what it calls,
may train: gradients would be off there, too. Write `with torch.no_grad():` around the calls of the model then.

## References
- [torch.no_grad](https://docs.pytorch.org/docs/stable/generated/torch.no_grad.html)
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from torchlint.rule import (
    Changes,
    Check,
    Choice,
    External,
    Frame,
    FunctionRef,
    Instance,
    Place,
    Problem,
    ancestors,
    classes,
    is_test,
    loops_around,
    own_nodes,
    path,
    statement_of,
    trees,
)
from torchlint.vocabulary.eval_mode import attributes, callers, calls_of, mode_calls
from torchlint.vocabulary.training import is_without_grad, may_train

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

# What needs gradients, or decides about them.
_GRADIENTS_NAMES = """
    backward manual_backward grad autograd jacobian hessian vjp jvp enable_grad set_grad_enabled requires_grad
    requires_grad_ inference_mode no_grad retain_grad is_grad_enabled register_full_backward_hook captum
    saliency perturb attack export onnx trace
    """
_GRADIENTS = frozenset(_GRADIENTS_NAMES.split())
# Contexts that leave gradients as they are.
_NEUTRAL = (
    "builtins.open",
    "torch.autocast",
    "torch.cuda.amp.autocast",
    "torch.amp.autocast",
    "torch.profiler",
    "tqdm",
    "time.",
)


class EvalWithoutNoGrad(Check):
    code = "TLT704"
    since = "0.1"
    message = "The model is called in eval mode with gradients on: memory goes into a graph that nobody uses"
    title = "Switch gradients off"
    help = "Call it under `torch.no_grad()` or `torch.inference_mode()`"
    words = (("eval",),)

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if is_test(frame.module) or not _GRADIENTS.isdisjoint(attributes(frame.scope) - {"no_grad", "inference_mode"}):
            return
        for call, model in mode_calls(frame, "eval"):
            direct = (found for found in calls_of(frame, model) if _is_evaluation(frame, call, found, model))
            used = [*direct, *_through_helpers(frame, call, model)]
            if not used or _is_covered(frame, used) or _is_frozen(frame, model):
                continue
            place = Place(used[0], "the model is called here")
            if frame.function is None:
                yield Problem(call, places=(place,))
            else:
                yield Problem(
                    frame.function.node,
                    "",
                    None if may_train(frame) else _decorate(frame),
                    Changes("no graph is recorded"),
                    display=True,
                    places=(place,),
                )
            return


def _is_evaluation(frame: Frame, call: ast.Call, used: ast.Call, model: ast.expr) -> bool:
    """Whether the model is certainly in eval mode at a call, with gradients on, in a loop or in a file that trains."""
    module = frame.module
    if used.lineno <= call.lineno or is_without_grad(frame, used):
        return False
    statement = statement_of(module, call)
    if statement is None or any(isinstance(outer, ast.If | ast.Try) for outer in ancestors(module, call)):
        return False
    between = [node for node, held in mode_calls(frame, "train") if ast.unparse(held) == ast.unparse(model)]
    if any(call.lineno < node.lineno <= used.lineno for node in between):
        return False
    inside = loops_around(module, used)
    if [loop for loop in inside if loop not in loops_around(module, call)]:
        return True
    return "backward" in {node.attr for node in trees.walk(module.tree) if isinstance(node, ast.Attribute)}


def _through_helpers(frame: Frame, call: ast.Call, model: ast.expr) -> Iterator[ast.Call]:
    """The calls in loops of methods of the same object that call `self.model` with gradients as they find them."""
    if not isinstance(model, ast.Attribute) or path(frame, model) is None:
        return
    for used, callee in frame.callees.items():
        if (
            isinstance(callee, FunctionRef)
            and callee.bound is frame.instance
            and not frame.evaluator.is_busy(callee.function)
            and set(loops_around(frame.module, used)) - set(loops_around(frame.module, call))
            and _is_evaluation(frame, call, used, model)
            and _calls(frame.evaluator.frame(callee.function), model)
        ):
            yield used


def _calls(helper: Frame, model: ast.expr) -> bool:
    """Whether a method calls the model, and leaves its mode and gradients alone."""
    left_alone = _GRADIENTS.isdisjoint(attributes(helper.scope)) and not any(mode_calls(helper, "train"))
    if not left_alone or helper.function is None or helper.function.decorators:
        return False
    return any(not _is_in_context(helper, found) for found in calls_of(helper, model))


def _is_covered(frame: Frame, used: list[ast.Call]) -> bool:
    """Whether something that is not known, or a caller, may switch gradients off."""
    for call in used:
        for outer in ancestors(frame.module, call):
            if isinstance(outer, ast.With | ast.AsyncWith) and not all(
                _is_neutral(frame, item) for item in outer.items
            ):
                return True
    if frame.function is None:
        return False
    if any(not _is_plain(frame, decorator) for decorator in frame.function.decorators):
        return True
    found = callers(frame)
    return any(is_without_grad(outer, node) or _is_in_context(outer, node) or _is_off(outer) for node, outer in found)


def _is_neutral(frame: Frame, item: ast.withitem) -> bool:
    node = item.context_expr.func if isinstance(item.context_expr, ast.Call) else item.context_expr
    value = frame.values.get(node)
    return isinstance(value, External) and value.qualname.startswith(_NEUTRAL)


def _is_in_context(frame: Frame, node: ast.AST) -> bool:
    for outer in ancestors(frame.module, node):
        if isinstance(outer, ast.With | ast.AsyncWith) and not all(_is_neutral(frame, item) for item in outer.items):
            return True
    return False


def _is_off(frame: Frame) -> bool:
    """Whether a function, or the module, switches gradients off for all that follows."""
    return "set_grad_enabled" in attributes(frame.scope) if frame.function else _module_is_off(frame)


def _module_is_off(frame: Frame) -> bool:
    return any(
        isinstance(node, ast.Attribute) and node.attr == "set_grad_enabled" for node in own_nodes(frame.module.tree)
    )


def _is_plain(frame: Frame, decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Name) and decorator.id in ("staticmethod", "classmethod")


def _is_frozen(frame: Frame, model: ast.expr) -> bool:
    """Whether the model may record no graph: its `forward` switches gradients off, or it is not one of torch."""
    value = frame.values.get(model)
    if isinstance(value, External | FunctionRef | Choice):
        return not isinstance(value, Choice)
    if isinstance(value, Instance):
        forward = classes.find_method(frame, value.cls, "forward")
        return forward is None or not _GRADIENTS.isdisjoint(attributes(forward.node))
    return False


def _decorate(frame: Frame) -> Callable[[Editor], None]:
    function = frame.function
    assert function is not None

    def fix(editor: Editor) -> None:
        torch = editor.import_module("torch", scope_names=function.locals)
        editor.insert_before(function.node, [f"@{torch}.no_grad()"])

    return fix
