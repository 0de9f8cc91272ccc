"""Training steps: which optimiser, loss or model a call is about, here or in a helper that is called."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import NamedTuple

from torchlint.rule import (
    Call,
    Choice,
    Constant,
    External,
    Frame,
    FunctionRef,
    Instance,
    Loop,
    LoopCarried,
    Method,
    Module,
    Mutated,
    Parameter,
    Value,
    ancestors,
    argument_of,
    bound_call,
    classes,
    facts,
    frame_of,
    inventory_of,
    last_name,
    made_by,
    members,
    own_nodes,
    parents,
    walk,
)

from .roles import OPTIMIZER_BASES, is_optimizer_by_use, is_optimizer_class

_BASE = "torch.optim.Optimizer"
# Engines have methods of these names as well, which are given the loss or the optimiser.
BACKWARD = "torch.Tensor.backward"
STEP = "torch.amp.GradScaler.step"
_MAX_DEPTH = 2
_CLEARING = frozenset({"zero_grad", "zero_grads", "zero_gradients"})
_TRAINING = frozenset({"backward", "manual_backward", "zero_grad"})
_TRAINING_NAME = re.compile(r"train|fit|step|optimi[sz]e|learn|backward", re.IGNORECASE)


class Kind(Enum):
    """What happens to gradients."""

    BACKWARD = auto()
    STEP = auto()
    ZERO = auto()
    CLEAR = auto()  # gradients are written or dropped by hand
    UNKNOWN = auto()  # something that is given an optimiser, and may do anything with it


class Event(NamedTuple):
    """Something that happens to gradients.

    `at` is the node in the frame that was asked for: `node` itself, or the call of the helper that `node` stands in.
    `subject` is what it happens to: an optimiser, a model, a loss; `key` is how that is written.
    """

    kind: Kind
    node: ast.AST
    at: ast.AST
    subject: Value | None
    key: str
    frame: Frame


def settled(value: Value | None) -> Value | None:
    """The value before loops and in-place changes, which leave an optimiser or a model what it is."""
    while isinstance(value, LoopCarried | Mutated):
        value = value.initial if isinstance(value, LoopCarried) else value.base
    return value


def is_optimizer(value: Value | None) -> bool:
    """Whether a value is an optimiser of torch, on every path: certainly, or by what its function does with it."""
    value = settled(value)
    if isinstance(value, Choice):
        return all(is_optimizer(member) for member in value.members)
    frame = frame_of(value)
    if isinstance(value, Instance) and frame is not None:
        return classes.is_subclass(frame, value.cls, OPTIMIZER_BASES) is True
    if isinstance(value, Parameter):
        return is_optimizer_by_use(value)
    return isinstance(value, Call) and is_optimizer_class(value.qualname)


def same_subject(a: Event, b: Event) -> bool | None:
    """Whether two events are about the same optimiser; None where that is not known."""
    ours = {origin(member) for member in members(a.subject)} if is_optimizer(a.subject) and a.subject else set()
    theirs = {origin(member) for member in members(b.subject)} if is_optimizer(b.subject) and b.subject else set()
    if ours and theirs:
        if ours == theirs and len(ours) == 1:
            return True
        return None if ours & theirs or _may_alias(a, b) else False
    return True if a.frame is b.frame and a.key and a.key == b.key else None


def _may_alias(a: Event, b: Event) -> bool:
    """Whether one is a parameter of another function than the other is made in, which may be given the same one."""
    ours, theirs = ([*members(event.subject)] if event.subject else [] for event in (a, b))
    pairs = [(x, y) for x in ours for y in theirs if isinstance(x, Parameter) or isinstance(y, Parameter)]
    return any(frame_of(x) is not frame_of(y) for x, y in pairs)


def may_clear(event: Event, step: Event) -> bool:
    """Whether an event may clear the gradients that a step takes: also through an optimiser of the same parameters."""
    if event.kind is Kind.CLEAR:
        return True
    if event.kind not in (Kind.ZERO, Kind.UNKNOWN):
        return False
    return same_subject(event, step) is not False or not _are_disjoint(event.subject, step.subject)


def certainly_clears(zero: Event, step: Event) -> bool:
    """Whether `zero_grad` certainly clears what the step takes: of it, or of the one model that it trains."""
    if same_subject(zero, step):
        return True
    optimizer, model = step.subject, zero.subject
    made = made_by(optimizer, _BASE) if is_optimizer(optimizer) else None
    given = made.value("params") if made is not None and model is not None else None
    return (
        isinstance(given, Call)
        and isinstance(given.callee, Method)
        and given.callee.name == "parameters"
        and given.callee.receiver is model
    )


def _are_disjoint(a: Value | None, b: Value | None) -> bool:
    """Whether two optimisers were certainly given the parameters of different models."""
    ours, theirs = list(trained_models(a)), list(trained_models(b))
    if not ours or not theirs:
        return False
    for text, value in ours:
        for other_text, other in theirs:
            if value is other or f"{text}.".startswith(f"{other_text}.") or f"{other_text}.".startswith(f"{text}."):
                return False
    return True


def trained_models(optimizer: Value | None, read_in: Frame | None = None) -> Iterator[tuple[str, Value]]:
    """The models whose `parameters()` an optimiser was given: how they are written, and what they are.

    Where it matters how they are written, `read_in` is the frame that compares it with its own names.
    """
    for member in members(optimizer) if optimizer is not None and is_optimizer(optimizer) else ():
        inner = settled(member)
        # Other optimisers derive from torch's.
        made = made_by(inner, _BASE)
        yield from _models_of(made.value("params") if made is not None else None, read_in)


def models_given(value: Value | None, read_in: Frame | None = None) -> Iterator[tuple[str, Value]]:
    """The models whose `parameters()` the call was given that made a value, whatever that makes."""
    inner = settled(value)
    for argument in (*inner.args, *inner.keywords.values()) if isinstance(inner, Call) else ():
        yield from _models_of(argument, read_in)


def _models_of(given: Value | None, read_in: Frame | None) -> Iterator[tuple[str, Value]]:
    for part in walk(given) if given is not None else ():
        if isinstance(part, Call) and isinstance(part.callee, Method) and part.callee.name == "parameters":
            receiver = settled(part.callee.receiver)
            func = part.node.func if isinstance(part.node, ast.Call) else None
            if receiver is None or not isinstance(func, ast.Attribute):
                continue
            text = ast.unparse(func.value)
            if read_in is None or not _is_named_by_another(frame_of(part), read_in, text):
                yield text, receiver


def _is_named_by_another(made_in: Frame | None, read_in: Frame, text: str) -> bool:
    """Whether a text begins with a parameter of another function: a helper calls any model `model`."""
    function = made_in.function if made_in is not None and made_in is not read_in else None
    root = text.partition(".")[0]
    if made_in is None or function is None or root == made_in.self_name:
        return False
    return any(arg.arg == root for arg in function.parameters)


def origin(value: Value) -> object:
    """Where a value was made, as something to compare: the node, or the value where there is none."""
    inner = settled(value)
    return (inner.node if inner is not None else None) or inner


def events(frame: Frame, depth: int = _MAX_DEPTH) -> list[Event]:
    """What happens to gradients in a frame, in order, the helpers that it calls included."""
    found: list[Event] = []
    for call, callee in frame.callees.items():
        found.extend(_of_call(frame, call, callee, depth))
    for node in own_nodes(frame.scope):
        if isinstance(node, ast.Attribute) and node.attr == "grad" and isinstance(node.ctx, ast.Store | ast.Del):
            found.append(Event(Kind.CLEAR, node, node, None, "", frame))
    found.sort(key=lambda event: (getattr(event.at, "lineno", 0), getattr(event.at, "col_offset", 0)))
    return found


def may_train_in_loop(frame: Frame) -> bool:
    """Whether a function has both a loop and a backward pass of its own."""
    nodes = inventory_of(frame.scope)
    return bool(nodes.loops and (nodes.reads("backward") or nodes.reads("manual_backward")))


def may_train(frame: Frame, depth: int = 4) -> bool:
    """Whether a function, or one that it calls, may compute gradients or step an optimiser."""
    if any(isinstance(node, ast.Attribute) and node.attr in _TRAINING for node in own_nodes(frame.scope)):
        return True
    for call, callee in [*frame.callees.items()]:
        references = list(_functions(frame, call, callee))
        if not references and not isinstance(callee, External) and _sounds_like_training(call):
            return True
        for reference in references:
            known = depth > 0 and not frame.evaluator.is_busy(reference.function)
            if not known or may_train(frame.evaluator.frame(reference.function), depth - 1):
                return True
    return any(is_optimizer(frame.values.get(arg)) for call in frame.callees for arg in call.args)


def _sounds_like_training(call: ast.Call) -> bool:
    """Whether a call of what is not known has a name that speaks of training, and is not the mode's `model.train()`."""
    name = last_name(call.func)
    return _TRAINING_NAME.search(name) is not None and not (name == "train" and len(call.args) + len(call.keywords) < 2)


