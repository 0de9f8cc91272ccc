"""One evaluation of a function or of a module's body: the environment, and what was seen on the way.

How an expression or a statement is evaluated is said by other modules: each registers its handlers here
(`@evaluates(ast.Subscript)`, `@executes(ast.For)`), so that they need not import each other. `evaluate.py` imports all.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from torchlint.syntax import trees
from torchlint.syntax.module import ClassModel, FunctionModel, Module
from torchlint.values.compare import join
from torchlint.values.interpret.records import EvaluationError, Lists, Log, Record
from torchlint.values.value import (
    Choice,
    Constant,
    External,
    FunctionRef,
    Instance,
    Items,
    Layer,
    Mapped,
    Op,
    Unknown,
    Value,
)

Environment = dict[str, Value]
_Evaluates = TypeVar("_Evaluates", bound=Callable[..., Value])
_Executes = TypeVar("_Executes", bound=Callable[..., bool])
_EXPRESSIONS: dict[type[ast.expr], Callable[[Frame, Any], Value]] = {}
_STATEMENTS: dict[type[ast.stmt], Callable[[Frame, Any], bool]] = {}


def evaluates(*kinds: type[ast.expr]) -> Callable[[_Evaluates], _Evaluates]:
    """Register what gives expressions of these classes their value: a function of the frame and the expression."""

    def register(handler: _Evaluates) -> _Evaluates:
        _EXPRESSIONS.update(dict.fromkeys(kinds, handler))
        return handler

    return register


def executes(*kinds: type[ast.stmt]) -> Callable[[_Executes], _Executes]:
    """Register what runs statements of these classes: a function of the frame and the statement, which returns whether
    the end of the statement can be reached."""

    def register(handler: _Executes) -> _Executes:
        _STATEMENTS.update(dict.fromkeys(kinds, handler))
        return handler

    return register


class CallElsewhere(Protocol):
    """A call in another file of the project, and the function that it stands in; None at the level of the module."""

    @property
    def node(self) -> ast.Call: ...

    @property
    def function(self) -> FunctionModel | None: ...

    @property
    def module(self) -> Module: ...


class Lookup(Protocol):
    """Finds what names imported from other files of the project hold, and the calls of a function in these."""

    def lookup(self, frame: Frame, qualname: str) -> Value | None: ...

    def calls(self, function: FunctionModel) -> Sequence[CallElsewhere] | None: ...

    def exports(self, importer: str, name: str) -> Mapping[str, str] | None: ...


class Slice(NamedTuple):
    """The statements of a method that are evaluated for a call of it, and the attributes that are not known after."""

    body: Sequence[ast.stmt]
    forgotten: frozenset[str]


class Known:
    """What was found out about the classes of a file and about their instances."""

    def __init__(self) -> None:
        self.scopes: dict[ClassModel, Frame] = {}
        self.bases: dict[ClassModel, list[Value]] = {}
        self.lineages: dict[ClassModel, list[ClassModel | External | None]] = {}
        self.attributes: dict[tuple[object, str], Value] = {}
        self.constructed: dict[Instance, Frame] = {}
        self.written: dict[tuple[ClassModel, FunctionModel], frozenset[str] | None] = {}
        self.slices: dict[tuple[ClassModel, FunctionModel], Slice] = {}
        self.constants_under_way: set[ast.expr] = set()
        self.constant_sizes: dict[ast.expr, int] = {}


class Evaluations(Protocol):
    """All evaluations of a file (the `Evaluator`), as far as one of them asks for others."""

    module: Module
    frames: list[Frame]
    known: Known
    steps_left: int

    @property
    def project(self) -> Lookup | None: ...

    @property
    def loads_module(self) -> bool:
        """Whether the body of a module is being evaluated, so that some of its names are not bound yet."""

    def module_frame(self, module: Module | None = None) -> Frame: ...

    def surroundings(self, module: Module) -> Frame: ...

    def frame(self, function: FunctionModel) -> Frame: ...

    def frame_of_writer(self, method: FunctionModel) -> Frame: ...

    def value_in(self, function: FunctionModel, node: ast.expr) -> Value | None: ...

    def sample(self, frame: Frame, instance: Instance) -> Value | None: ...

    def is_busy(self, function: FunctionModel) -> bool: ...

    def inline(
        self,
        reference: FunctionRef,
        args: Sequence[Value],
        keywords: Mapping[str, Value],
        caller: Frame,
        body: Sequence[ast.stmt] | None = None,
    ) -> Frame | None: ...

    def is_plain(self, function: FunctionModel) -> bool: ...


class Frame:
    """The state of one forward pass.

    `env` maps names to values, `self.x` included under the key `self.x` (whatever the first parameter is called).
    `values` holds the value of every expression that was evaluated, `loads` the places at which a value was read
    from a name, `envs` the environment before each statement. All of it but `env` may be walked over while evaluation
    goes on, see `records`.
    """

    def __init__(
        self,
        evaluator: Evaluations,
        module: Module,
        function: FunctionModel | None = None,
        instance: Value | None = None,
        closure: Frame | None = None,
        depth: int = 0,
    ) -> None:
        evaluator.frames.append(self)
        self.evaluator = evaluator
        self.module = module
        self.function = function
        self.instance = instance
        self.closure = closure
        self.depth = depth
        self.self_name = function.self_name if function else None
        self.env: Environment = {}
        self._shared = False
        self.values: Record[ast.AST, Value] = Record()
        self.loads: Lists[Value, ast.expr] = Lists()
        self.bindings: Lists[str, Value] = Lists()
        self.definitions: Record[Value, ast.stmt] = Record()
        self.envs: Record[ast.stmt, Environment] = Record()
        self.ops: Log[Op] = Log()
        self._by_input: tuple[int, dict[Value, list[Op]]] = 0, {}
        self.callees: Record[ast.Call, Value] = Record()
        self.loops: Log[ast.For | ast.AsyncFor | ast.While] = Log()
        self.loop_of: Record[ast.stmt, ast.stmt] = Record()
        self.carried: Record[Value, Value] = Record()  # of what a loop carries, what its turns leave
        self.returns: Log[tuple[ast.Return, Value]] = Log()
        self.exits: list[Environment] = []  # where `break` and `continue` of the current loop leave
        self.current_loop: ast.stmt | None = None
        self.statement: ast.stmt | None = None
        self.grad = True
        self.inlined: Log[Frame] = Log()  # the evaluations of calls in this one, with the arguments of each
        self.caller: Frame | None = None
        self.call_site: ast.stmt | None = None  # the statement of the caller that the call is in

    def value(self, node: ast.expr) -> Value:
        """The value of an expression at this point. Evaluating has the expression's effects on names."""
        value = self.values[node] = _EXPRESSIONS.get(node.__class__, _of_parts)(self, node)
        return value

    def run(self, body: Sequence[ast.stmt]) -> bool:
        """Run statements in order. True if the end of the block can be reached."""
        for statement in body:
            self.enter(statement)
            handler = _STATEMENTS.get(statement.__class__)
            if handler is not None and not handler(self, statement):
                return False
        return True

    @property
    def result(self) -> Value:
        """What an evaluated function returns: the value that all return paths agree on, else a choice."""
        return join(*(value for _, value in self.returns)) if self.returns else Constant(None)

    @property
    def scope(self) -> ast.AST:
        """The function that was evaluated, or the module."""
        return self.function.node if self.function else self.module.tree

    @property
    def statements(self) -> Sequence[ast.stmt]:
        """The statements of the function or of the module's body, those in blocks too, but not those of definitions."""
        return (self.function.scope if self.function else self.module.body).statements

    @property
    def words(self) -> frozenset[str]:
        """The identifiers and keywords in the rows of the function or of the module's body."""
        return (self.function.scope if self.function else self.module.body).words

    @property
    def local_names(self) -> frozenset[str]:
        """The names that this function, and those around it, bind: here the module's own of these names are hidden."""
        functions = [frame.function for frame in (self, *enclosing(self)) if frame.function is not None]
        return frozenset[str]().union(*(function.locals for function in functions))

    def enter(self, statement: ast.stmt) -> None:
        """Make a statement the current one and keep the environment it starts from."""
        self.statement = statement
        self.envs[statement] = self.env
        if self.current_loop is not None:
            self.loop_of[statement] = self.current_loop
        self._shared = True

    def bind(self, name: str, value: Value) -> None:
        """Give a name a value."""
        self._own()[name] = value
        self.bindings[name].append(value)
        if self.statement is not None:
            self.definitions.setdefault(value, self.statement)

    def unbind(self, name: str) -> None:
        """Forget what a name holds."""
        if name in self.env:
            self._own()[name] = Unknown()
            self.bindings[name].append(Unknown())

    def _own(self) -> Environment:
        if self._shared:
            self.env = dict(self.env)
            self._shared = False
        return self.env

    def fork(self) -> Environment:
        """The environment as it is, safe from later changes."""
        self._shared = True
        return self.env

    def restore(self, env: Environment) -> None:
        """Go back to an environment that `fork` gave."""
        self.env = env
        self._shared = True

    def load(self, name: str, node: ast.expr) -> Value | None:
        """The value of a local name or attribute path at this point; remembers that it was read here."""
        value = self.env.get(name)
        if value is None:
            return None
        self.loads[value].append(node)
        if isinstance(value, Choice):
            for member in value.members:
                self.loads[member].append(node)
        return value

    def all_bindings(self, name: str) -> Value | None:
        """What a name holds at some time; for readers that run at a time that is not known."""
        values = self.bindings.get(name)
        if not values:
            return None
        one = values[0]
        return one if len(values) == 1 and one.__class__ is not Choice else join(*values)

    def substitute(self, old: Value, new: Value) -> None:
        """Every name that holds `old`, perhaps on some paths only, holds `new` from here on."""
        for name, value in [*self.env.items()]:
            if isinstance(value, Choice) and old in value.members:
                self._own()[name] = Choice([new if member is old else member for member in value.members])
            elif value is not old:
                continue
            else:
                self._own()[name] = new
            if isinstance(old, Items | Mapped | Layer):
                self.bindings[name].append(self.env[name])

    def sample(self, instance: Instance) -> Value | None:
        """What a data set of the project gives for an index."""
        return self.evaluator.sample(self, instance)

    def ops_of(self, value: Value) -> Sequence[Op]:
        """The operations that have a value as their input."""
        if self._by_input[0] != len(self.ops):
            self._by_input = len(self.ops), {}
            for op in self.ops:
                self._by_input[1].setdefault(op.input, []).append(op)
        return self._by_input[1].get(value, ())

    def uses(self, value: Value) -> int:
        """How often a value that was bound to a name is read; 0 for one that is used where it is made."""
        return len(self.loads.get(value, ()))


