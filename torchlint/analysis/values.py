"""What an expression holds, spelling gone.

A value is an operation with its arguments bound to parameter names, a constant, a parameter, a layer, an instance, a
class, a function, a sequence, something outside the file, a choice between values, or unknown. Two values are the same
if they are one object or are built alike from the same values by operations without effects.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from torchlint.analysis import families

if TYPE_CHECKING:
    from torchlint.analysis.frame import Frame
    from torchlint.analysis.scout import ClassModel, FunctionModel


class Value:
    """Something that an expression may hold. `node` is the expression that made it, `frame` where it was made."""

    __slots__ = ("frame", "memo", "node")

    # Values are so many that all classes below set these three by themselves: a call of this costs as much again.
    def __init__(self, node: ast.AST | None = None, frame: Frame | None = None) -> None:
        self.node = node
        self.frame = frame
        self.memo: dict[str, object] | None = None  # facts that were asked for: values are shared, and so deep


class Unknown(Value):
    """Nothing is known: an answer, not a failure."""

    __slots__ = ()


class Parameter(Value):
    """A parameter of the function under evaluation, of which no call is known."""

    __slots__ = ("annotation", "name")

    def __init__(self, name: str, annotation: ast.expr | None, node: ast.AST | None, frame: Frame | None) -> None:
        self.node, self.frame, self.memo = node, frame, None
        self.name = name
        self.annotation = annotation


class Super(Value):
    """`super()` in a method: the attributes of the bases of a class, bound to an instance."""

    __slots__ = ("cls", "instance")

    def __init__(self, cls: ClassModel, instance: Value | None, node: ast.AST | None) -> None:
        self.node, self.frame, self.memo = node, None, None
        self.cls = cls
        self.instance = instance


class Constant(Value):
    """A literal: None, bool, int, float, complex, str, bytes or Ellipsis."""

    __slots__ = ("value",)

    def __init__(self, value: object, node: ast.AST | None = None) -> None:
        self.node, self.frame, self.memo = node, None, None
        self.value = value


class Op(Value):
    """A torch operation, or a Python operator, with its arguments bound to parameter names.

    `name` is canonical (`softmax`, `linalg.norm`, `add`); `nodes` gives the expression each argument was written as,
    where there is one; `form` is how the operation was spelled: `torch`, `F`, `Tensor`, `operator` or `module`.
    """

    __slots__ = ("args", "form", "grad", "layer", "name", "nodes", "statement")

    def __init__(
        self,
        name: str,
        args: dict[str, Value],
        nodes: dict[str, ast.expr],
        form: str,
        node: ast.AST | None = None,
        frame: Frame | None = None,
    ) -> None:
        self.node, self.frame, self.memo = node, frame, None
        self.name = name
        self.args = args
        self.nodes = nodes
        self.form = form
        self.layer: Layer | None = None
        self.statement: ast.stmt | None = frame.statement if frame else None
        self.grad = frame.grad if frame else True

    @property
    def input(self) -> Value:
        return self.args.get("input", UNKNOWN)

    def constant(self, name: str, default: object = None) -> object:
        """The literal of an argument; `default` if it was not given, `UNKNOWN` if its value is not known."""
        arg = self.args.get(name)
        return default if arg is None else arg.value if isinstance(arg, Constant) else UNKNOWN


class Element(Value):
    """One element of what an operation or a call returns: by position, or by key or field name."""

    __slots__ = ("base", "key")

    def __init__(self, base: Value, key: int | str, node: ast.AST | None, frame: Frame | None) -> None:
        self.node, self.frame, self.memo = node, frame, None
        self.base = base
        self.key = key


class Item(Value):
    """What a `for` loop takes from its iterable, one after the other."""

    __slots__ = ("iterable",)

    def __init__(self, iterable: Value, node: ast.AST | None, frame: Frame | None) -> None:
        self.node, self.frame, self.memo = node, frame, None
        self.iterable = iterable


class LoopCarried(Value):
    """A name that a loop assigns, as it is at the head of the loop: `initial` or what an earlier turn left."""

    __slots__ = ("initial",)

    def __init__(self, initial: Value | None, node: ast.AST | None, frame: Frame | None) -> None:
        self.node, self.frame, self.memo = node, frame, None
        self.initial = initial


class Mutated(Value):
    """A value after something was written into it in place: its facts stay, its contents are not known."""

    __slots__ = ("base",)

    def __init__(self, base: Value, node: ast.AST | None, frame: Frame | None) -> None:
        self.node, self.frame, self.memo = node, frame, None
        self.base = base


class Field(Value):
    """An attribute of a value that is not resolved further."""

    __slots__ = ("base", "name")

    def __init__(self, base: Value, name: str, node: ast.AST | None, frame: Frame | None) -> None:
        self.node, self.frame, self.memo = node, frame, None
        self.base = base
        self.name = name


class Call(Value):
    """A call whose result is not known. It may have effects, so that two of them are never the same value."""

    __slots__ = ("args", "callee", "keywords", "known")

    def __init__(
        self,
        callee: Value,
        args: Sequence[Value],
        keywords: Mapping[str, Value],
        node: ast.AST | None,
        frame: Frame | None,
        known: bool = True,
    ) -> None:
        self.node, self.frame, self.memo = node, frame, None
        self.callee = callee
        self.args = tuple(args)
        self.keywords = dict(keywords)
        self.known = known  # False where `*args` or `**kwargs` may bring more

    @property
    def qualname(self) -> str:
        return self.callee.qualname if isinstance(self.callee, External) else ""


class Items(Value):
    """A tuple, list or set display whose elements are known; `kind` is `tuple`, `list` or `set`."""

    __slots__ = ("items", "kind")

    def __init__(self, items: Sequence[Value], kind: str, node: ast.AST | None, frame: Frame | None) -> None:
        self.node, self.frame, self.memo = node, frame, None
        self.items = tuple(items)
        self.kind = kind


class Mapped(Value):
    __slots__ = ("items",)

    def __init__(self, items: Mapping[Any, Value], node: ast.AST | None, frame: Frame | None) -> None:
        self.node, self.frame, self.memo = node, frame, None
        self.items = dict(items)


class Layer(Value):
    """An instance of a class of `torch.nn`: `name` is `Softmax` for `torch.nn.Softmax`.

    `complete` is False where `*args` or `**kwargs` may have set more than `args` shows.
    """

    __slots__ = ("args", "children", "complete", "name", "nodes")

    def __init__(
        self,
        name: str,
        args: dict[str, Value],
        nodes: dict[str, ast.expr],
        node: ast.AST | None,
        frame: Frame | None,
        complete: bool = True,
    ) -> None:
        self.node, self.frame, self.memo = node, frame, None
        self.name = name
        self.args = args
        self.nodes = nodes
        self.complete = complete
        self.children: tuple[Value, ...] = ()  # of a Sequential


class Instance(Value):
    """An instance of a class of the project. `args` are None where no constructor call is known (`self`)."""

    __slots__ = ("args", "cls", "keywords")

    def __init__(
        self,
        cls: ClassModel,
        args: Sequence[Value] | None,
        keywords: Mapping[str, Value] | None,
        node: ast.AST | None,
        frame: Frame | None,
    ) -> None:
        self.node, self.frame, self.memo = node, frame, None
        self.cls = cls
        self.args = None if args is None else tuple(args)
        self.keywords = dict(keywords or {})


class ClassRef(Value):
    """A class of the project."""

    __slots__ = ("cls",)

    def __init__(self, cls: ClassModel) -> None:
        self.node, self.frame, self.memo = cls.node, None, None
        self.cls = cls


class FunctionRef(Value):
    """A function of the project, bound to an instance if it is a method that was looked up on one."""

    __slots__ = ("bound", "closure", "function")

    def __init__(self, function: FunctionModel, bound: Value | None = None, closure: Frame | None = None) -> None:
        self.node, self.frame, self.memo = function.node, None, None
        self.function = function
        self.bound = bound
        self.closure = closure


class External(Value):
    """Something outside the project, by its dotted name: `torch.nn.functional.softmax`, `builtins.len`."""

    __slots__ = ("qualname",)

    def __init__(self, qualname: str, node: ast.AST | None = None) -> None:
        self.node, self.frame, self.memo = node, None, None
        self.qualname = qualname


class Method(Value):
    """An attribute of a value that is about to be called, such as `x.softmax`."""

    __slots__ = ("name", "receiver")

    def __init__(self, receiver: Value, name: str, node: ast.AST | None, frame: Frame | None) -> None:
        self.node, self.frame, self.memo = node, frame, None
        self.receiver = receiver
        self.name = name


class Choice(Value):
    """One of several values, depending on the path taken. Never nested."""

    __slots__ = ("members",)

    def __init__(self, members: Sequence[Value]) -> None:
        self.node, self.frame, self.memo = None, None, None
        self.members = tuple(members)


UNKNOWN = Unknown()
_MAX_MEMBERS, _MAX_COMPARISONS = 8, 400


def same(a: Value, b: Value) -> bool:
    """Whether two values are certainly the same. Where that takes too long to tell, they are not."""
    return _same(a, b, [_MAX_COMPARISONS]) if a.__class__ in _ALIKE else a is b and a is not UNKNOWN


def _same(a: Value, b: Value, left: list[int]) -> bool:
    if a is b:
        return a is not UNKNOWN
    left[0] -= 1
    if a.__class__ is not b.__class__ or left[0] <= 0:
        return False
    alike = _ALIKE.get(a.__class__)
    return alike is not None and alike(a, b, left)


def _same_layers(a: Layer, b: Layer, left: list[int]) -> bool:
    known = a.name == b.name and a.complete and b.complete and _same_args(a.args, b.args, left)
    return known and _all_same(a.children, b.children, left)


# How two values of a class are built alike. Values of other classes are the same only as themselves.
_ALIKE: dict[type[Value], Callable[[Any, Any, list[int]], bool]] = {
    Constant: lambda a, b, left: type(a.value) is type(b.value) and a.value == b.value,
    Op: lambda a, b, left: a.name == b.name and families.is_pure(a.name) and _same_args(a.args, b.args, left),
    Element: lambda a, b, left: a.key == b.key and _same(a.base, b.base, left),
    Field: lambda a, b, left: a.name == b.name and _same(a.base, b.base, left),
    Items: lambda a, b, left: a.kind == b.kind and _all_same(a.items, b.items, left),
    External: lambda a, b, left: a.qualname == b.qualname,
    ClassRef: lambda a, b, left: a.cls is b.cls,
    FunctionRef: lambda a, b, left: a.function is b.function and a.bound is b.bound,
    Layer: _same_layers,
}


def _same_args(a: Mapping[str, Value], b: Mapping[str, Value], left: list[int]) -> bool:
    return a.keys() == b.keys() and _all_same([*a.values()], [b[key] for key in a], left)


def _all_same(a: Sequence[Value], b: Sequence[Value], left: list[int]) -> bool:
    return len(a) == len(b) and all(_same(x, y, left) for x, y in zip(a, b, strict=True))


def join(*values: Value) -> Value:
    """The value where paths meet: the one value if all agree, else a choice."""
    found: list[Value] = []
    for member in [member for value in values for member in members(value)]:
        for known in found:
            if member is known or (member.__class__ is known.__class__ and same(member, known)):
                break
        else:
            if len(found) == _MAX_MEMBERS:
                return Unknown()
            found.append(member)
    return found[0] if len(found) == 1 else Choice(found)


def members(value: Value) -> tuple[Value, ...]:
    return value.members if isinstance(value, Choice) else (value,)


def agree(value: Value, holds: Callable[[Value], bool]) -> bool:
    """Whether something holds of all `members`, all values that this one may be."""
    return all(holds(member) for member in members(value))


def walk(value: Value) -> Iterator[Value]:
    """A value and the values that it is made of (its `children`), each once."""
    seen: set[Value] = set()
    stack = [value]
    while stack:
        current = stack.pop()
        if current not in seen:
            seen.add(current)
            yield current
            stack.extend(reversed(children(current)))


def children(value: Value) -> tuple[Value, ...]:
    match value:
        case Op():
            return tuple(value.args.values())
        case Element() | Field():
            return (value.base,)
        case Items():
            return value.items
        case Mapped():
            return (*value.items.values(),)
        case Choice():
            return value.members
        case Call():
            return (*value.args, *value.keywords.values())
    return ()
