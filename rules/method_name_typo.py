"""A method of a module or dataset that is one letter off: `foward`, `_init_`, `loss.backwards()`.

## What it does
Finds classes derived from `nn.Module` that have no `forward` and a method whose name is a misspelt one, modules and
datasets with `_init_`, `__int__` or `_len_` in place of the special method, and `backwards()` called on a tensor.
Silent where the name is used, and where a subclass or base may define the right one.

## Why is this bad?
Python calls special methods, and `nn.Module` calls `forward`, by their exact names. With `__int__` the constructor
never runs; with `foward` calling the module raises `NotImplementedError`.

## Example
```python
class Net(nn.Module):
    def foward(self, x):
        return self.fc(x)
```
Use instead:
```python
class Net(nn.Module):
    def forward(self, x):
        return self.fc(x)
```

## Fix safety
The fix renames the method, which is called from then on.

## When not to use it
Turn it off for methods that are called under that very name by other code.

## References
- [torch.nn.Module.forward](https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from torchlint.rule import (
    ERROR,
    BoundCall,
    Changes,
    Check,
    ClassModel,
    Frame,
    FunctionModel,
    Method,
    Problem,
    classes,
    facts,
    trees,
)
from torchlint.vocabulary.nn_modules import has_plain_base, is_dataset_class, is_module_class

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

_FORWARD_NAMES = """
    foward forwad forwards forword farward fowrard forwrad forard frward forwarrd fordward froward forwardd fwd forwar
    forwrd fowad forwadr forwaard fforward foreward Forward _forward __forward__ forward_ forawrd forwarf fprward
    """
_FORWARD = frozenset(_FORWARD_NAMES.split())
# With as many underscores on each side as fingers type.
_UNDERSCORES = [(before, after) for before in range(1, 5) for after in range(1, 5)]
_INIT = frozenset(
    {"__init", "___init", "init__", "init___"}
    | {"_" * before + word + "_" * after for word in ("init", "inti", "initi", "ini") for before, after in _UNDERSCORES}
    | {"_" * count + "int" + "_" * count for count in (2, 3)}
) - {"__init__"}
# The other misspelt names of datasets are another rule's.
_LEN = frozenset({"_len_", "___len___"})


class MethodNameTypo(Check):
    code = "TLT607"
    since = "0.1"
    related = ("TLT501", "TLT601")
    severity = ERROR
    message = "The name of this method is misspelt: it is never called"
    title = "Rename the method"
    help = "Give the method the name by which torch calls it"
    calls = (".backwards",)
    words = ((*sorted(_FORWARD | _INIT | _LEN), "backwards"),)

    def check_class(self, cls: ClassModel, frame: Frame) -> Iterator[Problem]:
        misspelt = [method for name, method in cls.methods.items() if name in _FORWARD | _INIT | _LEN]
        if not misspelt or not (is_module_class(frame, cls) or is_dataset_class(frame, cls)):
            return
        for method in misspelt:
            right = _right_name(cls, method, frame)
            if right and not _is_used(cls, method.name):
                yield _problem(method, right)

    def check_call(self, call: BoundCall, frame: Frame) -> Iterator[Problem]:
        callee = frame.callees[call.node]
        if isinstance(callee, Method) and facts.is_tensor(callee.receiver) is True:
            func = call.node.func
            if isinstance(func, ast.Attribute):

                def fix(editor: Editor) -> None:
                    editor.rename(func, "backward")

                yield Problem(
                    func,
                    "Tensors have no `backwards`, so this raises: the method is called `backward`",
                    fix,
                    Changes("it runs"),
                )


def _problem(method: FunctionModel, right: str) -> Problem:
    def fix(editor: Editor) -> None:
        editor.rename(method.node, right)

    message = f"Nothing calls `{method.name}`: the method that torch calls is `{right}`"
    return Problem(method.node, message, fix, Changes("the method is called"))


def _right_name(cls: ClassModel, method: FunctionModel, frame: Frame) -> str:
    """The name that was meant; empty where the method may be meant as it is."""
    name, parameters = method.name, len(method.parameters)
    if method.self_name is None or method.decorators:
        return ""
    if name in _INIT:
        if "__init__" in cls.methods or (name == "__int__" and parameters == 1 and not _sets_up(method)):
            return ""
        return "__init__"
    if name in _LEN:
        found = classes.find_method(frame, cls, "__len__")
        return "__len__" if found is None and parameters == 1 and is_dataset_class(frame, cls) else ""
    if parameters < 2 or not has_plain_base(frame, cls) or _is_base(cls):
        return ""
    own = any(classes.find_method(frame, cls, found) for found in ("forward", "__call__"))
    return "" if own or "forward" in cls.constants else "forward"


def _sets_up(method: FunctionModel) -> bool:
    return any(isinstance(node, ast.Attribute) and node.attr == "__init__" for node in trees.walk(method.node))


def _is_base(cls: ClassModel) -> bool:
    """Whether another class of the file derives from this one, and may define what it lacks."""
    return any(
        isinstance(base, ast.Name) and base.id == cls.name
        for other in cls.module.all_classes
        for base in other.node.bases
    )


def _is_used(cls: ClassModel, name: str) -> bool:
    """Whether the file uses the name, as an attribute or in a string."""
    return any(
        (isinstance(node, ast.Attribute) and node.attr == name)
        or (isinstance(node, ast.Constant) and node.value == name)
        for node in trees.walk(cls.module.tree)
    )
