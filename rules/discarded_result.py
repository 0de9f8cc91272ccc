"""The result of a tensor operation is thrown away: the tensor stays what it was.

## What it does
Finds an operation without effects as a statement of its own: `x.squeeze(1)`, `x.clamp(0, 1)`, `x.to(device)`, and
functions and layers such as `F.relu(x)`, `torch.squeeze(x)` and `self.dropout(x)`, unless they work in place. Only
where what they are called on is certainly a tensor. It is silent for modules (`model.cuda()` works in place), in a
`with` block that expects an exception or measures time, in the body of a `try`, and at the end of a cell, where the
result is shown. It is silent for what was assigned to an attribute of another object and is not known (`layer.weight =
Quantised(w)`), and where an assignment would change nothing: the tensor has that dtype or was made on that device, or
nobody reads it afterwards.

## Why is this bad?
These methods return a new tensor or a view. Whoever writes the line believes that `x` has changed: it has its old
shape, dtype, device and values, and often nothing raises.

## Example
```python
images, labels = next(iter(loader))
images.to(device)
```
Use instead:
```python
images, labels = next(iter(loader))
images = images.to(device)
```

## Fix safety
The fix assigns the result to the name that the method was called on, so that all later lines see another tensor than
before: it is unsafe. Where the result is not needed at all, delete the line.

## When not to use it
Turn it off for calls that are made for their time, their error or their side effect alone, such as warming up a device.

## References
- [torch.Tensor](https://docs.pytorch.org/docs/stable/tensors.html)
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from torchlint.rule import (
    Call,
    Changes,
    Check,
    Element,
    Field,
    Frame,
    Item,
    Method,
    Op,
    Problem,
    Unknown,
    Value,
    block_of,
    facts,
    last_name,
    loops_around,
    made_by,
    members,
    ops,
    path,
    same,
    trees,
)
from torchlint.vocabulary.datasets import LOADER
from torchlint.vocabulary.nn_modules import is_parameter
from torchlint.vocabulary.shown_tensors import dtype, settled

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

# Methods and functions without effects.
_PURE = ops.that(kind="function", gives=("tensor", "sequence"), writes="", pure=True) | ops.CASTS | ops.MOVES
_COMPUTING = (_PURE | ops.REDUCTIONS) - ops.CASTS - ops.MOVES
# Functions of torch that nobody calls to see whether they raise, or how long they take.
_FUNCTIONS = _PURE & (ops.ELEMENTWISE | ops.VIEWS | ops.DROPOUTS | ops.ORDER_KEEPING)
# What `to` may be given a device or a dtype as.
_GIVEN_TO = ("target", "device", "dtype")
# Attributes of tensors that are tensors, whoever assigned them.
_TENSORS = frozenset({"data", "grad"})
# What these are called on is a tensor, or something that has them in the same meaning.
# Names of two words are nobody else's.
_TELLING = frozenset(name for name in ops.that(tensors_only=True) if "_" in name.strip("_")) | {"unsqueeze", "gather"}
# Methods that take what may be of several types.
_OPEN = _PURE & (ops.that(dtype="argument") | ops.that(shape=("wanted", "size", "repeated")))
# Blocks that expect an exception or measure what runs in them.
_WATCH = re.compile(r"raises|warns|assert|profil|timer|timing|bench|measure|record|capture|graph", re.IGNORECASE)


_METHODS = frozenset(filter(str.isidentifier, ops.methods(*_PURE)))


class DiscardedResult(Check):
    code = "TLT308"
    since = "0.1"
    related = ("TLT307", "TLT709")
    tags = ("unnecessary",)
    message = "The result is discarded, and the tensor is not changed by it"
    title = "Assign the result"
    help = "Assign the result: `x = x.squeeze(1)`"
    words = (tuple(f".{name}" for name in sorted(_METHODS)),)

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        watched: set[ast.stmt] | None = None
        for statement in frame.statements:
            if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call):
                continue
            if last_name(statement.value.func) not in _METHODS or statement not in frame.envs:
                continue
            receiver = _given(frame, statement.value) or _receiver(frame, statement.value)
            if receiver is None or not _is_tensor(frame, receiver) or _changes_nothing(frame, statement, receiver):
                continue
            watched = set(_watched(frame)) if watched is None else watched
            if statement in watched or _is_of_a_tour(frame, statement):
                continue
            if isinstance(statement.value.func, ast.Attribute):
                message = (
                    f"The result of `{statement.value.func.attr}` is discarded, and the tensor is not changed by it"
                )
                fix = _assign(frame, statement, receiver)
                yield Problem(statement.value, message, fix, Changes("later lines see the result"))


def _given(frame: Frame, call: ast.Call) -> ast.expr | None:
    """What a function of torch, or a layer, without effects is given: `F.relu(x)`, `self.dropout(x)`."""
    op = frame.values.get(call)
    if not isinstance(op, Op) or op.form not in ("torch", "F", "module") or op.name not in _FUNCTIONS:
        return None
    node, layer = op.nodes.get("input"), op.layer
    in_place = {"out", "inplace"} & op.args.keys() or (
        layer is not None and ("inplace" in layer.args or not layer.complete or layer.children)
    )
    plain = not in_place and isinstance(node, ast.Name | ast.Attribute)
    return node if plain and isinstance(call.func, ast.Attribute) else None


def _receiver(frame: Frame, call: ast.Call) -> ast.expr | None:
    """What a chain of methods without effects is called on: a name, attribute or item; None for anything else."""
    node: ast.expr = call
    while isinstance(node, ast.Call):
        if not isinstance(node.func, ast.Attribute) or not all(map(_is_pure, members(frame.values[node]))):
            return None
        node = node.func.value
    return node if isinstance(node, ast.Name | ast.Attribute | ast.Subscript) else None


def _is_pure(value: Value) -> bool:
    if isinstance(value, Call):
        # Arguments of unknown type leave these open; `logger.log(values, step=1)` is not a method of a tensor at all.
        return isinstance(value.callee, Method) and value.callee.name in _PURE & _OPEN and "out" not in value.keywords
    return isinstance(value, Op) and value.form == "Tensor" and value.name in _PURE and "out" not in value.args


def _is_tensor(frame: Frame, node: ast.expr) -> bool:
    """Whether an expression certainly holds a tensor."""
    if isinstance(node, ast.Attribute) and path(frame, node) is None:
        # What was assigned to `layer.weight` replaces what the layer's class says of it.
        stored = _stored(frame, node)
        if stored:
            return all(facts.is_tensor(frame.values.get(value, Unknown())) is True for value in stored)
        if node.attr in frame.module.foreign_writes - _TENSORS:
            return False
    value = frame.values.get(node, Unknown())
    return all(_is_shown(frame, member) for held in members(value) for member in members(settled(held)))


def _stored(frame: Frame, node: ast.Attribute) -> list[ast.expr]:
    """What a function assigns to an attribute of an object, such as `self.linear.weight`."""
    text = ast.unparse(node)
    return [
        statement.value
        for statement in frame.envs
        if isinstance(statement, ast.Assign) and any(ast.unparse(target) == text for target in statement.targets)
    ]


def _changes_nothing(frame: Frame, statement: ast.Expr, receiver: ast.expr) -> bool:
    """Whether all would be the same if the result were assigned: nobody reads it, or it is the tensor itself."""
    if isinstance(receiver, ast.Name) and frame.function is not None and not _is_read_after(frame, statement, receiver):
        return True
    call, value, held = statement.value, frame.values.get(statement.value), frame.values.get(receiver)
    func = call.func if isinstance(call, ast.Call) else None
    if held is None or not isinstance(func, ast.Attribute) or func.value is not receiver:
        return False
    cast = ops.cast_dtype(value.name) if isinstance(value, Op) else None
    if cast is not None:
        return dtype(held) in (cast, "default" if cast == "float32" else cast)
    made, wanted = _made_as(held), _wanted(value)
    given = [made.args[name] for name in ("device", "dtype") if name in made.args] if isinstance(made, Op) else []
    return bool(wanted) and all(any(same(one, each) for each in given) for one in wanted)


def _wanted(value: Value | None) -> list[Value]:
    """The device and the dtype that `x.to(..)` asks for; which of the two an argument is, is not always known."""
    match value:
        case Op(name="to"):
            return [value.args[name] for name in _GIVEN_TO if name in value.args]
        case Call(callee=Method(name="to")):
            return [*value.args, *(value.keywords[name] for name in _GIVEN_TO if name in value.keywords)]
    return []


def _made_as(value: Value) -> Value:
    """The operation that made a tensor, before something was written into it or it became a parameter."""
    made = settled(value)
    if isinstance(made, Call) and is_parameter(made) and made.args:
        return settled(made.args[0])
    return made


def _is_read_after(frame: Frame, statement: ast.Expr, receiver: ast.Name) -> bool:
    """Whether a name is read after a statement, in another turn of a loop around it, or in another function."""
    function = frame.function
    if function is None or receiver.id not in function.locals or function.inner:
        return True
    loops = loops_around(frame.module, statement)
    scope = loops[-1] if loops else function.node
    after = statement.lineno if not loops else 0
    inside = set(trees.walk(statement))
    return any(
        isinstance(node, ast.Name) and node.id == receiver.id and isinstance(node.ctx, ast.Load)
        for node in trees.walk(scope)
        if node not in inside and getattr(node, "lineno", 0) >= after
    )


def _is_of_a_tour(frame: Frame, statement: ast.Expr) -> bool:
    """Whether a script shows one operation after the other: next to this statement another one is computed and dropped,
    which can hardly be a slip."""
    if frame.function is not None:
        return False
    block = list(block_of(frame.module, statement))
    place = block.index(statement)
    name = last_name(statement.value.func) if isinstance(statement.value, ast.Call) else ""
    beside = [*block[max(place - 1, 0) : place], *block[place + 1 : place + 2]]
    return any(_is_dropped(frame, other, name) for other in beside)


def _is_dropped(frame: Frame, statement: ast.stmt, name: str) -> bool:
    """Whether a statement computes something else than the operation of this name, and drops it."""
    if not isinstance(statement, ast.Expr):
        return False
    if isinstance(statement.value, ast.BinOp | ast.Compare | ast.UnaryOp):
        return True
    op = frame.values.get(statement.value)
    return isinstance(op, Op) and op.name in _COMPUTING and op.name != name


def _is_shown(frame: Frame, value: Value) -> bool:
    if facts.is_tensor(value) is not None:
        return facts.is_tensor(value) is True
    return _is_loaded(value) or _is_of_parameter(value) or any(_shows(op, value) for op in frame.ops)


def _is_loaded(value: Value) -> bool:
    """Whether a value is an element of what a plain DataLoader gives: `for x, y in loader`."""
    base = value.base if isinstance(value, Element) else None
    loader = made_by(base.iterable) if isinstance(base, Item) else None
    if not isinstance(value, Element) or not isinstance(value.key, int) or loader is None or loader.is_open:
        return False
    return loader.qualname == LOADER and not loader.gives("collate_fn")


def _is_of_parameter(value: Value) -> bool:
    """Whether a value is `p.data` or `p.grad` of what a loop over `model.parameters()` gives."""
    owner = value.base if isinstance(value, Field) and value.name in ("data", "grad") else None
    made = owner.iterable if isinstance(owner, Item) else None
    return isinstance(made, Call) and isinstance(made.callee, Method) and made.callee.name == "parameters"


def _shows(op: Op, value: Value) -> bool:
    """Whether an operation shows that what it is called with is a tensor."""
    target = op.args.get("target") if op.name in ops.LOSSES else None
    if target is not None and settled(target) is value and op.form in ("F", "module"):
        return True
    held = op.args.get("input")
    if held is None or settled(held) is not value:
        return False
    # `loss.backward()`, but not `accelerator.backward(loss)`.
    trained = op.name == "backward" and op.args.keys() == {"input"}
    telling = op.name in _TELLING and not _is_made_by_class(value)
    return (op.form in ("torch", "F", "module") and facts.is_tensor(op) is True) or telling or trained


def _is_made_by_class(value: Value) -> bool:
    """Whether a value is an object of a class that may have methods of its own under these names."""
    name = value.qualname if isinstance(value, Call) else ""
    return name.rpartition(".")[2][:1].isupper() and not name.startswith("torch.")


def _watched(frame: Frame) -> Iterator[ast.stmt]:
    """The statements that are there to raise, to be timed or to be looked at."""
    scope = frame.scope
    for node in trees.walk(scope):
        if isinstance(node, ast.Try | ast.With | ast.AsyncWith | ast.For) and _watches(node):
            for statement in node.body:
                yield from (inner for inner in trees.walk(statement) if isinstance(inner, ast.stmt))
    if frame.function is None:
        yield from frame.module.shown


def _watches(block: ast.Try | ast.With | ast.AsyncWith | ast.For) -> bool:
    if isinstance(block, ast.For):
        # `for _ in range(100):`, to warm something up or to measure it.
        return isinstance(block.target, ast.Name) and block.target.id.startswith("_")
    return isinstance(block, ast.Try) or any(_WATCH.search(ast.unparse(item)) for item in block.items)


def _assign(frame: Frame, statement: ast.Expr, receiver: ast.expr) -> Callable[[Editor], None] | None:
    """A fix that gives the result the name that the method was called on; None where that is not plain to write."""
    # Not `x[0] = x[0].mul(2)`: it writes into a tensor that the graph may need.
    plain = ast.Name | ast.Attribute | ast.expr_context
    result = frame.values.get(statement.value)
    if isinstance(result, Op) and result.name in ops.PARTS:
        return None
    local = frame.function.locals if frame.function else frame.bindings
    if not all(isinstance(part, plain) for part in trees.walk(receiver)):
        return None
    if isinstance(receiver, ast.Name) and receiver.id not in local:
        return None
    held = frame.values.get(receiver)
    if held is not None and isinstance(receiver, ast.Attribute) and any(map(is_parameter, map(settled, members(held)))):
        return None  # A module takes no plain tensor in place of a parameter.

    def fix(editor: Editor) -> None:
        editor.assign(statement, editor.text(receiver))

    return fix
