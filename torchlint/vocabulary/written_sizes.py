"""Whether numbers are written as sizes where a function can be seen to get them wrong: in shapes, layers or data."""

from __future__ import annotations

import ast

from torchlint.rule import Frame, Module, inventory_of, last_name, once_per_file, ops, trees

# Operations that are told sizes, and layers that are made with them: their arguments that may be sizes.
_SHAPED = ops.words(*ops.that(shape=("size", "wanted", "steps")), "arange", "Unflatten", "unflatten")
_LAYERS = ops.that(weights=True)
_FIRST = 2
_ANNOTATIONS = "jaxtyping"
_LOADER = "DataLoader"


def writes_sizes(frame: Frame) -> bool:
    """Whether a function gives a shape with a number in it, goes over data, or has layers made with numbers, or that
    double a size."""
    function, module = frame.function, frame.module
    if _ANNOTATIONS in module.vocabulary or _has_numbers(frame.words, frame.scope, module):
        return True
    if goes_over_data(frame):
        return True
    init = function.cls.methods.get("__init__") if function is not None and function.cls is not None else None
    return init is not None and function is not init and _has_numbers(init.scope.words, init.node, module)


def goes_over_data(frame: Frame) -> bool:
    """Whether a function has a loop, in a file that names a loader."""
    return _LOADER in frame.module.vocabulary and any(isinstance(each, ast.For) for each in frame.statements)


def _has_numbers(words: frozenset[str], scope: ast.AST, module: Module) -> bool:
    """Whether a scope gives a shape with a number in it, or makes a layer with one."""
    if _SHAPED.isdisjoint(words) and _LAYERS.isdisjoint(words):
        return False
    known = _known(module)
    if scope not in known:
        known[scope] = any(_is_sized(call, _numbers(module)) for call in inventory_of(scope).of(ast.Call))
    return known[scope]


@once_per_file
def _known(_: Module) -> dict[ast.AST, bool]:
    """What was found out about the scopes of a file."""
    return {}


def _is_sized(call: ast.Call, numbers: frozenset[str]) -> bool:
    name = last_name(call.func)
    if name not in _SHAPED and name not in _LAYERS:
        return False
    given: list[ast.AST] = [*call.args, *(keyword.value for keyword in call.keywords)]
    if name in _LAYERS:
        if any(_doubles(keyword) for keyword in call.keywords):
            return True
        del given[_FIRST:]
    while given:
        part = given.pop()
        if isinstance(part, ast.Tuple | ast.List | ast.BinOp):
            given += trees.children(part)
        elif _is_number(part, numbers):
            return True
    return False


def _doubles(keyword: ast.keyword) -> bool:
    """Whether a recurrent layer goes both ways, and so gives twice its hidden size."""
    return keyword.arg == "bidirectional" and isinstance(keyword.value, ast.Constant) and keyword.value.value is True


def _is_number(node: ast.AST, numbers: frozenset[str]) -> bool:
    """Whether a size is a number above 1: 1 and -1 are fine for most operations."""
    if isinstance(node, ast.Constant):
        return type(node.value) is int and node.value > 1
    return isinstance(node, ast.Name) and node.id in numbers


@once_per_file
def _numbers(module: Module) -> frozenset[str]:
    """The names that some statement of a file gives a number above 1."""
    assigned = (each for scope in module.all_scopes for each in scope.statements if isinstance(each, ast.Assign))
    targets = (each.targets for each in assigned if _is_number(each.value, frozenset()))
    return frozenset(target.id for each in targets for target in each if isinstance(target, ast.Name))