def _of_call(frame: Frame, call: ast.Call, callee: Value, depth: int) -> Iterator[Event]:
    func = call.func
    event = _of_method(frame, call, func, callee) if isinstance(func, ast.Attribute) else None
    if event is not None:
        yield event
    if isinstance(callee, External) and callee.qualname in ("builtins.setattr", "builtins.delattr"):
        name = frame.values.get(call.args[1]) if len(call.args) > 1 else None
        if isinstance(name, Constant) and name.value == "grad":
            yield Event(Kind.CLEAR, call, call, None, "", frame)
    if depth == 0 and _is_own_function(callee) and last_name(func) in _CLEARING:
        # Nobody looks into it any more, and its name says what it does.
        yield Event(Kind.CLEAR, call, call, None, ast.unparse(func), frame)
    for reference in _functions(frame, call, callee):
        if depth > 0 and not frame.evaluator.is_busy(reference.function):
            inner = frame.evaluator.frame(reference.function)
            given = given_for(frame, call, reference, inner) if call.args or call.keywords else {}
            for event in events(inner, depth - 1):
                held = _held_by(frame, reference, event) if event.frame is inner else event.subject
                subject = given.get(held, held) if held is not None else None
                yield Event(event.kind, event.node, call, subject, "", event.frame)
    if not _is_harmless(callee):
        for arg in (*call.args, *(keyword.value for keyword in call.keywords)):
            if is_optimizer(frame.values.get(arg)):
                yield Event(Kind.UNKNOWN, call, call, frame.values[arg], ast.unparse(arg), frame)


