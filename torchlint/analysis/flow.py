"""The forward pass: statements in order, branches joined, loops and mutation answered with what is certain."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from typing import Any

from torchlint.analysis import classes, expressions, facts, families, storing, trees
from torchlint.analysis.frame import Environment, Frame, merge
from torchlint.analysis.outcomes import outcome
from torchlint.analysis.scout import ClassModel, FunctionModel
from torchlint.analysis.values import Call, ClassRef, Constant, External, FunctionRef, Item, LoopCarried, Unknown, Value

# Decorators under which a function is called with the arguments, and returns the result, that its text shows.
_TENSORS = re.compile(r"Tensor|Parameter")
_PLAIN_DECORATORS = frozenset(
    {
        *families.NO_GRAD,
        "torch.enable_grad",
        "torch.compile",
        "torch.jit.script",
        "torch.jit.ignore",
        "torch.jit.export",
        "torch.jit.unused",
        "builtins.staticmethod",
        "builtins.classmethod",
        "builtins.property",
        "functools.cached_property",
        "functools.lru_cache",
        "functools.cache",
        "typing.override",
        "typing.no_type_check",
        "typing.final",
        "abc.abstractmethod",
    }
)


def run(frame: Frame, body: Sequence[ast.stmt]) -> bool:
    """Run statements in order. True if the end of the block can be reached."""
    for statement in body:
        frame.enter(statement)
        handler = _HANDLERS.get(type(statement))
        if handler is not None and not handler(frame, statement):
            return False
    return True


def _expression(frame: Frame, statement: ast.Expr) -> bool:
    expressions.evaluate(frame, statement.value)
    return True


def _assign(frame: Frame, statement: ast.Assign) -> bool:
    value = expressions.evaluate(frame, statement.value)
    for target in statement.targets:
        storing.store(frame, target, value)
    return True


def _annotated(frame: Frame, statement: ast.AnnAssign) -> bool:
    if statement.value is not None:
        storing.store(frame, statement.target, expressions.evaluate(frame, statement.value))
    return True


def _augmented(frame: Frame, statement: ast.AugAssign) -> bool:
    storing.augment(frame, statement)
    return True


def _return(frame: Frame, statement: ast.Return) -> bool:
    value = expressions.evaluate(frame, statement.value) if statement.value else expressions.none(statement)
    frame.returns.append((statement, value))
    return False


def _raise(frame: Frame, statement: ast.Raise) -> bool:
    for part in (statement.exc, statement.cause):
        if part is not None:
            expressions.evaluate(frame, part)
    return False


def _jump(frame: Frame, statement: ast.Break | ast.Continue) -> bool:
    frame.exits.append(frame.fork())
    return False


def _delete(frame: Frame, statement: ast.Delete) -> bool:
    for target in statement.targets:
        key = expressions.path(frame, target)
        if key is not None:
            frame.unbind(key)
    return True


def _assert(frame: Frame, statement: ast.Assert) -> bool:
    expressions.evaluate(frame, statement.test)
    return True


def _if(frame: Frame, statement: ast.If) -> bool:
    expressions.evaluate(frame, statement.test)
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
        if run(frame, block):
            ends.append(frame.fork())
    if not ends:
        frame.restore(start)
        return False
    frame.restore(merge(ends))
    return True


def _for(frame: Frame, statement: ast.For | ast.AsyncFor) -> bool:
    iterable = expressions.evaluate(frame, statement.iter)
    _loop(frame, statement, iterable)
    return True


def _while(frame: Frame, statement: ast.While) -> bool:
    _loop(frame, statement, None)
    forever = isinstance(statement.test, ast.Constant) and bool(statement.test.value)
    return not forever or any(isinstance(node, ast.Break) for node in trees.walk(statement))


def _loop(frame: Frame, statement: ast.For | ast.AsyncFor | ast.While, iterable: Value | None) -> None:
    frame.loops.append(statement)
    start = frame.fork()
    for name in storing.changed_names(frame, statement):
        initial = start.get(name)
        if initial is not None:
            frame.bind(name, LoopCarried(initial, statement, frame))
    if isinstance(statement, ast.While):
        expressions.evaluate(frame, statement.test)
    elif iterable is not None:
        storing.store(frame, statement.target, Item(iterable, statement.target, frame))
    outer, frame.current_loop = frame.current_loop, statement
    exits, frame.exits = frame.exits, []
    ends = [start]
    if run(frame, statement.body):
        ends.append(frame.fork())
    frame.restore(merge([*ends, *frame.exits]))
    frame.current_loop, frame.exits = outer, exits
    run(frame, statement.orelse)


def _with(frame: Frame, statement: ast.With | ast.AsyncWith) -> bool:
    grad = frame.grad
    for item in statement.items:
        value = expressions.evaluate(frame, item.context_expr)
        if _disables_grad(value):
            frame.grad = False
        elif _may_enable_grad(value):
            frame.grad = True
        if item.optional_vars is not None:
            storing.store(frame, item.optional_vars, Unknown(item.context_expr, frame))
    reached = run(frame, statement.body)
    frame.grad = grad
    return reached


def _try(frame: Frame, statement: ast.Try | ast.TryStar) -> bool:
    start = frame.fork()
    reached = run(frame, statement.body)
    if reached:
        reached = run(frame, statement.orelse)
    ends = [frame.fork()] if reached else []
    after_body = frame.fork()
    for handler in statement.handlers:
        frame.restore(merge([start, after_body]))
        if handler.name:
            frame.bind(handler.name, Unknown(handler, frame))
        if run(frame, handler.body):
            ends.append(frame.fork())
    frame.restore(merge(ends) if ends else after_body)
    finished = run(frame, statement.finalbody)
    return bool(ends) and finished


def _match(frame: Frame, statement: ast.Match) -> bool:
    expressions.evaluate(frame, statement.subject)
    blocks: list[list[ast.stmt]] = []
    for case in statement.cases:
        for node in trees.walk(case.pattern):
            for name in (getattr(node, "name", None), getattr(node, "rest", None)):
                if isinstance(name, str):
                    frame.bind(name, Unknown(node, frame))
        blocks.append(case.body)
    return _branches(frame, [*blocks, []])


def _import(frame: Frame, statement: ast.Import) -> bool:
    for alias in statement.names:
        if alias.asname:
            frame.bind(alias.asname, External(alias.name, statement))
        else:
            root = alias.name.partition(".")[0]
            frame.bind(root, External(root, statement))
    return True


def _import_from(frame: Frame, statement: ast.ImportFrom) -> bool:
    base = "." * statement.level + (statement.module or "")
    for alias in statement.names:
        if alias.name != "*":
            name = f"{base}{alias.name}" if base.endswith(".") else f"{base}.{alias.name}"
            frame.bind(alias.asname or alias.name, External(name, statement))
    return True


def _function(frame: Frame, statement: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    model = frame.module.models.get(statement)
    value: Value = Unknown(statement, frame)
    if isinstance(model, FunctionModel) and is_plain(frame, model):
        value = FunctionRef(model, None, frame if frame.function else None)
    frame.bind(statement.name, value)
    return True


def is_plain(frame: Frame, model: FunctionModel) -> bool:
    """Whether no decorator, read in this frame, changes what a call of the function gives back."""
    for decorator in model.decorators:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        value = expressions.peek(frame, target)
        if not (isinstance(value, External) and value.qualname in _PLAIN_DECORATORS):
            return False
    return True


def _class(frame: Frame, statement: ast.ClassDef) -> bool:
    model = frame.module.models.get(statement)
    value: Value = Unknown(statement, frame)
    if isinstance(model, ClassModel):
        classes.remember_scope(model, frame)
        value = ClassRef(model)
    frame.bind(statement.name, value)
    return True


def _disables_grad(value: Value) -> bool:
    """Whether entering this context manager switches gradients off."""
    if not isinstance(value, Call):
        return False
    if value.qualname in families.NO_GRAD:
        return True
    first = value.args[0] if value.args else value.keywords.get("mode")
    return value.qualname == "torch.set_grad_enabled" and isinstance(first, Constant) and first.value is False


def _may_enable_grad(value: Value) -> bool:
    """Whether entering this context manager may switch gradients on."""
    return isinstance(value, Call) and value.qualname in families.GRAD


_HANDLERS: dict[type[ast.stmt], Callable[[Frame, Any], bool]] = {
    ast.Expr: _expression,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.Return: _return,
    ast.Raise: _raise,
    ast.Break: _jump,
    ast.Continue: _jump,
    ast.Delete: _delete,
    ast.Assert: _assert,
    ast.If: _if,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.While: _while,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Try: _try,
    ast.TryStar: _try,
    ast.Match: _match,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.ClassDef: _class,
}
