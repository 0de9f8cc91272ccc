"""What a method does to the instance that it runs on."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.syntax.inventory import Inventory, inventory_of
from torchlint.syntax.module import ClassModel, FunctionModel
from torchlint.syntax.trees import is_attribute_of
from torchlint.values.interpret import classes
from torchlint.values.interpret.frame import Frame


def leaves_attributes(frame: Frame, cls: ClassModel, method: FunctionModel) -> bool:
    """Whether a method of an instance of a class certainly assigns none of its attributes, nor lets another method do
    so: most that set up weights do that."""
    known = frame.evaluator.known.leaving
    key = (cls, method)
    if key not in known:
        known[key] = all(_assigns_nothing(one) for one in _reached(frame, cls, method))
    return known[key]


def _reached(frame: Frame, cls: ClassModel, method: FunctionModel) -> Iterator[FunctionModel]:
    """A method and those of the same instance that it names, and that these name."""
    ancestors = [ancestor for ancestor in classes.lineage(frame, cls) if isinstance(ancestor, ClassModel)]
    seen = {method}
    stack = [method]
    while stack:
        current = stack.pop()
        yield current
        named = {node.attr for node in inventory_of(current.node).of(ast.Attribute)}
        found = {ancestor.methods[name] for ancestor in ancestors for name in named & ancestor.methods.keys()}
        stack.extend(found - seen)
        seen |= found


def _assigns_nothing(method: FunctionModel) -> bool:
    """Whether what a method itself does leaves the attributes alone."""
    name = method.self_name
    if name is None or any(
        is_attribute_of(node, name) for nodes in method.inventories() for node in nodes.stored_attributes()
    ):
        return False
    nodes = inventory_of(method.node)
    return "getattr" not in nodes.names and _is_only_passed(name, nodes)


def _is_only_passed(name: str, nodes: Inventory) -> bool:
    """Whether an instance is named only to get at an attribute or to be given to a function, never to be called."""
    places = sum(is_attribute_of(node, name) for node in nodes.of(ast.Attribute))
    for call in nodes.of(ast.Call):
        if isinstance(call.func, ast.Name):
            places += sum(isinstance(arg, ast.Name) and arg.id == name for arg in call.args)
    return places == sum(node.id == name for node in nodes.of(ast.Name))
