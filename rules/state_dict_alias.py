"""Weights kept by `model.state_dict()`, or as the model itself, while training goes on: they change with the model.

## What it does
Finds the best weights of a run, or those from before it, kept without a copy: `best = model.state_dict()` under a test
in a training loop and read after it, `start = model.state_dict()` before the training and loaded back later, the same
in an attribute that another method loads or saves, and `best = model` under a test in the loop. `.copy()`, `dict(..)`
and `copy.copy(..)` of a state dict copy the table and not the tensors in it, and so does
`{name: tensor.detach() for name, tensor in ..}`. Helpers that return any of these are seen through. A target network
that is the model itself, `self.target = self.model`, is found where the one is given the weights of the other.

Silent where weights are copied, where the dict is changed before it is used, where the loop ends right after, and where
the model is made anew in each turn.

## Why is this bad?
`state_dict()` returns the tensors of the model themselves, and the optimiser writes into them. What was kept as the
best weights are the last ones at the end: early stopping and "restore the best" do nothing, silently. Loading a state
dict back into the model that it was taken from without a copy changes no number.

## Example
```python
if accuracy > best:
    best, weights = accuracy, model.state_dict()
```
Use instead:
```python
if accuracy > best:
    best, weights = accuracy, copy.deepcopy(model.state_dict())
```

## Fix safety
The fix keeps a copy, which takes the memory of the weights once more. What is loaded or saved later is something else
than before, which is its purpose, so it is unsafe.

## When not to use it
Turn it off for code that replaces parameters instead of writing into them, so that a state dict stays what it was.

## References
- [Saving and loading models](https://docs.pytorch.org/tutorials/beginner/saving_loading_models.html)
- [torch.nn.Module.state_dict](https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html)
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from torchlint.rule import (
    ERROR,
    Changes,
    Check,
    Frame,
    Loop,
    Place,
    Problem,
    ancestors,
    block_of,
    is_test,
    last_name,
    loops_around,
    own_nodes,
    parents,
    statement_of,
    trees,
)
from torchlint.vocabulary.kept_weights import Kept, is_changed, is_kept_for_later, kept_weights, loads_of
from torchlint.vocabulary.training import Event, Kind, events, in_loop
from torchlint.vocabulary.turns import position

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

_MODEL = "The best model is another name of the model that is trained: training goes on in both"
_LOADED = "`state_dict()` is not a copy: these weights change with the model, and loading them back changes nothing"
_ITSELF = "This is another name of the same model, not a copy: the weights that it is given later are its own"
_TRAINS = (Kind.BACKWARD, Kind.STEP)
_ORDER = ast.Lt | ast.LtE | ast.Gt | ast.GtE
_TRAINING = re.compile(r"_?(do_|run_)?(train|fit)(_|$)", re.IGNORECASE)


class StateDictAlias(Check):
    code = "TLT721"
    since = "0.2"
    related = ("TLT703",)
    severity = ERROR
    message = "`state_dict()` is not a copy: the weights that are kept here change with each further step"
    title = "Keep a copy"
    help = "Keep a copy: `copy.deepcopy(model.state_dict())`"
    words = (
        ("state_dict", "backward", "manual_backward", "zero_grad"),
        ("state_dict", "backward", "manual_backward"),
    )

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if is_test(frame.module):
            return
        yield from _loaded_into_itself(frame)
        found: list[Event] | None = None
        for kept in kept_weights(frame):
            found = events(frame) if found is None else found
            problem = _in_a_method(frame, kept) if kept.is_attribute else None
            if problem is None and (kept.name.isidentifier() or is_kept_for_later(frame, kept)):
                problem = _in_a_function(frame, kept, found)
            if problem is not None:
                yield problem


def _loaded_into_itself(frame: Frame) -> Iterator[Problem]:
    """`target = model`, and later `target.load_state_dict(model.state_dict())`: one model, which keeps its weights."""
    cls = frame.function.cls if frame.function is not None else None
    for node in own_nodes(frame.scope):
        match node:
            case ast.Call(
                func=ast.Attribute(value=target, attr="load_state_dict"),
                args=[ast.Call(func=ast.Attribute(value=model, attr="state_dict"), args=[], keywords=[])],
            ):
                is_own = cls is not None and ast.unparse(target).startswith(f"{frame.self_name}.")
                made = _only_assigned(cls.node if cls is not None and is_own else frame.scope, target, model)
                if made is not None:
                    kept = Kept(made, ast.unparse(target), made.value, ast.unparse(model), True)
                    yield _problem(frame, kept, _ITSELF, Place(node, "it is given its own weights here"))


def _only_assigned(scope: ast.AST, target: ast.expr, model: ast.expr) -> ast.Assign | None:
    """The statement that makes one name another one for a model, where neither is ever given anything else."""
    texts = ast.unparse(target), ast.unparse(model)
    stored = [node for node in trees.walk(scope) if isinstance(node, ast.Name | ast.Attribute)]
    ours, theirs = ([n for n in stored if not isinstance(n.ctx, ast.Load) and ast.unparse(n) == text] for text in texts)
    if len(ours) != 1 or len(theirs) > 1:
        return None
    for node in trees.walk(scope):
        if isinstance(node, ast.Assign) and node.targets == ours and ast.unparse(node.value) == texts[1]:
            return node
    return None


def _in_a_function(frame: Frame, kept: Kept, found: list[Event]) -> Problem | None:
    """A local that is read when the weights are others."""
    cls = frame.function.cls if frame.function is not None and kept.is_attribute else None
    if is_changed(cls.node if cls is not None else frame.scope, kept):
        return None
    trained = [event for event in found if event.kind in _TRAINS or _is_training(event)]
    loop = next((loop for loop in reversed(loops_around(frame.module, kept.node)) if _has(frame, loop, trained)), None)
    if loop is not None:
        return _read_after(frame, kept, loop)
    return _loaded_back(frame, kept, trained)


def _is_training(event: Event) -> bool:
    """Whether a call that is given an optimiser, and is not known, has a name that says what it does."""
    if event.kind is not Kind.UNKNOWN or not isinstance(event.node, ast.Call):
        return False
    return _TRAINING.match(last_name(event.node.func)) is not None


def _has(frame: Frame, loop: Loop, trained: list[Event]) -> bool:
    return any(in_loop(frame.module, event.at, loop) for event in trained)


def _read_after(frame: Frame, kept: Kept, loop: Loop) -> Problem | None:
    """Kept under a test in a loop that trains, and read after it."""
    end = (loop.end_lineno or 0, loop.end_col_offset or 0)
    reads = [node for node in loads_of(frame.scope, kept) if position(node) > end]
    if not reads or not _is_under_comparison(frame, kept.node, loop) or _leaves(frame, kept.node):
        return None
    if _is_made_anew(frame, kept, loop):
        return None
    place = Place(reads[0], "they are used here, after further steps")
    return _problem(frame, kept, _MODEL if kept.is_model else "", place)


def _is_under_comparison(frame: Frame, node: ast.AST, loop: Loop) -> bool:
    """Whether a test in the loop decides, one that compares: anything else may hold in the last turn only."""
    for outer in ancestors(frame.module, node):
        if outer is loop:
            return False
        if isinstance(outer, ast.If) and _compares(frame, outer.test):
            return True
    return False


def _compares(frame: Frame, test: ast.expr) -> bool:
    """Whether a test says which of two numbers is larger: itself, or by a name that holds a comparison."""
    parts = list(trees.walk(test))
    names = {part.id for part in parts if isinstance(part, ast.Name)}
    for node in own_nodes(frame.scope):
        if isinstance(node, ast.Assign) and any(isinstance(to, ast.Name) and to.id in names for to in node.targets):
            parts.append(node.value)
    return any(isinstance(part, ast.Compare) and isinstance(part.ops[0], _ORDER) for part in parts)


def _leaves(frame: Frame, node: ast.AST) -> bool:
    """Whether the loop, or the function, is left in the block in which something is kept."""
    statement = statement_of(frame.module, node)
    block = block_of(frame.module, statement) if statement else ()
    return any(isinstance(other, ast.Break | ast.Return | ast.Raise) for other in block)


def _is_made_anew(frame: Frame, kept: Kept, loop: Loop) -> bool:
    """Whether the loop binds the model's name: another model in each turn."""
    root = kept.model.partition(".")[0]
    names = {kept.model} if root == "self" else {kept.model, root}
    return any(
        isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store) and ast.unparse(node) in names
        for node in trees.walk(loop)
    )


