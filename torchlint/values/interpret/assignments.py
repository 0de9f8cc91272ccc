"""Assignment, mutation and what a loop may change."""

from __future__ import annotations

import ast
from typing import Any

from torchlint.syntax import trees
from torchlint.torch_facts import spelled
from torchlint.values import facts
from torchlint.values.compare import join
from torchlint.values.interpret import lists, model_heads
from torchlint.values.interpret.frame import Frame, path
from torchlint.values.interpret.operators import arithmetic
from torchlint.values.value import (
    Call,
    Choice,
    ClassRef,
    Constant,
    Element,
    External,
    Field,
    Instance,
    Item,
    Items,
    Layer,
    Mapped,
    Mutated,
    Op,
    Unknown,
    Value,
)

# What a node changes, and whether it is a call of a method that does.
_Change = tuple[ast.expr, bool]
_BINDING = ast.Lambda | ast.NamedExpr | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_LOOPS = frozenset({ast.For, ast.AsyncFor, ast.While})
_SCOPES = frozenset({ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda})
# Where the changes in a statement are kept, on its node.
_CHANGES = "_torchlint_changes"

# Methods of lists, sets and dicts that change their receiver.
MUTATORS = frozenset(
    {
        "append",
        "extend",
        "insert",
        "pop",
        "remove",
        "clear",
        "sort",
        "reverse",
        "update",
        "add",
        "discard",
        "setdefault",
        "popitem",
    }
)
# A method that is called on one of these is the object's own: it leaves a name bound to the same object.
_OBJECTS = Instance | ClassRef | External
_WITHOUT_STORAGE = frozenset({Constant, External, Layer, Instance, ClassRef})
# What may share the memory of another value, see `facts.storage`.
_SHARING = frozenset({Op, Element, Item, Field})


def store(frame: Frame, target: ast.expr, value: Value) -> None:
    """Assign a value to a target."""
    match target:
        case ast.Name():
            frame.bind(target.id, value)
        case ast.Tuple() | ast.List():
            _unpack(frame, target.elts, value)
        case ast.Starred():
            store(frame, target.value, Unknown(target, frame))
        case ast.Subscript():
            _store_item(frame, target, value)
        case _:
            key = path(frame, target)
            if key is not None:
                frame.bind(key, value)
            elif isinstance(target, ast.Attribute):
                base = frame.value(target.value)
                if target.attr == "data":
                    mutate(frame, base, target)
                else:
                    model_heads.replace_head(frame, base, target.attr, value)


def _unpack(frame: Frame, targets: list[ast.expr], value: Value) -> None:
    starred = any(isinstance(target, ast.Starred) for target in targets)
    for position, target in enumerate(targets):
        element = Unknown(target, frame) if starred else project(frame, value, position, len(targets), target)
        store(frame, target, element)


def project(frame: Frame, value: Value, position: int, count: int, node: ast.AST) -> Value:
    """The element of a value that is unpacked into `count` targets."""
    if isinstance(value, Choice):
        return join(*(project(frame, member, position, count, node) for member in value.members))
    if isinstance(value, Items):
        return value.items[position] if len(value.items) == count else Unknown(node, frame)
    if isinstance(value, Item):
        return _project_item(frame, value, position, count, node)
    if isinstance(value, Op) and value.name == "shape":
        return Op("size", {"input": value.input, "dim": Constant(position)}, {}, value.form, node, frame)
    if isinstance(value, Op | Call | Element):
        return Element(value, position, node, frame)
    return Unknown(node, frame)


def _project_item(frame: Frame, value: Item, position: int, count: int, node: ast.AST) -> Value:
    """`for i, x in enumerate(xs)` and `for x, y in zip(xs, ys)` see through to what is iterated."""
    source = value.iterable
    if isinstance(source, Call) and source.known and not source.keywords:
        if source.qualname == "builtins.zip" and len(source.args) == count:
            return lists.taken(source.args[position], node, frame)
        if source.qualname == "builtins.enumerate" and position == 1 and count == 2:
            return lists.taken(source.args[0], node, frame)
    return Element(value, position, node, frame)


