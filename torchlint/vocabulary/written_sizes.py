"""Whether sizes are written where a function can be seen to get them wrong: numbers and names in shapes, layers that are
made with numbers, data whose shape is known."""

from __future__ import annotations

import ast

from torchlint.rule import Frame, inventory_of, last_name, ops

# Operations that are told sizes, or that demand that those of their operands agree.
_SIZED = ops.words("einsum", *ops.that(shape=("size", "wanted", "product", "batched product", "steps")))
_LAYERS = ops.that(weights=True)
_LOADER = "DataLoader"


def writes_sizes(frame: Frame) -> bool:
    """Whether a function says something of sizes itself, goes over data, or has layers that are made with numbers."""
    function = frame.function
    if not _SIZED.isdisjoint(frame.words):
        return True
    if _LOADER in frame.module.vocabulary and any(isinstance(each, ast.For) for each in frame.statements):
        return True
    if function is None or function.cls is None:
        return _makes_numbered_layers(frame.words, frame.scope)
    init = function.cls.methods.get("__init__")
    return init is not None and function is not init and _makes_numbered_layers(init.scope.words, init.node)


def _makes_numbered_layers(words: frozenset[str], scope: ast.AST) -> bool:
    """Whether a scope makes a layer with a number for what it takes or gives."""
    return not _LAYERS.isdisjoint(words) and any(
        last_name(call.func) in _LAYERS and any(map(_is_number, call.args[:2]))
        for call in inventory_of(scope).of(ast.Call)
    )


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int
