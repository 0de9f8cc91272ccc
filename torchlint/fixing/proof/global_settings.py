"""What a file sets for all that torch computes: the dtype and the device of what is made, and of operations."""

from __future__ import annotations

import ast

from torchlint.syntax.module import Module
from torchlint.syntax.names import last_name
from torchlint.syntax.per_file import once_per_file

_DEVICE_CONTEXTS = frozenset({"device", "DeviceContext"})


def uses_autocast(module: Module) -> bool:
    """Whether operations may be given another dtype by their name."""
    return "autocast" in module.vocabulary


def sets_default_dtype(module: Module) -> bool:
    return not module.vocabulary.isdisjoint({"set_default_dtype", "set_default_tensor_type"})


@once_per_file
def sets_default_device(module: Module) -> bool:
    """Whether something is made on another device than the CPU without saying so: `with torch.device("cuda"):`."""
    if "set_default_device" in module.vocabulary:
        return True
    return "device" in module.vocabulary and any(
        isinstance(node, ast.With) and any(_is_device_context(item.context_expr) for item in node.items)
        for node in ast.walk(module.tree)
    )


def _is_device_context(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and last_name(node.func) in _DEVICE_CONTEXTS
