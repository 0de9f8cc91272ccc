"""Method without `self`: the first parameter is something else, and the body reads `self`.

## What it does
Finds methods that read `self` but do not take it.

## Why is this bad?
Python passes the instance as the first argument. `__init__(path, pattern)` receives the instance as `path`, so that a
call with two arguments raises a `TypeError`, and `self` in the body is a `NameError` in any case.

## Example
```python
class Images(torch.utils.data.Dataset):
    def __init__(path, pattern):
        self.paths = glob.glob(os.path.join(path, pattern))
```
Use instead:
```python
class Images(torch.utils.data.Dataset):
    def __init__(self, path, pattern):
        self.paths = glob.glob(os.path.join(path, pattern))
```

## Fix safety
The fix adds the parameter. It is unsafe only in name: the method could not run before.

## When not to use it
Turn it off for methods that are taken out of the class and used as functions.

## References
- [Classes in the Python tutorial](https://docs.python.org/3/tutorial/classes.html)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from torchlint.rule import ERROR, Changes, Check, ClassModel, Frame, FunctionModel, Problem, bound_in_module, free_reads

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

_SELF_LIKE = frozenset({"self", "cls", "this", "mcs", "mcls", "klass", "_"})


class MethodWithoutSelf(Check):
    code = "TLT503"
    since = "0.1"
    related = ("TLT502", "TLT505")
    severity = ERROR
    message = "The method reads `self` but does not take it: it raises when it is called"
    title = "Add `self`"
    help = "Make `self` the first parameter"
    words = (("class",), ("self",))

    def check_class(self, cls: ClassModel, frame: Frame) -> Iterator[Problem]:
        found = _found(cls)
        if found and cls.parent is None and "self" not in bound_in_module(cls.module):
            yield from map(_problem, found)


def _found(cls: ClassModel) -> list[FunctionModel]:
    return [method for method in cls.methods.values() if not _takes_instance(method) and free_reads(method, "self")]


def _takes_instance(method: FunctionModel) -> bool:
    args = method.node.args
    first = args.posonlyargs or args.args
    if first and (first[0].arg.lstrip("_") in _SELF_LIKE or first[0].arg == "_"):
        return True
    return (not first and args.vararg is not None) or method.is_static or method.is_class_method


def _problem(method: FunctionModel) -> Problem:
    def fix(editor: Editor) -> None:
        editor.add_parameter(method.node, "self", 0)

    message = f"`{method.name}` reads `self` but does not take it: it raises when it is called"
    return Problem(method.node, message, fix, Changes("the method takes the instance"))
