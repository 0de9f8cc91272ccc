"""The forward pass: statements in order, branches joined, loops and mutation answered with what is certain."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from torchlint.syntax import trees
from torchlint.syntax.bindings import imported
from torchlint.syntax.module import ClassModel, FunctionModel
from torchlint.torch_facts import ops
from torchlint.values import facts
from torchlint.values.compare import join
from torchlint.values.interpret import assignments, classes, lists
from torchlint.values.interpret.bound_calls import made_by
from torchlint.values.interpret.branches import outcome
from torchlint.values.interpret.decorators import is_plain
from torchlint.values.interpret.frame import Environment, Frame, executes, merge, path
from torchlint.values.value import (
    Call,
    ClassRef,
    Constant,
    External,
    FunctionRef,
    LoopCarried,
    Unknown,
    Value,
)

_TENSORS = re.compile(r"Tensor|Parameter")


@executes(ast.Expr)
def _expression(frame: Frame, statement: ast.Expr) -> bool:
    frame.value(statement.value)
    return True


@executes(ast.Assign)
def _assign(frame: Frame, statement: ast.Assign) -> bool:
    value = frame.value(statement.value)
    for target in statement.targets:
        assignments.store(frame, target, value)
    return True


@executes(ast.AnnAssign)
def _annotated(frame: Frame, statement: ast.AnnAssign) -> bool:
    if statement.value is not None:
        assignments.store(frame, statement.target, frame.value(statement.value))
    return True


@executes(ast.AugAssign)
def _augmented(frame: Frame, statement: ast.AugAssign) -> bool:
    assignments.augment(frame, statement)
    return True


@executes(ast.Return)
def _return(frame: Frame, statement: ast.Return) -> bool:
    value = frame.value(statement.value) if statement.value else Constant(None, statement)
    frame.returns.append((statement, value))
    return False


@executes(ast.Raise)
def _raise(frame: Frame, statement: ast.Raise) -> bool:
    for part in (statement.exc, statement.cause):
        if part is not None:
            frame.value(part)
    return False


@executes(ast.Break, ast.Continue)
def _jump(frame: Frame, statement: ast.Break | ast.Continue) -> bool:
    frame.exits.append(frame.fork())
    return False


@executes(ast.Delete)
def _delete(frame: Frame, statement: ast.Delete) -> bool:
    for target in statement.targets:
        key = path(frame, target)
        if key is not None:
            frame.unbind(key)
    return True


@executes(ast.Assert)
def _assert(frame: Frame, statement: ast.Assert) -> bool:
    frame.value(statement.test)
    return True


@executes(ast.If)
def _if(frame: Frame, statement: ast.If) -> bool:
    frame.value(statement.test)
    decided = outcome(frame, statement.test)
    branches = [statement.body, statement.orelse]
    if decided is not None:
        branches = [statement.body if decided else statement.orelse]
    return _branches(frame, branches, _denied(frame, statement.test))


def _denied(frame: Frame, test: ast.expr) -> str | None:
    """The name of which `isinstance(x, ndarray)` says that it is none of the tensors that callers in the file pass."""
    match test:
        case ast.Call(func=ast.Name(id="isinstance"), args=[ast.Name() as name, kind]):
            value = frame.env.get(name.id)
            leaves = [getattr(part, "attr", getattr(part, "id", "")) for part in trees.walk(kind)]
            if value is not None and facts.is_tensor(value) and not any(_TENSORS.search(leaf) for leaf in leaves):
                return name.id
    return None


def _branches(frame: Frame, blocks: Sequence[Sequence[ast.stmt]], denied: str | None = None) -> bool:
    start = frame.fork()
    ends: list[Environment] = []
    for position, block in enumerate(blocks):
        frame.restore(start)
        if denied is not None and position == 0:
            frame.unbind(denied)
        if frame.run(block):
            ends.append(frame.fork())
    if not ends:
        frame.restore(start)
        return False
    frame.restore(merge(ends))
    return True


@executes(ast.For, ast.AsyncFor)
def _for(frame: Frame, statement: ast.For | ast.AsyncFor) -> bool:
    iterable = frame.value(statement.iter)
    _loop(frame, statement, iterable)
    return True


@executes(ast.While)
def _while(frame: Frame, statement: ast.While) -> bool:
    _loop(frame, statement, None)
    forever = isinstance(statement.test, ast.Constant) and bool(statement.test.value)
    return not forever or any(isinstance(node, ast.Break) for node in trees.walk(statement))


def _loop(frame: Frame, statement: ast.For | ast.AsyncFor | ast.While, iterable: Value | None) -> None:
    frame.loops.append(statement)
    start = frame.fork()
    carried: dict[str, LoopCarried] = {}
    for name in assignments.changed_names(frame, statement):
        initial = start.get(name)
        if initial is not None:
            carried[name] = LoopCarried(initial, statement, frame)
            frame.bind(name, carried[name])
    if isinstance(statement, ast.While):
        frame.value(statement.test)
    elif iterable is not None:
        assignments.store(frame, statement.target, lists.taken(iterable, statement.target, frame))
    outer, frame.current_loop = frame.current_loop, statement
    exits, frame.exits = frame.exits, []
    ends = [start]
    if frame.run(statement.body):
        ends.append(frame.fork())
    turned = [*ends[1:], *frame.exits]
    for name, value in carried.items():
        frame.carried[value] = join(*(end.get(name) or Unknown() for end in turned)) if turned else value
    frame.restore(merge([*ends, *frame.exits]))
    frame.current_loop, frame.exits = outer, exits
    frame.run(statement.orelse)


@executes(ast.With, ast.AsyncWith)
def _with(frame: Frame, statement: ast.With | ast.AsyncWith) -> bool:
    grad = frame.grad
    for item in statement.items:
        value = frame.value(item.context_expr)
        if disables_grad(value):
            frame.grad = False
        elif _may_enable_grad(value):
            frame.grad = True
        if item.optional_vars is not None:
            assignments.store(frame, item.optional_vars, Unknown(item.context_expr, frame))
    reached = frame.run(statement.body)
    frame.grad = grad
    return reached


@executes(ast.Try, ast.TryStar)
def _try(frame: Frame, statement: ast.Try | ast.TryStar) -> bool:
    start = frame.fork()
    reached = frame.run(statement.body)
    if reached:
        reached = frame.run(statement.orelse)
    ends = [frame.fork()] if reached else []
    after_body = frame.fork()
    for handler in statement.handlers:
        frame.restore(merge([start, after_body]))
        if handler.name:
            frame.bind(handler.name, Unknown(handler, frame))
        if frame.run(handler.body):
            ends.append(frame.fork())
    frame.restore(merge(ends) if ends else after_body)
    finished = frame.run(statement.finalbody)
    return bool(ends) and finished


@executes(ast.Match)
def _match(frame: Frame, statement: ast.Match) -> bool:
    frame.value(statement.subject)
    blocks: list[list[ast.stmt]] = []
    for case in statement.cases:
        for node in trees.walk(case.pattern):
            for name in (getattr(node, "name", None), getattr(node, "rest", None)):
                if isinstance(name, str):
                    frame.bind(name, Unknown(node, frame))
        blocks.append(case.body)
    return _branches(frame, [*blocks, []])


@executes(ast.Import, ast.ImportFrom)
def _import(frame: Frame, statement: ast.Import | ast.ImportFrom) -> bool:
    for each in imported(statement):
        if each.name != "*":
            frame.bind(each.name, External(each.qualname, statement))
    return True


@executes(ast.FunctionDef, ast.AsyncFunctionDef)
def _function(frame: Frame, statement: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    model = frame.module.models.get(statement)
    value: Value = Unknown(statement, frame)
    if isinstance(model, FunctionModel) and is_plain(frame, model):
        value = FunctionRef(model, None, frame if frame.function else None)
    frame.bind(statement.name, value)
    return True


@executes(ast.ClassDef)
def _class(frame: Frame, statement: ast.ClassDef) -> bool:
    model = frame.module.models.get(statement)
    value: Value = Unknown(statement, frame)
    if isinstance(model, ClassModel):
        classes.remember_scope(model, frame)
        value = ClassRef(model)
    frame.bind(statement.name, value)
    return True


def disables_grad(value: Value | None) -> bool:
    """Whether entering this context manager switches gradients off."""
    if not isinstance(value, Call):
        return False
    if value.qualname in ops.NO_GRAD:
        return True
    made = made_by(value, "torch.set_grad_enabled") if value.qualname == "torch.set_grad_enabled" else None
    return made is not None and made.constant("mode") is False


def _may_enable_grad(value: Value) -> bool:
    """Whether entering this context manager may switch gradients on."""
    return isinstance(value, Call) and value.qualname in ops.GRAD
