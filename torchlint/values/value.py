"""What an expression holds, spelling gone.

A value is an operation with its arguments bound to parameter names, a constant, a parameter, a layer, an instance, a
class, a function, a sequence, something outside the file, a choice between values, or unknown.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from torchlint.syntax.module import ClassModel, FunctionModel, Module


class Origin(Protocol):
    """Where a value was made: the evaluation of a function or module (a `Frame`), as far as values know it."""

    module: Module
    function: FunctionModel | None
    statement: ast.stmt | None
    grad: bool

    @property
    def values(self) -> Mapping[ast.AST, Value]: ...

    @property
    def carried(self) -> Mapping[Value, Value]: ...

    @property
    def ops(self) -> Sequence[Op]: ...

    def ops_of(self, value: Value) -> Sequence[Op]: ...

    @property
    def inlined(self) -> Sequence[Origin]: ...

    @property
    def call_site(self) -> ast.stmt | None: ...

    @property
    def callees(self) -> Mapping[ast.Call, Value]: ...

    @property
    def definitions(self) -> Mapping[Value, ast.stmt]: ...

    def sample(self, instance: Instance) -> Value | None: ...


class Value:
    """Something that an expression may hold. `node` is the expression that made it, `frame` where it was made."""

    __slots__ = ("frame", "memo", "node")

    # Values are so many that all classes below set these three by themselves: a call of this costs as much again.
    def __init__(self, node: ast.AST | None = None, frame: Origin | None = None) -> None:
        self.node = node
        self.frame = frame
        self.memo: dict[str, object] | None = None  # facts that were asked for: values are shared, and so deep


class Unknown(Value):
    """Nothing is known: an answer, not a failure."""

    __slots__ = ()


class Parameter(Value):
    """A parameter of the function under evaluation, of which no call is known. `default` is a literal that it holds
    where no caller says otherwise."""

    __slots__ = ("annotation", "default", "name")

    def __init__(
        self,
        name: str,
        annotation: ast.expr | None,
        node: ast.AST | None,
        frame: Origin | None,
        default: Constant | None = None,
    ) -> None:
        self.node, self.frame, self.memo = node, frame, None
        self.name = name
        self.annotation = annotation
        self.default = default


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
        frame: Origin | None = None,
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

    def __init__(self, base: Value, key: int | str, node: ast.AST | None, frame: Origin | None) -> None:
        self.node, self.frame, self.memo = node, frame, None
        self.base = base
        self.key = key


class Item(Value):
    """What a `for` loop takes from its iterable, one after the other."""

    __slots__ = ("iterable",)

    def __init__(self, iterable: Value, node: ast.AST | None, frame: Origin | None) -> None:
        self.node, self.frame, self.memo = node, frame, None
        self.iterable = iterable


class LoopCarried(Value):
    """A name that a loop assigns, as it is at the head of the loop: `initial` or what an earlier turn left."""

    __slots__ = ("initial",)

    def __init__(self, initial: Value | None, node: ast.AST | None, frame: Origin | None) -> None:
        self.node, self.frame, self.memo = node, frame, None
        self.initial = initial


class Mutated(Value):
    """A value after something was written into it in place: its facts stay, its contents are not known."""

    __slots__ = ("base",)

    def __init__(self, base: Value, node: ast.AST | None, frame: Origin | None) -> None:
        self.node, self.frame, self.memo = node, frame, None
        self.base = base


class Field(Value):
    """An attribute of a value that is not resolved further."""

    __slots__ = ("base", "name")

    def __init__(self, base: Value, name: str, node: ast.AST | None, frame: Origin | None) -> None:
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
        frame: Origin | None,
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

    def __init__(self, items: Sequence[Value], kind: str, node: ast.AST | None, frame: Origin | None) -> None:
        self.node, self.frame, self.memo = node, frame, None
        self.items = tuple(items)
        self.kind = kind


class Mapped(Value):
    """A dict display, or a call of `dict`, whose keys are known."""

    __slots__ = ("items",)

    def __init__(self, items: Mapping[Any, Value], node: ast.AST | None, frame: Origin | None) -> None:
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
        frame: Origin | None,
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
        frame: Origin | None,
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

    def __init__(self, function: FunctionModel, bound: Value | None = None, closure: Origin | None = None) -> None:
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

    def __init__(self, receiver: Value, name: str, node: ast.AST | None, frame: Origin | None) -> None:
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
