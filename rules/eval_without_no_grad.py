"""A model in eval mode that is called with gradients on.

## What it does
Finds functions that put a model into eval mode and then call it in a loop, themselves, through a method of the same
object or through a function that they give the model, or call it once in a file that also trains, where nothing
switches gradients off: no `torch.set_grad_enabled(..)` above it, no `torch.no_grad()` or `inference_mode()` around the
call, on the function, or at its callers in the file, and no `backward()` that would need them. In a function that
trains, the validation after `eval()` is looked at where nothing from there to the end of the block needs gradients.

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

## When not to use it
Turn it off where gradients with respect to inputs are taken by code of another file, such as saliency maps.

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
    Layer,
    Place,
    Problem,
    ancestors,
    argument_of,
    block_of,
    classes,
    is_test,
    is_within,
    last_name,
    loops_around,
    ops,
    own_nodes,
    path,
    statement_of,
    trees,
)
from torchlint.vocabulary.eval_mode import attributes, callers, calls_of, mode_calls
from torchlint.vocabulary.freezing import freezes
from torchlint.vocabulary.grad_mode import is_without_grad
from torchlint.vocabulary.returned_losses import is_returned_into_loss
from torchlint.vocabulary.training import may_train

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
_DROPOUTS = ops.words(*ops.DROPOUTS)
# How many callers up gradients may be switched off.
_CALLERS = 5


class EvalWithoutNoGrad(Check):
    code = "TLT704"
    since = "0.1"
    related = ("TLT705", "TLT723")
    message = "The model is called in eval mode with gradients on: memory goes into a graph that nobody uses"
    title = "Switch gradients off"
    help = "Call it under `torch.no_grad()` or `torch.inference_mode()`"
    words = (("eval",),)

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if is_test(frame.module):
            return
        trains = _needs_gradients(frame.scope)
        for call, model in mode_calls(frame, "eval"):
            direct = (found for found in calls_of(frame, model) if _is_evaluation(frame, call, found, model))
            used = [*direct, *_through_helpers(frame, call, model)]
            if trains:
                used = _in_validation(frame, call, used)
            if not used or _is_covered(frame, used) or _is_frozen(frame, model, used[0]):
                continue
            if is_returned_into_loss(frame):
                return
            yield _problem(frame, call, used[0])
            return


def _problem(frame: Frame, call: ast.Call, used: ast.Call) -> Problem:
    places = (Place(call, "eval mode starts here"),)
    if frame.function is None or may_train(frame):
        return Problem(used, places=places)
    return Problem(used, "", _decorate(frame), Changes("no graph is recorded"), display=True, places=places)


def _needs_gradients(*nodes: ast.AST) -> bool:
    """Whether code needs gradients, or decides about them."""
    return any(not _GRADIENTS.isdisjoint(attributes(node) - {"no_grad", "inference_mode"}) for node in nodes)


def _in_validation(frame: Frame, call: ast.Call, used: list[ast.Call]) -> list[ast.Call]:
    """Of the calls in a function that trains, those in a loop after `eval()`, where nothing from there to the end of
    the block needs gradients."""
    statement = statement_of(frame.module, call)
    block = list(block_of(frame.module, statement)) if statement is not None else []
    after = block[block.index(statement) + 1 :] if statement in block else []
    if _needs_gradients(*after):
        return []
    return [found for found in used if any(is_within(frame.module, found, later) for later in after)]


def _is_evaluation(frame: Frame, call: ast.Call, used: ast.Call, model: ast.expr) -> bool:
    """Whether the model is certainly in eval mode at a call, with gradients on, in a loop or in a file that trains."""
    module = frame.module
    if not _is_after(frame, call, used, model):
        return False
    inside = loops_around(module, used)
    if [loop for loop in inside if loop not in loops_around(module, call)]:
        return True
    if _needs_gradients(frame.scope):
        return False  # The one call of a function that trains may be part of a step.
    return "backward" in {node.attr for node in trees.walk(module.tree) if isinstance(node, ast.Attribute)}


def _is_after(frame: Frame, call: ast.Call, used: ast.Call, model: ast.expr) -> bool:
    """Whether the model is certainly still in eval mode at a later call, with gradients on."""
    module = frame.module
    if used.lineno <= call.lineno or is_without_grad(frame, used) or statement_of(module, call) is None:
        return False
    if any(
        isinstance(outer, ast.If | ast.Try) and not is_within(module, used, outer) for outer in ancestors(module, call)
    ):
        return False
    between = [node for node, held in mode_calls(frame, "train") if ast.unparse(held) == ast.unparse(model)]
    return not any(call.lineno < node.lineno <= used.lineno for node in between)


def _through_helpers(frame: Frame, call: ast.Call, model: ast.expr) -> Iterator[ast.Call]:
    """The calls of functions and methods of the file that call the model in a loop, or from one, with gradients as they
    find them."""
    evaluator = frame.evaluator
    around = set(loops_around(frame.module, call))
    for used, callee in frame.callees.items():
        if not isinstance(callee, FunctionRef) or evaluator.is_busy(callee.function) or used.lineno <= call.lineno:
            continue
        held, shares_self = _held_as(frame, used, callee, model), callee.bound is frame.instance
        if held is None or (callee.bound is not None and not shares_self):
            continue
        if callee.function is frame.function or not _is_after(frame, call, used, model):
            continue
        looped = bool(set(loops_around(frame.module, used)) - around)
        if _calls(evaluator.frame(callee.function), held, looped):
            yield used


def _held_as(frame: Frame, used: ast.Call, callee: FunctionRef, model: ast.expr) -> ast.expr | None:
    """How a helper writes the model: as the attribute of the instance that both share, or as its parameter."""
    if isinstance(model, ast.Attribute) and path(frame, model) is not None and callee.bound is not None:
        return model
    text = ast.unparse(model)
    for arg in callee.function.parameters:
        given = argument_of(callee.function, arg.arg, used)
        if given is not None and ast.unparse(given) == text:
            return ast.Name(arg.arg, ast.Load())
    return None


def _calls(helper: Frame, model: ast.expr, looped: bool) -> bool:
    """Whether a helper calls the model, in a loop unless it is called in one, and leaves mode and gradients alone."""
    sets_mode = any(mode_calls(helper, "train")) or any(mode_calls(helper, "eval"))
    if _needs_gradients(helper.scope) or sets_mode or helper.function is None or helper.function.decorators:
        return False
    found = [call for call in calls_of(helper, model) if not _is_in_context(helper, call)]
    return any(looped or loops_around(helper.module, call) for call in found)


def _is_covered(frame: Frame, used: list[ast.Call]) -> bool:
    """Whether something that is not known, or a caller, may switch gradients off."""
    for call in used:
        for outer in ancestors(frame.module, call):
            if isinstance(outer, ast.With | ast.AsyncWith) and not all(
                _is_neutral(frame, item) for item in outer.items
            ):
                return True
    if _is_switched_off_before(frame, used[0]):
        return True
    if frame.function is None:
        return False
    if any(not _is_plain(frame, decorator) for decorator in frame.function.decorators):
        return True
    return _is_called_without_grad(frame, _CALLERS)


def _is_called_without_grad(frame: Frame, depth: int) -> bool:
    """Whether a caller, or one of those that call it, may switch gradients off."""
    found = callers(frame)
    if any(is_without_grad(outer, node) or _is_in_context(outer, node) or _is_off(outer) for node, outer in found):
        return True
    above = {outer.function: outer for _, outer in found if outer.function is not None}
    return depth > 1 and any(_is_called_without_grad(outer, depth - 1) for outer in above.values())


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


def _is_switched_off_before(frame: Frame, used: ast.Call) -> bool:
    """Whether a statement above a call, `torch.set_grad_enabled(..)`, decides about gradients for all that follows."""
    return any(
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and last_name(node.value.func) == "set_grad_enabled"
        and node.lineno < used.lineno
        for node in own_nodes(frame.scope)
    )


def _module_is_off(frame: Frame) -> bool:
    return any(
        isinstance(node, ast.Attribute) and node.attr == "set_grad_enabled" for node in own_nodes(frame.module.tree)
    )


def _is_plain(frame: Frame, decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Name) and decorator.id in ("staticmethod", "classmethod")


def _is_frozen(frame: Frame, model: ast.expr, used: ast.Call) -> bool:
    """Whether the model may record no graph: it is frozen, it has no parameters, its `forward` switches gradients off,
    or it is not one of torch."""
    value = frame.values.get(model)
    if isinstance(value, Layer) and value.name in _DROPOUTS:
        return True
    before = (node for node in own_nodes(frame.scope) if getattr(node, "lineno", used.lineno) < used.lineno)
    if any(_is_freezing(node, ast.unparse(model)) for node in before):
        return True
    if isinstance(value, External | FunctionRef | Choice):
        return not isinstance(value, Choice)
    if isinstance(value, Instance):
        forward = classes.find_method(frame, value.cls, "forward")
        return forward is None or not _GRADIENTS.isdisjoint(attributes(forward.node))
    return False


def _is_freezing(node: ast.AST, model: str) -> bool:
    """Whether a statement freezes the model; `freeze` is how those of Lightning are asked to."""
    match node:
        case ast.Call(func=ast.Attribute(value=receiver, attr="freeze"), args=[], keywords=[]):
            return ast.unparse(receiver) == model
    found = freezes(node)
    return found is not None and found[1] == model


def _decorate(frame: Frame) -> Callable[[Editor], None]:
    function = frame.function
    assert function is not None

    def fix(editor: Editor) -> None:
        torch = editor.import_module("torch", scope_names=function.locals)
        editor.insert_before(function.node, [f"@{torch}.no_grad()"])

    return fix