def _loaded_back(frame: Frame, kept: Kept, trained: list[Event]) -> Problem | None:
    """Kept before the training, and loaded into the same model after steps of it."""
    if kept.is_model:
        return None
    for node in loads_of(frame.scope, kept):
        loading = parents(frame.module).get(node)
        if not _loads_into(loading, node, kept.model) or loading is None:
            continue
        loops = loops_around(frame.module, loading)
        inside = any(_has(frame, loop, trained) for loop in loops)
        between = any(position(kept.node) < position(event.at) < position(loading) for event in trained)
        if (inside or between) and not any(_is_made_anew(frame, kept, loop) for loop in loops):
            return _problem(frame, kept, _LOADED, Place(loading, "they are loaded here"))
    return None


def _loads_into(call: ast.AST | None, given: ast.AST, model: str) -> bool:
    """Whether a call is `model.load_state_dict(given)`."""
    match call:
        case ast.Call(func=ast.Attribute(value=receiver, attr="load_state_dict"), args=[first, *_]):
            return first is given and ast.unparse(receiver) == model
    return False


def _in_a_method(frame: Frame, kept: Kept) -> Problem | None:
    """An attribute that a method of the class loads into the same model, or that is kept for the best and saved."""
    cls = frame.function.cls if frame.function is not None else None
    if cls is None or is_changed(cls.node, kept) or not is_kept_for_later(frame, kept):
        return None
    compared = any(
        isinstance(outer, ast.If) and _compares(frame, outer.test) for outer in ancestors(frame.module, kept.node)
    )
    for node in loads_of(cls.node, kept):
        call = parents(frame.module).get(node)
        if call is None or _same_function(frame, call):
            continue
        if not kept.is_model and _loads_into(call, node, kept.model):
            return _problem(frame, kept, _LOADED, Place(call, "they are loaded here"))
        if compared and not kept.is_model and _is_saved(call):
            return _problem(frame, kept, "", Place(call, "they are saved here, after further steps"))
    loading = _loaded_elsewhere(frame, kept) if compared and not kept.is_model else None
    return _problem(frame, kept, _LOADED, Place(loading, "they are loaded here")) if loading is not None else None


