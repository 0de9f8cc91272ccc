"""What a name holds that is not local: of an enclosing function, the module, another file of the project, a builtin."""

from __future__ import annotations

import ast
import builtins

from torchlint.values.interpret.frame import Frame, enclosing
from torchlint.values.value import UNKNOWN, External, Value

_BUILTINS = frozenset(dir(builtins))
# What the modules of rules call torch (`torchlint.lazy`).
_STAND_INS = {"torchlint.rule.torch": "torch", "torchlint.rule.F": "torch.nn.functional"}


def peek(frame: Frame, node: ast.expr) -> Value:
    """The value of a dotted name, without leaving a trace in the frame."""
    if isinstance(node, ast.Name):
        return frame.env.get(node.id) or outer_value(frame, node.id)
    if isinstance(node, ast.Attribute):
        base = peek(frame, node.value)
        if isinstance(base, External):
            return external(frame, f"{base.qualname}.{node.attr}", node)
    return UNKNOWN


def outer_value(frame: Frame, name: str) -> Value:
    """What a name that is not local holds: of an enclosing function, the module, or a builtin."""
    if frame.function is not None and name in frame.function.locals:
        return UNKNOWN
    for outer in enclosing(frame):
        value = outer.all_bindings(name)
        if value is not None:
            return value
        if outer.function is not None and name in outer.function.locals:
            return UNKNOWN
    module = frame.evaluator.surroundings(frame.module)
    value = module.all_bindings(name) if module is not frame else None
    if value is not None:
        return value
    return External(f"builtins.{name}") if name in _BUILTINS else UNKNOWN


def external(frame: Frame, qualname: str, node: ast.AST | None) -> Value:
    """The value of a dotted name from outside the file: what the project defines under it, or the name itself."""
    for stand_in, module in _STAND_INS.items() if qualname.startswith("torchlint.") else ():
        if qualname == stand_in or qualname.startswith(f"{stand_in}."):
            return External(module + qualname[len(stand_in) :], node)
    if frame.evaluator.project is not None and not qualname.startswith(("torch.", "builtins.")):
        found = frame.evaluator.project.lookup(frame, qualname)
        if found is not None:
            return found
    return External(qualname, node)


def resolved(frame: Frame, value: External) -> Value:
    """What a dotted name of a frame's module holds: a definition of the project, or the name itself."""
    return external(frame, value.qualname, value.node)
