"""A module's `__init__` that does not call `super().__init__()`, or calls it too late.

## What it does
Finds subclasses of `nn.Module` whose `__init__` never reaches the `__init__` of its base: because it is not called at
all, is named without being called (`super().__init__`), or is called on something else (`super(Net).__init__()`). Also
finds modules and parameters that are assigned before it is called.

Silent where a test makes a stand-in without methods, and where an `__init__` that sets no attributes is one of an
abstract class.

## Why is this bad?
`Module.__init__` makes the tables in which modules, parameters and buffers are registered. Before it has run,
assigning a module raises `AttributeError: cannot assign module before Module.__init__() call`; a module that only has
plain attributes fails when it is called.

## Example
```python
class Net(nn.Module):
    def __init__(self):
        self.fc = nn.Linear(4, 2)
```
Use instead:
```python
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)
```

## Fix safety
The class does not work before the fix. There is none where the base takes arguments.

## When not to use it
Turn it off for classes whose base calls `Module.__init__` in `__new__`.

## References
- [torch.nn.Module](https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html)
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from torchlint.rule import (
    ERROR,
    Changes,
    Check,
    ClassModel,
    Frame,
    Function,
    FunctionModel,
    Problem,
    classes,
    is_test,
    trees,
)
from torchlint.vocabulary.nn_modules import (
    init_takes_nothing,
    is_module,
    is_module_class,
    is_own,
    is_parameter,
    sets_attributes,
)

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

    Edit = Callable[[Editor], None]

_CALL = "super().__init__()"
_REGISTERING = frozenset({"register_buffer", "register_parameter", "register_module", "add_module"})


class MissingSuperInit(Check):
    code = "TLT601"
    since = "0.1"
    related = ("TLT602", "TLT607")
    severity = ERROR
    message = "`__init__` of a module never calls `super().__init__()`: nothing can be registered"
    title = "Call `super().__init__()` first"
    help = "Call `super().__init__()` in the first line of `__init__`"
    words = (("__init__",),)

    def check_class(self, cls: ClassModel, frame: Frame) -> Iterator[Problem]:
        init = cls.methods.get("__init__")
        if init is None or init.self_name is None or init.decorators or cls.node.decorator_list or cls.node.keywords:
            return
        if _begins_right(init) or not is_module_class(frame, cls):
            return
        calls = _initialisations(init)
        if calls:
            yield from _too_late(init, frame, calls)
        elif not (_reached_otherwise(frame, init) or _is_mock(frame, cls) or _is_abstract(cls, init)):
            yield _never(init, frame)


def _begins_right(init: FunctionModel) -> bool:
    """Whether the base is initialised first of all, as in most modules: a look that spares all others."""
    body = [node for node in init.node.body if not _is_prelude(node)]
    match body[:1]:
        case [ast.Expr(value=ast.Call(func=ast.Attribute(attr="__init__", value=ast.Call(args=args))))]:
            return len(args) != 1
    return False


def _is_prelude(node: ast.stmt) -> bool:
    """A docstring, or an assignment of a local name."""
    if isinstance(node, ast.Assign):
        return all(isinstance(target, ast.Name) for target in node.targets)
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_unbound_super(node: ast.expr) -> bool:
    """`super(Net)`, which is not bound to the instance: its `__init__` is its own."""
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super" and bool(node.args)
    )


def _initialisations(init: FunctionModel) -> list[ast.Attribute]:
    """The mentions of a base's `__init__` through which it may be called."""
    uncalled = {node.value for node in trees.walk(init.node) if isinstance(node, ast.Expr)}
    return [
        node
        for node in trees.walk(init.node)
        if isinstance(node, ast.Attribute)
        and node.attr == "__init__"
        and node not in uncalled
        and not (_is_unbound_super(node.value) and len(getattr(node.value, "args", ())) == 1)
    ]