def _loaded_elsewhere(frame: Frame, kept: Kept) -> ast.Call | None:
    """Where the file loads what an object of this class keeps: `model.load_state_dict(stopper.best)`. The model is one
    that the method was given, so that the object does not train it itself."""
    function = frame.function
    if function is None or kept.model not in {arg.arg for arg in function.parameters}:
        return None
    name = kept.name.rpartition(".")[2]
    for node in trees.walk(frame.module.tree):
        match node:
            case ast.Call(
                func=ast.Attribute(attr="load_state_dict"), args=[ast.Attribute(value=ast.Name(id=owner), attr=attr)]
            ) if attr == name and owner != frame.self_name:
                return node
    return None


def _same_function(frame: Frame, node: ast.AST) -> bool:
    return any(outer is frame.scope for outer in ancestors(frame.module, node))


def _is_saved(call: ast.AST) -> bool:
    return isinstance(call, ast.Call) and ast.unparse(call.func) == "torch.save"


def _problem(frame: Frame, kept: Kept, message: str, place: Place) -> Problem:
    claim = Changes("the weights of that moment are kept")
    return Problem(kept.node, message, _copied(frame, kept), claim, places=(place,))


def _copied(frame: Frame, kept: Kept) -> Callable[[Editor], None]:
    def fix(editor: Editor) -> None:
        home = editor.import_module("copy", scope_names=frame.local_names)
        editor.replace(kept.value, f"{home}.deepcopy({editor.text(kept.value)})", [kept.value])

    return fix