def _store_item(frame: Frame, target: ast.Subscript, value: Value) -> None:
    base = frame.value(target.value)
    index = frame.value(target.slice)
    if isinstance(base, Mapped) and isinstance(index, Constant):
        frame.substitute(base, Mapped({**base.items, index.value: value}, base.node, frame))
    elif isinstance(base, Layer) and base.children:
        frame.substitute(base, lists.with_replaced(base, index, value))
    else:
        model_heads.replace_last(frame, base, index, value)
        mutate(frame, base, target)


def mutate(frame: Frame, value: Value, node: ast.AST) -> None:
    """Note that the contents of a value change: every name that shares its memory holds something else now."""
    for member in value.members if isinstance(value, Choice) else (value,):
        root = facts.storage(member)
        for held in {id(held): held for held in frame.env.values()}.values():
            if held.__class__ in _WITHOUT_STORAGE:
                continue
            if held is root or (held.__class__ in _SHARING and facts.storage(held) is root):
                frame.substitute(held, Mutated(held, node, frame))


def augment(frame: Frame, statement: ast.AugAssign) -> None:
    """`x += y`: in place where `x` is a tensor, so that its other names change with it."""
    right = frame.value(statement.value)
    key = path(frame, statement.target)
    if key is None:
        if isinstance(statement.target, ast.Subscript):
            _store_item(frame, statement.target, Unknown(statement, frame))
        return
    old = frame.load(key, statement.target) or Unknown(statement.target, frame)
    name = spelled.BINARY[type(statement.op)]
    longer = lists.extended(old, right, statement, frame) if name == "add" else None
    if longer is not None:
        frame.substitute(old, longer)
        return
    new = arithmetic(name, old, right, statement.target, statement.value, statement, frame)
    if not isinstance(old, Constant):
        mutate(frame, old, statement)
    frame.bind(key, new)


def is_steady(statement: ast.stmt) -> bool:
    """Whether a statement without blocks evaluates all parts of its expression while the names hold what they held
    before it."""
    if not isinstance(statement, ast.Assign | ast.Return | ast.Expr) or statement.value is None:
        return False
    for node in trees.walk(statement.value):
        if isinstance(node, _BINDING):
            return False
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_mutator(node.func.attr):
            return False
    return True


def changed_names(frame: Frame, loop: ast.stmt) -> list[str]:
    """The keys of the environment that a loop may change, in order of appearance."""
    names: dict[str, None] = {}
    for target, called in changes_in(loop):
        key = path(frame, target)
        # `self.update(..)` is a method of the class, not that of a dict.
        if key is not None and not (called and isinstance(frame.env.get(key), _OBJECTS)):
            names[key] = None
    return list(names)


def changes_in(statement: ast.stmt) -> list[_Change]:
    """What a statement may change, kept on its node: loops lie in loops, and functions are evaluated for many calls."""
    known: list[_Change] | None = statement.__dict__.get(_CHANGES)
    if known is not None:
        return known
    found = statement.__dict__[_CHANGES] = []
    stack: list[ast.AST] = [statement]
    while stack:
        node: Any = stack.pop()
        kind = node.__class__
        if kind is ast.Constant:
            continue
        if kind is ast.Name:
            if node.ctx.__class__ is not ast.Load:
                found.append((node, False))
            continue
        if kind in _LOOPS and node is not statement:
            found += changes_in(node)
            continue
        if kind is ast.Attribute and node.ctx.__class__ is not ast.Load:
            found.append((node, False))
        elif kind is ast.Subscript and node.ctx.__class__ is not ast.Load:
            found.append((node.value, False))
        elif kind is ast.Call and isinstance(node.func, ast.Attribute) and _is_mutator(node.func.attr):
            found.append((node.func.value, True))
        if kind not in _SCOPES:
            stack += trees.children(node)
    return found


def _is_mutator(name: str) -> bool:
    return name in MUTATORS or name == "add_module" or (name.endswith("_") and not name.endswith("__"))