def _held_by(frame: Frame, reference: FunctionRef, event: Event) -> Value | None:
    """What an event in a method happens to, where that is an attribute of its object: that of the object at hand, and
    not what any object of the class may hold."""
    owner, _, name = event.key.partition(".")
    bound = reference.bound
    if not name.isidentifier() or owner != event.frame.self_name or not isinstance(bound, Instance):
        return event.subject
    held = classes.attribute(frame, bound, name)
    return event.subject if held is None else held


def given_for(frame: Frame, call: ast.Call, reference: FunctionRef, inner: Frame) -> dict[Value, Value]:
    """For what the parameters of a helper hold by the lights of all its callers, what this call passes for them."""
    found: dict[Value, Value] = {}
    for arg in reference.function.parameters:
        passed = argument_of(reference.function, arg.arg, call)
        value = frame.values.get(passed) if passed is not None else None
        held = inner.bindings.get(arg.arg)
        if value is not None and held:
            found[held[0]] = value
    return found


def _of_method(frame: Frame, call: ast.Call, func: ast.Attribute, callee: Value) -> Event | None:
    if isinstance(callee, External) or _is_own_function(callee):
        return None
    receiver = frame.values.get(func.value)
    key = ast.unparse(func.value)
    match func.attr:
        case "backward" | "manual_backward":
            given = _given(frame, call, BACKWARD, "gradient")
            if given is None or _is_gradient(receiver):
                return Event(Kind.BACKWARD, call, call, receiver, key, frame)
            if _is_by_hand(frame, call) or _is_by_hand(frame, frame.values.get(given)):
                return None
            return Event(Kind.BACKWARD, call, call, frame.values.get(given), ast.unparse(given), frame)
        case "step":
            given = stepped_by(frame, call)
            if given is not None and is_optimizer(frame.values.get(given)):
                return Event(Kind.STEP, call, call, frame.values[given], ast.unparse(given), frame)
            return Event(Kind.STEP, call, call, receiver, key, frame)
        case "zero_grad":
            return Event(Kind.ZERO, call, call, receiver, key, frame)
        case "zero_grads" | "zero_gradients":
            # Of an accumulator, an engine or a communicator.
            return Event(Kind.CLEAR, call, call, receiver, key, frame)
        case "zero_" | "fill_" | "copy_" | "detach_" if ".grad" in key:
            return Event(Kind.CLEAR, call, call, receiver, key, frame)
    return None


