"""What a parameter is, told by what its function does with it: a name alone is not evidence, use is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from torchlint.rule import (
    WARNING,
    External,
    Frame,
    Loop,
    Module,
    Parameter,
    Problem,
    Value,
    ancestors,
    frame_of,
    last_name,
    members,
    once_per_file,
    peek,
    trees,
)

_OPTIMIZER = re.compile(
    r"(?:torch\.optim|apex\.optimizers|bitsandbytes\.optim)\.(?!lr_scheduler|swa_utils)(?:\w+\.)*[A-Z]\w*$"
)
OPTIMIZER_BASES = frozenset({"torch.optim.Optimizer", "torch.optim.optimizer.Optimizer"})
# What is done with an optimiser. Anything else is of a wrapper, which may clear gradients or schedule as it likes.
_OF_OPTIMIZERS = frozenset(
    {"step", "zero_grad", "param_groups", "state", "state_dict", "load_state_dict", "add_param_group", "defaults"}
)
_CLIPS = frozenset({"clip_grad_norm_", "clip_grad_value_", "clip_grad_norm"})
_SCHEDULERS = "torch.optim.lr_scheduler."
_SCHEDULER_NAME = re.compile(r"sched", re.IGNORECASE)
_BACKWARD = frozenset({"backward", "manual_backward"})

# An expression that holds the parameter, where the code does something with it.
_Use = ast.Name | ast.Attribute


def is_optimizer_class(qualname: str) -> bool:
    """Whether a dotted name is that of a class of optimisers."""
    return _OPTIMIZER.match(qualname) is not None


def is_optimizer_by_use(value: Parameter) -> bool:
    """Whether a parameter is annotated as an optimiser of torch, or used as one and as nothing else."""
    memo = value.memo
    if memo is None:
        memo = value.memo = {}
    if "optimizer" not in memo:
        memo["optimizer"] = _is_annotated(value) or _is_used_as_optimizer(value)
    return bool(memo["optimizer"])


def rests_on_use(*values: Value | None) -> bool:
    """Whether one of these optimisers is told by its use alone."""
    return any(True for _ in _told_by_use(*values))


def _told_by_use(*values: Value | None) -> Iterator[Parameter]:
    for member in (member for value in values if value is not None for member in members(value)):
        if isinstance(member, Parameter) and not _is_annotated(member):
            yield member


def resting_on_use(problem: Problem, message: str, *optimizers: Value | None) -> Problem:
    """A problem that says so where it rests on what is done with a parameter, and is a warning then."""
    name = next((member.name for member in _told_by_use(*optimizers)), None)
    if name is None:
        return problem
    note = f"the parameter `{name}` is used as an optimizer and taken for one"
    return problem._replace(message=f"{problem.message or message}; {note}", severity=WARNING)


def _is_annotated(value: Parameter) -> bool:
    frame = frame_of(value)
    if frame is None or value.annotation is None:
        return False
    return any(
        isinstance(held, External) and is_optimizer_class(held.qualname) for held in _annotated(frame, value.annotation)
    )


def _annotated(frame: Frame, annotation: ast.expr) -> Iterator[Value]:
    """What an annotation names: also in a string, in `Optional[..]` and beside `None`."""
    outer = frame.evaluator.surroundings(frame.module)
    match annotation:
        case ast.Constant(value=str() as text):
            try:
                yield from _annotated(frame, ast.parse(text, mode="eval").body)
            except SyntaxError:
                return
        case ast.Subscript(value=base, slice=inner) if last_name(base) == "Optional":
            yield from _annotated(frame, inner)
        case ast.BinOp(left=inner, op=ast.BitOr(), right=ast.Constant(value=None)):
            yield from _annotated(frame, inner)
        case ast.Name() | ast.Attribute():
            yield peek(outer, annotation)


def _is_used_as_optimizer(value: Parameter) -> bool:
    frame = frame_of(value)
    function = frame.function if frame is not None else None
    if frame is None or function is None or function.self_name == value.name:
        return False
    if "step" not in frame.module.words.all:
        return False  # Spares a walk over the function.
    uses = list(_uses(frame, value))
    above = {use: list(ancestors(frame.module, use)) for use in uses}
    done = {outers[0].attr for outers in above.values() if outers and isinstance(outers[0], ast.Attribute)}
    called = any(outers and isinstance(outers[0], ast.Call) and outers[0].func is use for use, outers in above.items())
    if called or not done <= _OF_OPTIMIZERS:
        return False
    handed = [use for use, outers in above.items() if outers and isinstance(outers[0], ast.Call)]
    if any(_is_taken_by_torch(frame, use, above[use]) for use in handed):
        return True
    steps = [outers for outers in above.values() if len(outers) > 1 and _is_plain_call(outers[1], outers[0], "step")]
    if not any(_follows_backward(frame.module, outers) for outers in steps):
        return False
    return bool(done & {"zero_grad", "param_groups"}) or any(_shares_loop_with_clip(outers) for outers in steps)


def _uses(frame: Frame, value: Parameter) -> Iterator[_Use]:
    """Where a parameter is read: its name in its function, or the attribute of the instance that `__init__` keeps it
    in, in all methods. Nothing where the name or attribute is given anything else."""
    function = frame.function
    assert function is not None
    names = [node for node in trees.walk(function.node) if isinstance(node, ast.Name) and node.id == value.name]
    if any(not isinstance(node.ctx, ast.Load) for node in names):
        return
    yield from names
    if function.cls is None or function.name != "__init__":
        return
    kept = _kept_in(function.node, value.name, function.self_name)
    for node in trees.walk(function.cls.node):
        if isinstance(node, ast.Attribute) and node.attr in kept and ast.unparse(node.value) == function.self_name:
            yield node


def _kept_in(init: ast.AST, name: str, self_name: str | None) -> set[str]:
    """The attributes of the instance that `__init__` stores a parameter in."""
    return {
        target.attr
        for node in trees.walk(init)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name) and node.value.id == name
        for target in node.targets
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == self_name
    }


def _is_plain_call(node: ast.AST, func: ast.AST, name: str) -> bool:
    """Whether a node is the call `x.name()`, without arguments."""
    return (
        isinstance(node, ast.Call)
        and node.func is func
        and isinstance(func, ast.Attribute)
        and func.attr == name
        and not node.args
        and not node.keywords
    )


def _is_taken_by_torch(frame: Frame, use: ast.AST, outers: Sequence[ast.AST]) -> bool:
    """Whether something is given to what takes optimisers only: a scheduler of torch, or a `GradScaler`, which has
    `scale`, `step` and `update`."""
    call = outers[0]
    assert isinstance(call, ast.Call)
    if not call.args or call.args[0] is not use:
        return False
    callee = peek(frame.evaluator.surroundings(frame.module), call.func)
    if isinstance(callee, External) and callee.qualname.startswith(_SCHEDULERS):
        return True
    func = call.func
    if not isinstance(func, ast.Attribute) or func.attr not in ("step", "unscale_"):
        return False
    scaler = ast.unparse(func.value)
    return {"scale", "update"} <= _attributes_of(frame.module).get(scaler, set())


@once_per_file
def _attributes_of(module: Module) -> dict[str, set[str]]:
    """For each name that attributes are read of, which."""
    found: dict[str, set[str]] = {}
    for node in trees.walk(module.tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute):
            found.setdefault(ast.unparse(node.value), set()).add(node.attr)
    return found


def _follows_backward(module: Module, outers: Sequence[ast.AST]) -> bool:
    """Whether a backward pass stands before a step, in the innermost loop around it or, without one, its function."""
    step = outers[0]
    around = next((outer for outer in outers if isinstance(outer, Loop | ast.FunctionDef | ast.AsyncFunctionDef)), None)
    return around is not None and any(
        isinstance(node, ast.Attribute) and node.attr in _BACKWARD and node.lineno <= getattr(step, "lineno", 0)
        for node in trees.walk(around)
    )


def _is_alone(step: ast.AST, loop: ast.AST) -> bool:
    """Whether `x.step`, an attribute, is of all that a loop steps."""
    return isinstance(step, ast.Attribute) and _stepped(loop) == {ast.unparse(step.value)}


def _stepped(loop: ast.AST) -> set[str]:
    """What a loop steps, as it is written, without what is called a scheduler beside something else."""
    stepped = {
        ast.unparse(node.func.value)
        for node in trees.walk(loop)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "step"
    }
    return {name for name in stepped if not _SCHEDULER_NAME.search(name)} or stepped


def _shares_loop_with_clip(outers: Sequence[ast.AST]) -> bool:
    """Whether the loop that steps clips the gradients of a model's parameters, and steps nothing else, which might be
    the optimiser while this is a scheduler."""
    loop = next((outer for outer in outers if isinstance(outer, Loop)), None)
    if loop is None:
        return False
    calls = [node for node in trees.walk(loop) if isinstance(node, ast.Call)]
    return _is_alone(outers[0], loop) and any(
        last_name(call.func) in _CLIPS
        and any(isinstance(arg, ast.Call) and last_name(arg.func) == "parameters" for arg in call.args)
        for call in calls
    )
