"""What objects that hold settings have under a name: namespaces, dataclasses and parsed command lines."""

from __future__ import annotations

import ast

from torchlint.syntax.module import ClassModel
from torchlint.values.interpret.arguments import Arguments, apply
from torchlint.values.interpret.frame import Frame, frame_of
from torchlint.values.interpret.lookup import peek
from torchlint.values.value import Call, Constant, External, Instance, Mapped, Method, Parameter, Value

_NAMESPACES = frozenset({"types.SimpleNamespace", "argparse.Namespace", "easydict.EasyDict", "munch.Munch"})
# Those of which an attribute is missing that they were not made with.
_PLAIN = frozenset({"types.SimpleNamespace", "argparse.Namespace"})
_PARSER = "argparse.ArgumentParser"
# What a flag is where it is not given.
_FLAGS: dict[object, bool] = {"store_true": False, "store_false": True}


def setting(frame: Frame, base: Call, name: str, node: ast.AST) -> Value | None:
    """An attribute of what a call made: of a namespace what it was made with, of a parsed command line a value that
    may be the default; None where nothing is known of it."""
    if name in frame.module.foreign_writes:
        return None
    if base.qualname in _NAMESPACES and base.known:
        first = base.args[0] if base.args else None
        return base.keywords.get(name) or (first.items.get(name) if isinstance(first, Mapped) else None)
    parser = base.callee.receiver if isinstance(base.callee, Method) else None
    if not isinstance(parser, Call) or parser.qualname != _PARSER or not isinstance(base.callee, Method):
        return None
    default = _default_in(parser, name) if base.callee.name == "parse_args" else None
    # As of a parameter, a literal is remembered and not taken for the value: it would decide tests.
    return Parameter(name, None, node, None, default) if default is not None else None


def lacks(frame: Frame, base: Value, name: str) -> bool:
    """Whether a namespace was certainly made without a name, and is not given it later."""
    if not isinstance(base, Call) or base.qualname not in _PLAIN or not base.known or base.args:
        return False
    return name not in base.keywords and name not in frame.module.foreign_writes


def _default_in(parser: Call, name: str) -> Constant | None:
    """The literal that an option of a command line is where it is not given."""
    frame = frame_of(parser)
    for node, callee in frame.callees.items() if frame is not None else ():
        if not isinstance(callee, Method) or callee.receiver is not parser or callee.name != "add_argument":
            continue
        made = frame.values.get(node) if frame is not None else None
        if isinstance(made, Call) and _is_named(made, name):
            action = made.keywords.get("action")
            flag = _FLAGS.get(action.value) if isinstance(action, Constant) else None
            default = made.keywords.get("default", Constant(flag) if flag is not None else None)
            return default if isinstance(default, Constant) and default.value is not None else None
    return None


def _is_named(option: Call, name: str) -> bool:
    """Whether an option is kept under a name: `dest`, the first long flag, or else the first one."""
    dest = option.keywords.get("dest")
    if dest is not None:
        return isinstance(dest, Constant) and dest.value == name
    flags = [str(arg.value) for arg in option.args if isinstance(arg, Constant)]
    long = [flag for flag in flags if flag.startswith("--")]
    return any(flag.lstrip("-").replace("-", "_") == name for flag in (long or flags)[:1])


def field(frame: Frame, instance: Instance, name: str) -> Value | None:
    """A field of an instance of a dataclass without bases: what it was made with, or its default; None for others."""
    cls = instance.cls
    if instance.args is None or cls.node.bases or "__init__" in cls.methods or not cls.node.decorator_list:
        return None
    names = [
        statement.target.id
        for statement in cls.node.body
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
    ]
    outer = frame.evaluator.surroundings(cls.module)
    if name not in names or not _is_dataclass(outer, cls) or name in cls.module.foreign_writes:
        return None
    if name in instance.keywords:
        return instance.keywords[name]
    position = names.index(name)
    if position < len(instance.args):
        return instance.args[position]
    return _made(outer, cls.constants[name]) if name in cls.constants else None


def _is_dataclass(outer: Frame, cls: ClassModel) -> bool:
    decorators = [node.func if isinstance(node, ast.Call) else node for node in cls.node.decorator_list]
    held = [peek(outer, node) for node in decorators]
    return any(isinstance(value, External) and value.qualname == "dataclasses.dataclass" for value in held)


def _made(outer: Frame, default: ast.expr) -> Value | None:
    """The default of a field, `field(default=..)` and `field(default_factory=..)` too."""
    value = outer.value(default)
    if not isinstance(value, Call) or value.qualname != "dataclasses.field":
        return value
    factory = value.keywords.get("default_factory")
    if factory is not None and isinstance(default, ast.Call):
        return apply(outer, factory, Arguments([], []), default)
    return value.keywords.get("default")