def _is_by_hand(frame: Frame, backward: ast.Call | Value | None) -> bool:
    """Whether something is a gradient that a `backward` written by hand gives: `grad = criterion.backward(loss)`."""
    call = backward.node if isinstance(backward, Value) else backward
    if not isinstance(call, ast.Call) or last_name(call.func) != "backward":
        return False
    return not isinstance(parents(frame.module).get(call), ast.Expr)


def _given(frame: Frame, call: ast.Call, method: str, name: str) -> ast.expr | None:
    bound = bound_call(frame, call, method)
    return bound.argument(name) if bound is not None else None


def stepped_by(frame: Frame, call: ast.Call) -> ast.expr | None:
    """The optimiser that `scaler.step(optimizer)` is given."""
    return _given(frame, call, STEP, "optimizer")


def scaled_by(frame: Frame, call: ast.Call) -> ast.expr | None:
    """What `scaler.scale(loss)` is given."""
    return _given(frame, call, "torch.amp.GradScaler.scale", "outputs")


def _is_gradient(receiver: Value | None) -> bool:
    """Whether `x.backward(given)` is a tensor's method, which takes a gradient; an engine's takes a loss."""
    return receiver is not None and facts.is_tensor(receiver) is True


def _is_own_function(callee: Value) -> bool:
    return any(isinstance(member, FunctionRef) for member in members(callee))


def _functions(frame: Frame, call: ast.Call, callee: Value) -> Iterator[FunctionRef]:
    """The functions of the file that a call runs: what is called, and a closure that `step` is given."""
    for member in members(callee):
        if isinstance(member, FunctionRef):
            yield member
    if isinstance(call.func, ast.Attribute) and call.func.attr == "step":
        for arg in call.args:
            closure = frame.values.get(arg)
            if isinstance(closure, FunctionRef):
                yield closure


def _is_harmless(callee: Value) -> bool:
    """Whether a call that is given an optimiser is known: of torch, of Python, of the file, or `scaler.step`."""
    if isinstance(callee, External):
        return callee.qualname.startswith(("torch.", "builtins."))
    name = getattr(callee, "name", "")
    return _is_own_function(callee) or name in ("step", "unscale_", "append", "add_scalar")


def loop_of(module: Module, node: ast.AST) -> Loop | None:
    """The innermost loop in whose body a node is run."""
    inner = node
    for outer in ancestors(module, node):
        if isinstance(outer, Loop) and inner in outer.body:
            return outer
        inner = outer
    return None


def in_loop(module: Module, node: ast.AST, loop: ast.AST) -> bool:
    """Whether a node is within a loop, or another node around it."""
    return any(outer is loop for outer in ancestors(module, node))


def is_made_in(frame: Frame, value: Value | None, loop: ast.AST) -> bool:
    """Whether an optimiser is made anew on each turn of a loop."""
    for member in members(value) if value is not None else ():
        if member.node is not None and in_loop(frame.module, member.node, loop):
            return True
        statement = frame.definitions.get(member)
        if statement is not None and in_loop(frame.module, statement, loop):
            return True
    return False
