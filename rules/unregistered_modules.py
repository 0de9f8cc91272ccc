"""Modules in a plain list, tuple or dict: their parameters are not the model's.

## What it does
Finds modules with parameters, and `nn.Parameter`s, that are kept in a plain list, tuple or dict as an attribute of an
`nn.Module`: as a display, a comprehension, through a local, or appended later. Silent where they are registered in
another way: given to `nn.ModuleList`, `nn.Sequential` or `add_module`, or assigned to attributes of their own.

## Why is this bad?
A module registers what is assigned to its attributes, and does not look into lists or dicts. `parameters()` leaves
such layers out, so that no optimiser trains them; `state_dict()` does not save them; `.to(device)` does not move
them; `.eval()` does not reach them. Nothing raises an error.

## Example
```python
self.layers = [nn.Linear(width, width) for _ in range(depth)]
```
Use instead:
```python
self.layers = nn.ModuleList([nn.Linear(width, width) for _ in range(depth)])
```

## Fix safety
The fix changes behaviour: the layers are trained, saved and moved from then on, and checkpoints get new keys. It is
offered where the class uses the attribute as `nn.ModuleList`, `nn.ModuleDict` or `nn.ParameterList` allow.

## When not to use it
Turn it off for layers that are to be hidden from `parameters()` on purpose, such as those of a teacher that is not
trained.

## References
- [torch.nn.ModuleList](https://docs.pytorch.org/docs/stable/generated/torch.nn.ModuleList.html)
- [torch.nn.ModuleDict](https://docs.pytorch.org/docs/stable/generated/torch.nn.ModuleDict.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from torchlint.rule import (
    ERROR,
    Changes,
    Check,
    ClassModel,
    Frame,
    Inventory,
    Problem,
    inventory_of,
    parents,
    path,
    trees,
)
from torchlint.vocabulary.containers import (
    CONTAINERS,
    Content,
    assignments,
    contents,
    is_known_container,
    may_be_container,
)
from torchlint.vocabulary.nn_modules import has_parameters, is_module, is_module_class, is_parameter

from ._filled import Filled

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

# A class that has these registers, or hands out, its modules in a way of its own.
_OWN_WAYS = frozenset(
    {
        "parameters",
        "named_parameters",
        "modules",
        "named_modules",
        "children",
        "state_dict",
        "__setattr__",
        "__getattr__",
    }
)
_REGISTERING = frozenset(
    {"add_module", "register_module", "register_parameter", "setattr", "__setattr__", "_modules", "__dict__"}
)
_READERS = frozenset(
    {"len", "enumerate", "zip", "reversed", "range", "iter", "print", "isinstance", "next", "map", "any"}
)
_COPIES = frozenset({"list", "tuple", "sorted", "reversed"})
_METHODS = frozenset({"append", "extend", "insert", "items", "keys", "values", "update"})


class UnregisteredModules(Check):
    code = "TLT602"
    since = "0.1"
    related = ("TLT603", "TLT608")
    severity = ERROR
    message = "Modules in a plain list or dict are not registered: never trained, saved or moved"
    title = "Keep them in a container of `torch.nn`"
    help = "Keep them in `nn.ModuleList`, `nn.ModuleDict` or `nn.ParameterList`"
    words = (("__init__",), ("Module", "LightningModule", "MessagePassing"))

    def check_class(self, cls: ClassModel, frame: Frame) -> Iterator[Problem]:
        candidates = _candidates(cls)
        if candidates and is_module_class(frame, cls):
            for attribute in candidates:
                yield from _attribute(cls, attribute, frame)


def _candidates(cls: ClassModel) -> list[str]:
    """The attributes that may be containers with modules in them, as far as the text of the class tells."""
    given = set(_given_containers(cls)) if _OWN_WAYS.isdisjoint(cls.methods) else ()
    if not given or any(map(_registers, cls.inventories())):
        return []
    held = [name for name, by in cls.writers.items() if name in given and all(one.name != "forward" for one in by)]
    methods = [method for method in cls.methods.values() if method.self_name is not None] if held else []
    filled = [(method.self_name, Filled(inventory_of(method.node))) for method in methods]
    return [
        attribute
        for attribute in held
        if all(one.holds_containers(f"{instance}.{attribute}") for instance, one in filled)
        and any(one.may_hold_modules(f"{instance}.{attribute}") for instance, one in filled)
    ]


def _given_containers(cls: ClassModel) -> Iterator[str]:
    """The attributes that are assigned what may be a container: a look that spares most classes."""
    for nodes in cls.inventories():
        assigned = [(target, value) for target, value in assignments(nodes) if value.__class__ in CONTAINERS]
        held = [(target.attr, value) for target, value in assigned if isinstance(target, ast.Attribute)]
        if held:
            # Names of what a sum or product may be made of count too, by way of further names.
            given = [(target.id, value) for target, value in assigned if isinstance(target, ast.Name)]
            names = {name for name, value in given if isinstance(value, ast.BinOp) or may_be_container(value, ())}
            yield from (attribute for attribute, value in held if may_be_container(value, names))


def _registers(nodes: Inventory) -> bool:
    """Whether a scope reads a name by which modules are registered one by one."""
    if _REGISTERING.isdisjoint(nodes.names) and _REGISTERING.isdisjoint(
        [node.attr for node in nodes.of(ast.Attribute)]
    ):
        return False
    return any(map(nodes.reads, _REGISTERING))


def _attribute(cls: ClassModel, attribute: str, outer: Frame) -> Iterator[Problem]:
    """The problem of one attribute: all that it is ever assigned are plain containers, and modules are put into it."""
    stored: list[tuple[ast.expr, Frame]] = []
    found: list[Content] = []
    for method in cls.methods.values():
        if method.self_name is None:
            continue
        if not any(node.attr == attribute for nodes in method.inventories() for node in nodes.of(ast.Attribute)):
            continue
        frame = outer.evaluator.frame(method)
        for nodes in method.inventories():
            for target, value in sorted(assignments(nodes), key=lambda one: one[1].lineno):
                if path(frame, target) == f"self.{attribute}":
                    stored.append((value, frame))
        found.extend(contents(frame, f"self.{attribute}"))
    if not stored or not all(is_known_container(frame, value) for value, frame in stored):
        return
    fresh = [content for content in found if content.fresh]
    weighted = [content for content in fresh if _has_weights(content)]
    hidden = _is_hidden(stored[0][0], found)
    if not weighted or hidden or not all(_is_harmless(cls, attribute, node) for node in _loads(cls, attribute)):
        return
    container = _container(stored, found) if len(stored) == 1 else ""
    value, frame = stored[0]
    fix = None
    if container and all(_fits(cls, node) for node in _loads(cls, attribute)):
        wrapped = container

        def fix(editor: Editor) -> None:
            nn = editor.import_module("torch.nn", scope_names=frame.local_names)
            editor.wrap(value, f"{nn}.{wrapped}(", ")")

    parameters = all(is_parameter(content.value) for content in weighted)
    message = "Parameters in a plain list are not registered: never trained, saved or moved" if parameters else ""
    yield Problem(value, message, fix, Changes("they are trained, saved and moved with the model"))


def _is_hidden(value: ast.expr, found: list[Content]) -> bool:
    """Whether a list of one, `[teacher]`, keeps a module from being registered, as is done on purpose."""
    return isinstance(value, ast.List | ast.Tuple) and len(value.elts) == 1 == len(found)


def _has_weights(content: Content) -> bool:
    return is_parameter(content.value) or has_parameters(content.frame, content.value)


def _container(stored: list[tuple[ast.expr, Frame]], found: list[Content]) -> str:
    """The class of `torch.nn` that can hold all of this; empty where none can."""
    keyed = {content.keyed for content in found}
    if len(keyed) != 1 or any(content.nested for content in found):
        return ""
    if all(is_parameter(content.value) for content in found):
        return "" if True in keyed else "ParameterList"
    if not all(is_module(content.frame, content.value) for content in found):
        return ""
    return "ModuleDict" if True in keyed else "ModuleList"


def _loads(cls: ClassModel, attribute: str) -> Iterator[ast.Attribute]:
    for method in cls.methods.values():
        for node in trees.walk(method.node):
            if isinstance(node, ast.Attribute) and node.attr == attribute and isinstance(node.ctx, ast.Load):
                yield node


def _is_harmless(cls: ClassModel, attribute: str, node: ast.Attribute) -> bool:
    """Whether a use of the attribute cannot register what is in it."""
    above = parents(cls.module)
    whole: ast.AST = node
    while (copy := _copied(whole, above)) is not None:
        whole = copy
    parent = above.get(whole)
    if isinstance(parent, ast.Starred):
        return False
    if isinstance(parent, ast.Subscript) and whole is parent.value and not isinstance(parent.slice, ast.Slice):
        return not _is_handed_over(parent, above.get(parent))
    if isinstance(parent, ast.Call) and whole is not parent.func:
        return isinstance(parent.func, ast.Name) and parent.func.id in _READERS
    return not isinstance(parent, ast.keyword | ast.Return | ast.Assign)


def _is_handed_over(element: ast.Subscript, parent: ast.AST | None) -> bool:
    """Whether one element is given to a call, or to an attribute, either of which may register it."""
    if isinstance(parent, ast.Call):
        return element is not parent.func and not (isinstance(parent.func, ast.Name) and parent.func.id in _READERS)
    return isinstance(parent, ast.Assign) and any(isinstance(target, ast.Attribute) for target in parent.targets)


def _copied(node: ast.AST, above: Mapping[ast.AST, ast.AST]) -> ast.expr | None:
    """The expression around one that has the same modules in it: `x.values()`, `list(x)`, `[layer for layer in x]`."""
    outer = above.get(node)
    if isinstance(outer, ast.Call) and isinstance(outer.func, ast.Name) and node is not outer.func:
        return outer if outer.func.id in _COPIES else None
    if isinstance(outer, ast.Attribute) and outer.attr == "values":
        call = above.get(outer)
        return call if isinstance(call, ast.Call) and call.func is outer else None
    if isinstance(outer, ast.comprehension) and node is outer.iter and isinstance(outer.target, ast.Name):
        made = above.get(outer)
        if isinstance(made, ast.ListComp | ast.GeneratorExp) and isinstance(made.elt, ast.Name):
            return made if made.elt.id == outer.target.id else None
    return None


def _fits(cls: ClassModel, node: ast.Attribute) -> bool:
    """Whether a use of the attribute means the same for a container of `torch.nn`."""
    parent = parents(cls.module).get(node)
    if isinstance(parent, ast.Attribute):
        return parent.attr in _METHODS
    return isinstance(parent, ast.For | ast.comprehension | ast.Call | ast.Subscript)