class Deferred(Frame):
    """A frame that is evaluated, and becomes a plain one, when somebody asks for more than where it is.

    A rule that looks at what is written first costs no evaluation where there is nothing for it.
    """

    def __init__(self, evaluator: Evaluations, module: Module, function: FunctionModel | None) -> None:
        self.evaluator = evaluator
        self.module = module
        self.function = function
        self.bare = False

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            self._evaluate()
        except Exception as error:
            raise EvaluationError from error
        return getattr(self, name)

    def _evaluate(self) -> None:
        if self.function is not None:
            self.evaluator.frame(self.function)
        elif self.bare:
            self.evaluator.surroundings(self.module)
        else:
            self.evaluator.module_frame()

    def begin(self, instance: Value | None = None, closure: Frame | None = None) -> Frame:
        """The plain frame that this becomes, before its first statement."""
        evaluator, module, function = self.evaluator, self.module, self.function
        self.__class__ = Frame  # type: ignore[assignment]
        Frame.__init__(self, evaluator, module, function, instance, closure)
        return self


def frame_of(value: Value | None) -> Frame | None:
    """The frame in which a value was made; None where it is not a value of a frame's."""
    return value.frame if value is not None and isinstance(value.frame, Frame) else None


def path(frame: Frame, node: ast.expr) -> str | None:
    """The key of the environment for a name or an attribute of the first parameter; None for anything else."""
    if isinstance(node, ast.Attribute):
        own = isinstance(node.value, ast.Name) and node.value.id == frame.self_name
        return f"self.{node.attr}" if own else None
    return node.id if isinstance(node, ast.Name) else None


def _of_parts(frame: Frame, node: ast.expr) -> Value:
    """An expression of which only the parts matter."""
    for child in trees.children(node):
        if isinstance(child, ast.expr):
            frame.value(child)
    return Unknown(node, frame)


def merge(environments: list[Environment]) -> Environment:
    """The environment where paths meet; a name that some path leaves unbound keeps the values of the others."""
    first, *others = environments
    merged = first
    differing: dict[str, list[Value]] = {}
    for other in others:
        if other is first:
            continue
        if merged is first:
            merged = dict(first)
        for name, value in other.items():
            known = merged.setdefault(name, value)
            if known is not value:
                differing.setdefault(name, [known]).append(value)
    for name, values in differing.items():
        merged[name] = join(*values)
    return merged


def enclosing(frame: Frame) -> Iterator[Frame]:
    """The frames of the functions around one, innermost first."""
    outer = frame.closure
    while outer is not None:
        yield outer
        outer = outer.closure