def _reached_otherwise(frame: Frame, init: FunctionModel) -> bool:
    """Whether a method that is called, or a look at `__dict__` or `setattr`, may do what `__init__` should."""
    for node in trees.walk(init.node):
        if isinstance(node, ast.Name) and node.id in ("setattr", "getattr", "object"):
            return True
        if not isinstance(node, ast.Attribute) or init.cls is None:
            continue
        if node.attr.startswith("__"):
            if node.attr not in ("__init__", "__class__", "__name__"):
                return True
        elif isinstance(node.value, ast.Name) and node.value.id == init.self_name:
            method = classes.find_method(frame, init.cls, node.attr)
            if method is not None and any(
                isinstance(inner, ast.Attribute) and inner.attr.startswith("__") for inner in trees.walk(method.node)
            ):
                return True
    return False


def _is_mock(frame: Frame, cls: ClassModel) -> bool:
    """Whether a class of a test stands in for a module, and has no methods."""
    return is_test(frame.module) and cls.methods.keys() == {"__init__"}


def _is_abstract(cls: ClassModel, init: FunctionModel) -> bool:
    """Whether a class that sets nothing up may be there to be derived from, or not to be made at all: others of the
    file derive from it, or a method of it only raises."""
    if sets_attributes(init):
        return False
    derived = any(
        isinstance(base, ast.Name) and base.id == cls.name
        for other in cls.module.all_classes
        for base in other.node.bases
    )
    return derived or any(_is_left_open(name, method.node.body) for name, method in cls.methods.items())


def _is_left_open(name: str, body: Sequence[ast.stmt]) -> bool:
    if isinstance(body[-1], ast.Raise):
        return True
    return name != "__init__" and all(isinstance(node, ast.Pass | ast.Expr) for node in body) and not _calls(body)


def _calls(body: Sequence[ast.stmt]) -> bool:
    return any(isinstance(node, ast.Call) for statement in body for node in trees.walk(statement))


def _never(init: FunctionModel, frame: Frame) -> Problem:
    """The problem where `__init__` of the base is not called, with the way to mend it."""
    claim = Changes("the module is set up")
    found = [node for node in trees.walk(init.node) if isinstance(node, ast.Attribute) and node.attr == "__init__"]
    if not found:
        return Problem(init.node, "", _insertion(init) if init_takes_nothing(frame, init) else None, claim)
    named, base = found[0], found[0].value
    if _is_unbound_super(base):
        message = "`super(C).__init__()` is not bound to the instance: the base is never set up"
        return Problem(base, message, _replacement(base, "super()"), claim, "Use `super()` without arguments")
    message = "`super().__init__` is named and not called: the base is never set up"
    return Problem(named, message, _replacement(named, "{}()"), claim, "Call it")


def _replacement(node: ast.expr, text: str) -> Edit:
    def replace(editor: Editor) -> None:
        editor.replace(node, text.format(editor.text(node)), keeps=[node])

    return replace


def _insertion(init: FunctionModel) -> Edit:
    def insert(editor: Editor) -> None:
        editor.insert_first(init.node, [_CALL])

    return insert


def _too_late(init: FunctionModel, frame: Frame, calls: list[ast.Attribute]) -> Iterator[Problem]:
    """Modules and parameters that are assigned before the base is set up."""
    first = min(call.lineno for call in calls)
    body = init.node.body
    statement = next((node for node in body if node.lineno <= first <= (node.end_lineno or 0)), None)
    if statement is None or isinstance(statement, Function):
        return
    inner = frame.evaluator.frame(init)
    for node in (node for before in body[: body.index(statement)] for node in trees.walk(before)):
        if isinstance(node, ast.Assign):
            value = inner.values.get(node.value)
            registered = value is not None and (is_module(inner, value) or is_parameter(value))
            stores = any(is_own(target, init) for target in node.targets)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            registered, stores = node.func.attr in _REGISTERING, is_own(node.func, init)
        else:
            continue
        if registered and stores:
            yield Problem(
                node,
                "Assigned before `super().__init__()`: the module cannot register it yet, and raises",
                _move(init, statement),
                Changes("the module is set up before its attributes"),
            )
            return


def _move(init: FunctionModel, statement: ast.stmt) -> Edit | None:
    """Move the call to the start, where it has no arguments that may depend on what comes before."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(call, ast.Call) or call.args or call.keywords:
        return None
    called: ast.Call = call

    def move(editor: Editor) -> None:
        editor.insert_first(init.node, [editor.text(called)])
        editor.delete_statement(statement)

    return move
