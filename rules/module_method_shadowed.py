"""A method of a module that replaces one of torch's and takes other arguments: `eval()` or `to()` then raises.

## What it does
Finds classes that derive from `torch.nn.Module` alone and define `train`, `eval`, `to`, `apply`, `parameters`,
`children`, `float` or another method of `Module` with parameters that do not fit how torch, and everybody else, calls
them: `def train(self, loader, optimizer)`, `def eval(self, x)`. Also `self.train = True` in a method, which puts a
plain value in the place of the method.

## Why is this bad?
Methods of modules call each other: `eval()` is `train(False)`, and `train` of a model is called with the mode for each
module within it. `model.eval()` raises a TypeError for a `train` that wants a loader, as soon as somebody calls it, on
the module itself or on one that contains it; a `train(self)` that takes nothing does so, too. Where the arguments fit
by chance, the wrong thing is done silently.

## Example
```python
class Agent(nn.Module):
    def train(self, loader, optimizer):
        ...
```
Use instead:
```python
class Agent(nn.Module):
    def fit(self, loader, optimizer):
        ...
```

## Fix safety
The fix renames the method and its calls in the class, and is only ever shown: calls elsewhere have to be renamed, too.

## When not to use it
Turn it off for modules that nobody ever puts into another mode or hands to other code.

## References
- [torch.nn.Module](https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html)
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from torchlint.rule import (
    ERROR,
    Changes,
    Check,
    ClassModel,
    Frame,
    FunctionModel,
    Problem,
    is_test,
    trees,
)
from torchlint.vocabulary.nn_modules import has_plain_base

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

# How many arguments, without keywords, torch calls a method with.
_CALLS = {
    "train": (0, 1),
    "requires_grad_": (0, 1),
    "apply": (1,),
    "to": (1,),
    "load_state_dict": (1,),
    **dict.fromkeys(("eval", "parameters", "named_parameters", "buffers", "children", "modules", "zero_grad"), (0,)),
    **dict.fromkeys(("float", "half", "double", "cuda", "cpu", "state_dict"), (0,)),
}
_NAMES = {"train": "fit", "eval": "evaluate"}
_MODES = ("train", "eval")
_RAISES = {
    "train": "This `train` takes other arguments than that of `Module`: `model.eval()` calls it with `False` alone",
    "eval": "This `eval` takes other arguments than that of `Module`: `model.eval()` raises",
}
_VALUE = "`self.{name}` hides the method of `Module`: `model.eval()` raises, since this cannot be called"


class ModuleMethodShadowed(Check):
    code = "TLT612"
    since = "0.2"
    related = ("TLT607", "TLT601")
    severity = ERROR
    message = "This replaces a method of `Module` and takes other arguments: torch's own calls of it raise"
    title = "Rename the method"
    help = "Give it another name, such as `fit`, `evaluate` or `predict`"
    words = (tuple(sorted(_CALLS)),)

    def check_class(self, cls: ClassModel, frame: Frame) -> Iterator[Problem]:
        shadowing = [method for name, method in cls.methods.items() if name in _CALLS]
        values = list(_values(cls)) if "self" in frame.module.words.all else []
        if not (shadowing or values) or is_test(frame.module) or not has_plain_base(frame, cls):
            return
        for method in shadowing:
            if not method.decorators and not _fits(method):
                message = _RAISES.get(method.name, "")
                yield Problem(method.node, message, _renamed(cls, method), Changes("another name"), display=True)
        for node in values:
            yield Problem(node, _VALUE.format(name=node.attr))


def _fits(method: FunctionModel) -> bool:
    """Whether a method can be called as torch calls it."""
    args = method.node.args
    positional = [*args.posonlyargs, *args.args][1:]
    required = max(len(positional) - len(args.defaults), 0)
    if any(default is None for default in args.kw_defaults):
        return False
    most = len(positional) if args.vararg is None else 99
    return all(required <= count <= most for count in _CALLS[method.name])


def _values(cls: ClassModel) -> Iterator[ast.Attribute]:
    """Where a plain value is stored under the name of a method that switches the mode."""
    for name in _MODES:
        for method in cls.writers.get(name, ()):
            for node in trees.walk(method.node):
                match node:
                    case ast.Assign(
                        targets=[ast.Attribute(value=ast.Name(id=owner), attr=attr) as target], value=value
                    ):
                        if owner == method.self_name and attr == name and _is_plain(value, method):
                            yield target


def _is_plain(value: ast.expr, method: FunctionModel) -> bool:
    """Whether an expression is certainly no function."""
    if isinstance(value, ast.Name):
        args = method.node.args
        named = [*args.posonlyargs, *args.args]
        defaults = dict(zip((arg.arg for arg in reversed(named)), reversed(args.defaults), strict=False))
        default = defaults.get(value.id)
        return isinstance(default, ast.Constant) and isinstance(default.value, bool)
    is_flag = isinstance(value, ast.Constant) and value.value is not None
    return is_flag or isinstance(value, ast.Compare | ast.BoolOp) or _is_not(value)


def _is_not(value: ast.expr) -> bool:
    return isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.Not)


def _renamed(cls: ClassModel, method: FunctionModel) -> Callable[[Editor], None] | None:
    new = _NAMES.get(method.name)
    if new is None or new in cls.methods:
        return None

    def fix(editor: Editor) -> None:
        editor.rename(method.node, new)
        for node in trees.walk(cls.node):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=name) as func, args=args):
                    if owner == method.self_name and name == method.name and args:
                        editor.rename(func, new)

    return fix
