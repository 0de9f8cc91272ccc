"""Which dtypes a value can have, whether it is certainly one tensor, a whole number, a device."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from torchlint.fixing.proof import operation_traits
from torchlint.fixing.proof.order import runs_with
from torchlint.torch_facts import modules, ops
from torchlint.torch_facts.signatures import Kind
from torchlint.values import facts
from torchlint.values.interpret.frame import Frame, frame_of
from torchlint.values.value import (
    Call,
    Choice,
    Constant,
    Element,
    Field,
    Item,
    Items,
    Layer,
    LoopCarried,
    Mutated,
    Op,
    Parameter,
    Value,
)

Kinds = frozenset[str]
# Their dtype is that of the numbers that they are given.
OF_DATA = ops.that(dtype="data")
_ORDER = ("bool", "int", "float", "complex")
ANY: Kinds = frozenset(_ORDER)
_FLOAT: Kinds = frozenset({"float"})
_DEPTH = 40
_CLASSES = {
    **dict.fromkeys(["torch.FloatTensor", "torch.DoubleTensor", "torch.HalfTensor", "torch.Tensor"], "float"),
    **dict.fromkeys(["torch.cuda.FloatTensor", "torch.cuda.DoubleTensor"], "float"),
    **dict.fromkeys(["torch.LongTensor", "torch.IntTensor", "torch.cuda.LongTensor"], "int"),
}
_WRAPPERS = frozenset({"torch.nn.Parameter", "torch.nn.parameter.Parameter", "torch.autograd.Variable"})
_INTEGERS = frozenset({"builtins.int", "builtins.len", "builtins.ord", "builtins.round"})
_WHOLE = frozenset({"add", "sub", "mul", "floor_divide", "remainder", "neg", "positive"})
# Whole numbers that a tensor knows of itself.
_NUMBERS = ops.that(gives="number", syncs=False, kind="function") | {"size"}
# What takes other things than tensors, or decides by what it is given.
_OF_OTHERS = ops.that(shape=("joined", "stacked")) | ops.that(makes="data") | {"is_tensor", "where"}
# What modules and settings have as well: a call of one of these shows no tensor.
_NOT_ONLY_TENSORS = modules.RETURN_SELF | {"get_device"}
# What modules call tensors of theirs.
_OF_MODULES = frozenset({"weight", "bias", "running_mean", "running_var", "data", "grad"})


def dtypes_of(value: Value, depth: int = _DEPTH) -> Kinds:
    """The kinds of numbers that the elements may be: `bool`, `int`, `float`, `complex`; all where nothing is known."""
    if depth == 0:
        return ANY
    match value:
        case Constant():
            return frozenset({type(value.value).__name__}) & ANY or ANY
        case Choice():
            return frozenset().union(*(dtypes_of(member, depth - 1) for member in value.members))
        case Mutated():
            return dtypes_of(value.base, depth - 1)
        case Item():
            return dtypes_of(value.iterable, depth - 1) if facts.is_tensor(value.iterable) else ANY
        case Element(base=Op() as base):
            return _of_element(base, value.key, depth)
        case Field(base=Layer() as layer, name="weight" | "bias"):
            return _FLOAT if "dtype" not in layer.args else ANY
        case Field(name="data" | "grad" | "T" | "mT"):
            return dtypes_of(value.base, depth - 1)
        case Call():
            return _of_call(value, depth)
        case Op():
            return _of_op(value, depth)
    return _FLOAT if _annotation(value) in ("torch.FloatTensor", "FloatTensor") else ANY


def _annotation(value: Value) -> str:
    annotation = value.annotation if isinstance(value, Parameter) else None
    if annotation is None:
        return ""
    return str(annotation.value) if isinstance(annotation, ast.Constant) else ast.unparse(annotation)


def _of_element(base: Op, key: int | str, depth: int) -> Kinds:
    if base.name in ops.SEQUENCES:
        return dtypes_of(base.input, depth - 1)
    if base.layer is not None and key == 0 and operation_traits.gives_only_floats(base):
        return _FLOAT
    fields = ops.outputs(base.name, base.args)
    if not fields:
        return ANY
    if key in (0, fields[0]):
        return _of_op(base, depth)
    return frozenset({"int"}) if fields[1] == "indices" else ANY


def _of_call(call: Call, depth: int) -> Kinds:
    known = _CLASSES.get(call.qualname)
    if known is not None:
        return frozenset({known})
    if call.qualname in _WRAPPERS and call.args:
        return dtypes_of(call.args[0], depth - 1)
    if call.qualname in _INTEGERS:
        return frozenset({"int"})
    return _FLOAT if call.qualname == "builtins.float" else ANY


def _of_op(op: Op, depth: int) -> Kinds:
    given = op.args.get("dtype")
    if given is not None and not (isinstance(given, Constant) and given.value is None):
        return _given(given, depth)
    cast = operation_traits.cast_of(op.name) if op.form == "Tensor" else None
    if cast is not None:
        return frozenset({cast})
    if op.name in ops.that(casts=True, dtype=("argument", "other")):
        return _converted(op, depth)
    if operation_traits.gives_only_floats(op):
        return _FLOAT
    if operation_traits.is_boolean(op.name):
        return frozenset({"bool"})
    if operation_traits.gives_indices(op.name) or op.name in _NUMBERS:
        return frozenset({"int"})
    if op.name in OF_DATA:
        return _of_literals(op, depth)
    inner = dtypes_of(op.input, depth - 1)
    if op.name in ops.column("real"):
        inner = frozenset("float" if kind == "complex" else kind for kind in inner)
    if operation_traits.is_bitwise(op.name):
        return _promoted(op, depth) & {"bool", "int"}
    if operation_traits.promotes(op.name):
        found = _promoted(op, depth)
        return _floated(found) if operation_traits.turns_to_floats(op.name) else found
    if op.name in ops.that(dtype="sum"):
        return frozenset("int" if kind == "bool" else kind for kind in inner)
    if operation_traits.turns_to_floats(op.name):
        return _floated(inner)
    return inner if operation_traits.keeps_dtype(op.name) else ANY


def _floated(kinds: Kinds) -> Kinds:
    return frozenset("complex" if kind == "complex" else "float" for kind in kinds)


def _given(value: Value, depth: int) -> Kinds:
    known = operation_traits.dtype_of(value)
    if known is not None:
        return frozenset({known})
    return dtypes_of(value.base, depth - 1) if isinstance(value, Field) and value.name == "dtype" else ANY


def _converted(op: Op, depth: int) -> Kinds:
    if op.name == "to" and op.args.keys() <= {"input", "device", "non_blocking", "copy"}:
        return dtypes_of(op.input, depth - 1)
    target = op.args.get("target", op.args.get("other"))
    if op.name in ops.CASTS and target is not None:
        known = operation_traits.dtype_of(target)
        if known is None and is_device(target, None):
            return dtypes_of(op.input, depth - 1)
        if known is None and facts.is_tensor(target) is True:
            return dtypes_of(target, depth - 1)
        return _given(target, depth)
    return ANY


def _of_literals(op: Op, depth: int) -> Kinds:
    parts = [op.args[name] for name in ("data", "start", "end", "step", "fill_value", "s") if name in op.args]
    found: set[str] = set()
    while parts:
        part = parts.pop()
        if isinstance(part, Items):
            parts.extend(part.items)
        else:
            found |= dtypes_of(part, depth - 1)
    return frozenset({max(found, key=_ORDER.index)}) if found and found != ANY else ANY


def _promoted(op: Op, depth: int) -> Kinds:
    operands = [value for name, value in op.args.items() if name not in ("alpha", "dim", "condition", "out")]
    parts: list[Value] = []
    for operand in operands:
        parts += operand.items if isinstance(operand, Items) else (operand,)
    if not parts:
        return ANY
    found: Kinds = dtypes_of(parts[0], depth - 1)
    for part in parts[1:]:
        other = dtypes_of(part, depth - 1)
        found = frozenset(max(a, b, key=_ORDER.index) for a in found for b in other)
    return found


def only(frame: Frame, value: Value, kinds: Iterable[str], at: ast.AST, besides: Iterable[ast.AST] = ()) -> bool:
    """Whether a value is certainly a tensor of one of these kinds where `at` is run.

    A tensor that an operation takes which wants floating point is one, if that operation is run in any case. Those of
    `besides` say nothing: they go with the fix.
    """
    known = dtypes_of(value)
    if known <= set(kinds) and is_tensor(value, frame):
        return True
    if "float" not in kinds:
        return False
    return any(
        op.input is value
        and operation_traits.takes_only_floats(op)
        and op.node is not None
        and runs_with(frame, op.node, at)
        for op in frame.ops
        if op.node not in set(besides)
    )


def is_tensor(value: Value, frame: Frame | None = None, besides: Iterable[ast.AST] = ()) -> bool:
    """Whether a value is certainly one tensor: not a tuple of them, a list, a number or an array.

    What `besides` are says nothing: they go with the fix. What is said must be said wherever the first of them is run.
    """
    match value:
        case Choice():
            return all(is_tensor(member, frame, besides) for member in value.members)
        case Mutated():
            return is_tensor(value.base, frame, besides)
        case LoopCarried():
            return value.initial is not None and is_tensor(value.initial, frame) and _stays(value)
        case Op() if not operation_traits.is_one_tensor(value):
            return False
        case Op(name="getitem"):
            return is_tensor(value.input, frame, besides)
        case Op() if value.form in ("torch", "F"):
            return True
        case Op(form="module"):
            return True
        case Op(form="operator"):
            return any(is_tensor(arg, frame, besides) for arg in value.args.values())
        case Element(base=Op() as base) if base.name in ops.SEQUENCES or ops.outputs(base.name, base.args):
            return base.form in ("torch", "F") or facts.is_tensor(value) is True
        case Field(name="data" | "grad" | "T" | "mT"):
            return is_tensor(value.base, frame, besides)
    if facts.is_tensor(value) is True:
        return True
    return frame is not None and facts.is_tensor(value) is not False and _taken_as_tensor(frame, value, set(besides))


def _stays(value: LoopCarried) -> bool:
    """Whether a name that a loop assigns is given nothing but tensors."""
    frame = frame_of(value)
    if frame is None:
        return False
    names = [name for name, bound in frame.bindings.items() if value in bound]
    others = [other for name in names for other in frame.bindings[name] if other is not value]
    return all(isinstance(other, LoopCarried) or is_tensor(other) for other in others)


def _taken_as_tensor(frame: Frame, value: Value, besides: set[ast.AST]) -> bool:
    """Whether a function of torch takes the value as its input where `besides` are run: it raises for anything else."""
    at = next(iter(besides), None)
    return any(
        op.input is value
        and (op.form in ("torch", "F") or (op.layer is not None and op.form == "module"))
        and op.node is not None
        and op.node not in besides
        and (at is None or runs_with(frame, op.node, at))
        and op.name not in _OF_OTHERS
        for op in frame.ops
    )


def is_integer(value: Value) -> bool:
    """Whether a value is certainly one whole number."""
    match value:
        case Constant():
            return type(value.value) is int
        case Choice():
            return all(map(is_integer, value.members))
        case Op() if value.name in _NUMBERS:
            return True
        case Op(form="operator") if value.name in _WHOLE:
            return all(map(is_integer, value.args.values()))
        case Call():
            return value.qualname in _INTEGERS
        case Parameter():
            return _annotation(value) == "int"
    return facts.kind(value) is Kind.INT


def is_natural(value: Value) -> bool:
    """Whether a value is certainly a whole number that is not negative."""
    match value:
        case Constant():
            return type(value.value) is int and value.value >= 0
        case Op() if value.name in _NUMBERS:
            return True
        case Call():
            return value.qualname == "builtins.len"
        case Op(name="add" | "mul" | "floor_divide", form="operator"):
            return all(map(is_natural, value.args.values()))
    return False


def is_device(value: Value, frame: Frame | None) -> bool:
    """Whether a value certainly says a device, and nothing else that `to` takes."""
    match value:
        case Choice():
            return all(is_device(member, frame) for member in value.members)
        case Constant():
            return isinstance(value.value, str)
        case Op(name="device"):
            return True
        case Call():
            return value.qualname == "torch.device"
        case Field(name="device"):
            return shows_tensor(value.base, frame)
        case Parameter():
            return _annotation(value) in ("torch.device", "device", "str | torch.device", "str")
    return isinstance(value.node, ast.JoinedStr)


def shows_tensor(value: Value, frame: Frame | None) -> bool:
    """Whether a value is a tensor by what the function does with it: it has a size, elements, arithmetic of tensors."""
    if facts.is_tensor(value) is True:
        return True
    if facts.is_tensor(value) is False or frame is None:
        return False
    while isinstance(value, Mutated | LoopCarried):
        inner = value.base if isinstance(value, Mutated) else value.initial
        if inner is None:
            break
        value = inner
    if isinstance(value, Choice):
        return all(shows_tensor(member, frame) for member in value.members)
    if isinstance(value, Field) and value.name in _OF_MODULES:
        return True
    held = [*frame.values.values(), *(one for bound in frame.bindings.values() for one in bound)]
    taken = any(
        isinstance(op, Op)
        and op.form != "operator"
        and op.name not in _NOT_ONLY_TENSORS
        and any(_is_among(value, arg) for arg in op.args.values())
        for op in held
    )
    return taken or _is_stored_tensor(value, frame)


def _is_among(value: Value, arg: Value) -> bool:
    return arg is value or (isinstance(arg, Items) and value in arg.items)


def _is_stored_tensor(value: Value, frame: Frame) -> bool:
    """Whether the function gives an element of a dict a tensor before it reads it."""
    node = value.node
    if not isinstance(node, ast.Subscript):
        return False
    for statement in frame.envs:
        if not isinstance(statement, ast.Assign) or not runs_with(frame, statement, node):
            continue
        alike = any(ast.unparse(target) == ast.unparse(node) for target in statement.targets)
        held = frame.values.get(statement.value)
        if alike and held is not None and is_tensor(held, frame):
            return True
    return False
