"""What evaluating a node may write: names, attributes, the memory of values, or everything that it can reach."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.fixing.proof import operation_traits
from torchlint.fixing.proof.class_code import computed_attributes, runs_at_definition, runs_when_forgotten
from torchlint.fixing.proof.implicit_calls import ImplicitCalls
from torchlint.fixing.proof.memory import is_made_in, roots
from torchlint.fixing.proof.order import timeline
from torchlint.kept import kept
from torchlint.syntax import trees
from torchlint.syntax.inventory import inventory_of
from torchlint.syntax.module import FunctionModel
from torchlint.torch_facts import modules, signatures
from torchlint.values import facts
from torchlint.values.compare import members
from torchlint.values.interpret.assignments import MUTATORS
from torchlint.values.interpret.frame import Frame, path
from torchlint.values.value import (
    UNKNOWN,
    Call,
    Choice,
    ClassRef,
    Constant,
    External,
    Field,
    FunctionRef,
    Instance,
    Items,
    Layer,
    Mapped,
    Method,
    Op,
    Parameter,
    Value,
)

_DEPTH = 4
# Arguments by which functions of Python's are told what to call.
_OF_FUNCTIONS = frozenset({"key", "default_factory", "target"})
# Attributes of a tensor through which its memory or its gradient changes.
_OF_TENSORS = frozenset({"data", "grad", "requires_grad", "real", "imag", "T", "mT"})
# They call what they are given when somebody goes over them.
_LAZY = frozenset({"builtins.map", "builtins.filter"})
_UNSEEN = frozenset({"locals", "vars", "globals", "eval", "exec", "dir", "_getframe", "currentframe"})


class Effect:
    """What may be written. `everything`: all that code outside the function can reach; what it is given is in
    `values` too."""

    __slots__ = ("attributes", "everything", "names", "values", "what")

    def __init__(self, what: str = "") -> None:
        self.what = what
        self.everything = False
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.values: list[Value] = []

    def __bool__(self) -> bool:
        return self.everything or bool(self.names or self.attributes or self.values)


class Effects:
    """The effects of the nodes of a frame."""

    def __init__(self, frame: Frame, depth: int = _DEPTH) -> None:
        self._frame = frame
        self._depth = depth
        self._ops: dict[ast.AST, list[Op]] = {}
        for op in frame.ops:
            if op.node is not None:
                self._ops.setdefault(op.node, []).append(op)
        self._hooked = not modules.HOOKS.isdisjoint(frame.module.vocabulary)
        self._computed = computed_attributes(frame.module)
        self._forgetting = runs_when_forgotten(frame.module)
        self._implicit = ImplicitCalls(frame, timeline(frame).parents)
        self._known: dict[ast.AST, Effect] = {}

    @kept
    def inspects_names(self) -> bool:
        """Whether the function can look at its names without spelling them."""
        return inspects_names(self._frame.scope)

    def of(self, node: ast.AST) -> Effect:
        """The effect of a node itself, those of its parts not included."""
        effect = self._known.get(node)
        if effect is None:
            effect = self._known[node] = self._of(node)
        return effect

    def _of(self, node: ast.AST) -> Effect:
        effect = Effect(_said(node))
        match node:
            case ast.Call():
                self._call(node, effect)
            case ast.Name(ctx=ast.Store() | ast.Del()):
                effect.names.add(node.id)
                effect.everything = self._forgetting
            case ast.Subscript(ctx=ast.Store() | ast.Del()):
                effect.values.append(self._value(node.value))
            case ast.Attribute(ctx=ast.Store() | ast.Del()):
                self._attribute(node, effect)
            case ast.Attribute() if node.attr in self._computed:
                effect.everything = True
            case ast.AugAssign(target=ast.Name() | ast.Attribute()):
                effect.values.append(self._before(node))
            case ast.Await() | ast.Yield() | ast.YieldFrom() | ast.AsyncFor() | ast.AsyncWith():
                effect.everything = True
            case ast.For() | ast.comprehension():
                effect.everything = not _is_harmless_iterable(self._value(node.iter))
            case ast.Assign(value=value) | ast.Starred(value=value) if self._is_lazy(value):
                effect.everything = True
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                effect.names.add(node.name)
                effect.everything = runs_at_definition(node, self._frame.module)
            case ast.MatchClass():
                effect.everything = not self._computed.isdisjoint(node.kwd_attrs)
            case ast.alias():
                effect.names.add((node.asname or node.name).partition(".")[0])
        unseen = self._implicit.of(node)
        if unseen:
            effect.everything = True
            effect.values.extend(unseen)
        return effect

    def _value(self, node: ast.AST) -> Value:
        return self._frame.values.get(node, UNKNOWN)

    def _before(self, node: ast.AugAssign) -> Value:
        """What the target of an augmented assignment holds before."""
        key = path(self._frame, node.target)
        held = self._frame.envs.get(node, {}).get(key) if key is not None else None
        return held if held is not None else self._value(node.target)

    def _attribute(self, node: ast.Attribute, effect: Effect) -> None:
        effect.attributes.add(node.attr)
        effect.everything = self._forgetting or node.attr in self._computed
        if node.attr in _OF_TENSORS:
            effect.values.append(self._value(node.value))

    # -- calls --------------------------------------------------------------------------------------------------

    def _call(self, node: ast.Call, effect: Effect) -> None:
        callee = self._frame.callees.get(node, UNKNOWN)
        for one in members(callee):
            self._called(one, node, effect)

    def _called(self, callee: Value, node: ast.Call, effect: Effect) -> None:
        found = self._ops.get(node, [])
        match callee:
            case FunctionRef():
                self._function(callee.function, node, effect)
            case Instance():
                method = _forward(callee)
                self._function(method, node, effect) if method else self._unknown(node, effect)
            case Layer() if found and not self._hooked:
                self._operations(found, effect)
            case External() if found:
                self._operations(found, effect)
            case External():
                self._external(callee.qualname, node, effect)
            case Method() if found:
                self._operations(found, effect)
            case Method():
                self._method(callee, node, effect)
            case ClassRef() | Layer():
                self._unknown(node, effect)
            case _:
                self._unknown(node, effect)

    def _operations(self, found: list[Op], effect: Effect) -> None:
        for op in found:
            effect.values.extend(operation_traits.written(op))
            if op.name == "backward":
                effect.attributes.add("grad")
            if op.name == "requires_grad_":
                effect.values.append(op.input)

    def _external(self, qualname: str, node: ast.Call, effect: Effect) -> None:
        if qualname == "builtins.setattr" and len(node.args) == 3:
            name = self._value(node.args[1])
            effect.attributes.add(str(name.value) if isinstance(name, Constant) else "*")
            effect.values.append(self._value(node.args[0]))
            return
        given = {keyword.arg for keyword in node.keywords}
        if not given.isdisjoint(_OF_FUNCTIONS) or any(map(self._is_lazy, node.args)):
            self._unknown(node, effect)
            return
        if operation_traits.is_pure_function(qualname) or operation_traits.is_settled(qualname):
            return
        layer = qualname.startswith("torch.nn.") and qualname.rpartition(".")[2][:1].isupper()
        if layer and signatures.known(qualname):
            return
        if qualname.startswith("torch.nn.init.") or qualname.startswith("torch._foreach_"):
            effect.values.extend(self._given(node))
            return
        self._unknown(node, effect)

    def _is_lazy(self, node: ast.expr) -> bool:
        """Whether going over what a name holds runs code that was written before: a generator expression."""
        value = self._value(node)
        made, order = value.node, timeline(self._frame)
        if isinstance(value, Call) and value.qualname in _LAZY:
            return made is not node or not all(map(_is_harmless_iterable, value.args))
        if not isinstance(made, ast.GeneratorExp) or made is node or not order.holds(made):
            return False
        return any(self.of(part) for part in order.below(made) if part is not made)

    def _method(self, callee: Method, node: ast.Call, effect: Effect) -> None:
        receiver = callee.receiver
        if isinstance(receiver, Items | Mapped) or (isinstance(receiver, Constant) and isinstance(receiver.value, str)):
            if callee.name in MUTATORS:
                effect.values.append(receiver)
            return
        if facts.is_tensor(receiver) is True and signatures.known(f"torch.Tensor.{callee.name}"):
            if operation_traits.is_in_place(callee.name):
                effect.values.append(receiver)
            return
        if callee.name in MUTATORS and self._is_list(node):
            effect.values.append(receiver)
            return
        self._unknown(node, effect)

    def _is_list(self, node: ast.Call) -> bool:
        """Whether a method is called on a name that this function first gave a list or a dict."""
        if not isinstance(node.func, ast.Attribute) or not isinstance(node.func.value, ast.Name):
            return False
        bound = self._frame.bindings.get(node.func.value.id, [])
        return bool(bound) and isinstance(bound[0], Items | Mapped)

    def _unknown(self, node: ast.Call, effect: Effect) -> None:
        effect.everything = True
        effect.values.extend(self._given(node))

    def _given(self, node: ast.Call) -> Iterator[Value]:
        """What a call is given: its arguments and the object whose method it is, or that the callee was made of."""
        yield from (self._value(arg.value if isinstance(arg, ast.Starred) else arg) for arg in node.args)
        yield from (self._value(keyword.value) for keyword in node.keywords)
        if isinstance(node.func, ast.Attribute):
            yield self._value(node.func.value)
        made = self._value(node.func)
        if isinstance(made, Call):
            yield from (*made.args, *made.keywords.values())
        elif isinstance(made, Field):
            # `getattr(x, "zero_")()`, and a name that holds a method.
            yield made.base

    def _function(self, function: FunctionModel, node: ast.Call, effect: Effect) -> None:
        if not writes_nothing(self._frame, function, self._depth - 1):
            self._unknown(node, effect)


def writes_nothing(frame: Frame, function: FunctionModel, depth: int = _DEPTH) -> bool:
    """Whether a call of a function of the project certainly writes nothing but what it makes itself."""
    evaluator = frame.evaluator
    if depth <= 0 or function.is_generator or isinstance(function.node, ast.AsyncFunctionDef):
        return False
    if not evaluator.is_plain(function) or evaluator.is_busy(function):
        return False
    if inventory_of(function.node).has(ast.Global, ast.Nonlocal):
        return False
    inner = evaluator.frame(function)
    effects = Effects(inner, depth)
    return all(_stays_inside(inner, effects.of(node)) for node in timeline(inner).nodes)


def _stays_inside(frame: Frame, effect: Effect) -> bool:
    """Whether all that is written was made by the function itself."""
    if effect.everything or effect.attributes:
        return False
    return all(isinstance(root, Op) and is_made_in(frame, root) for value in effect.values for root in roots(value))


def _forward(instance: Instance) -> FunctionModel | None:
    return instance.cls.methods.get("__call__") or instance.cls.methods.get("forward")


def _is_harmless_iterable(value: Value) -> bool:
    """Whether going over a value runs no code of others."""
    match value:
        case Op() | Items() | Mapped() | Constant() | Parameter():
            return True
        case Choice():
            return all(map(_is_harmless_iterable, value.members))
        case Call():
            if not operation_traits.is_pure_function(value.qualname):
                return False
            return all(_is_harmless_iterable(arg) for arg in value.args)
    return facts.is_tensor(value) is True


def _said(node: ast.AST) -> str:
    """What is said of a node that may write."""
    if isinstance(node, ast.Call):
        text = ast.unparse(node.func)
        return f"`{text}(..)`" if len(text) <= 40 else "a call"
    return f"line {node.lineno}" if isinstance(node, ast.stmt | ast.expr) else "something"


def inspects_names(scope: ast.AST) -> bool:
    """Whether a function can look at its names without spelling them."""
    for node in trees.walk(scope):
        name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
        if name in _UNSEEN:
            return True
    return False
