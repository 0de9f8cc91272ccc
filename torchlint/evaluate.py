"""The forward pass: statements in order, branches joined, loops and mutation answered with what is certain."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from torchlint import calls, classes, expressions
from torchlint.frame import Environment, Frame, merge
from torchlint.scout import ClassModel, FunctionModel, Module
from torchlint.values import (
    ClassRef,
    External,
    FunctionRef,
    Instance,
    Item,
    LoopCarried,
    Unknown,
    Value,
    join,
)

if TYPE_CHECKING:
    from torchlint.project import Project

MAX_DEPTH = 5
MAX_CALLS = 120
_NO_GRAD = frozenset(
    {"torch.no_grad", "torch.inference_mode", "torch.autograd.no_grad", "torch.autograd.inference_mode"}
)
# Decorators under which a function is called with the arguments, and returns the result, that its text shows.
_PLAIN_DECORATORS = frozenset(
    {
        *_NO_GRAD,
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


class Evaluator:
    """Evaluates the functions of one file, and those that they reach, each at most once by itself."""

    def __init__(self, module: Module, project: Project | None = None) -> None:
        self.module = module
        self.project = project
        self.calls_left = MAX_CALLS
        self._resolving: set[FunctionModel] = set()
        self._frames: dict[FunctionModel, Frame] = {}
        self._module_frames: dict[Module, Frame] = {}
        self._running: set[FunctionModel] = set()
        self.attribute_cache: dict[tuple[object, str], Value] = {}
        self.constructed: dict[Instance, Frame] = {}

    # -- roots ------------------------------------------------------------------------------------------------

    def module_frame(self, module: Module | None = None) -> Frame:
        """The evaluation of a module's body. While it is under way, what is known so far."""
        module = module or self.module
        frame = self._module_frames.get(module)
        if frame is None:
            frame = self._module_frames[module] = Frame(self, module)
            self._block(frame, module.tree.body)
        return frame

    def frame(self, function: FunctionModel) -> Frame:
        """The evaluation of a function by itself: parameters hold what its callers in the file agree on."""
        known = self._frames.get(function)
        if known is not None:
            return known
        self.calls_left = MAX_CALLS
        closure = self.frame(function.parent) if function.parent else None
        instance: Value | None = None
        if function.cls is not None and function.self_name is not None:
            instance = Instance(function.cls, None, None, None, None)
        frame = Frame(self, function.module, function, instance, closure)
        self._frames[function] = frame
        self.module_frame(function.module)
        self._resolving.add(function)
        for arg in function.parameters:
            frame.bind(arg.arg, calls.parameter(frame, function, arg))
        self._resolving.discard(function)
        self.calls_left = MAX_CALLS
        self._running.add(function)
        self._variadic(frame, function)
        if instance is not None and function.self_name is not None:
            frame.bind(function.self_name, instance)
        self._run(frame, function)
        self._running.discard(function)
        return frame

    def is_busy(self, function: FunctionModel) -> bool:
        """Whether the evaluation of a function is under way, so that its frame cannot be asked yet."""
        return function in self._running or function in self._resolving

    # -- calls of functions of the project ---------------------------------------------------------------------

    def inline(
        self, reference: FunctionRef, args: Sequence[Value], keywords: Mapping[str, Value], caller: Frame
    ) -> Frame | None:
        """Evaluate a function with these arguments. None where it is recursive, too deep, or not what it seems."""
        function = reference.function
        if caller.depth >= MAX_DEPTH or self.calls_left <= 0 or function in self._running:
            return None
        if function.is_generator or isinstance(function.node, ast.AsyncFunctionDef):
            return None
        self.calls_left -= 1
        closure = reference.closure
        if function.parent is not None and closure is None:
            return None
        frame = Frame(self, function.module, function, reference.bound, closure, caller.depth + 1)
        if not self._bind(frame, function, reference.bound, args, keywords):
            return None
        frame.grad = caller.grad
        self.module_frame(function.module)
        self._running.add(function)
        self._run(frame, function)
        self._running.discard(function)
        return frame

    def _bind(
        self,
        frame: Frame,
        function: FunctionModel,
        bound: Value | None,
        args: Sequence[Value],
        keywords: Mapping[str, Value],
    ) -> bool:
        """Bind arguments to parameters as Python does; False where they do not fit."""
        spec = function.node.args
        positional = [*spec.posonlyargs, *spec.args]
        given = [bound, *args] if bound is not None and not function.is_static else list(args)
        if len(given) > len(positional) and spec.vararg is None:
            return False
        left = dict(keywords)
        defaults = [None] * (len(positional) - len(spec.defaults)) + list(spec.defaults)
        for position, (arg, default) in enumerate(zip(positional, defaults, strict=True)):
            if position < len(given):
                value: Value | None = given[position]
            else:
                value = left.pop(arg.arg, None) or self._default(frame, default)
            if value is None:
                return False
            frame.bind(arg.arg, value)
        for arg, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
            value = left.pop(arg.arg, None) or self._default(frame, default)
            if value is None:
                return False
            frame.bind(arg.arg, value)
        if left and spec.kwarg is None:
            return False
        self._variadic(frame, function)
        return True

    def _default(self, frame: Frame, default: ast.expr | None) -> Value | None:
        if default is None:
            return None
        outer = self.module_frame(frame.module)
        return expressions.evaluate(outer, default)

    @staticmethod
    def _variadic(frame: Frame, function: FunctionModel) -> None:
        for arg in (function.node.args.vararg, function.node.args.kwarg):
            if arg is not None:
                frame.bind(arg.arg, Unknown(arg, frame))

    def _run(self, frame: Frame, function: FunctionModel) -> None:
        outer = frame.closure or self.module_frame(function.module)
        for decorator in function.decorators:
            target = decorator.func if isinstance(decorator, ast.Call) else decorator
            name = expressions.peek(outer, target)
            if isinstance(name, External) and name.qualname in _NO_GRAD:
                frame.grad = False
        self._block(frame, function.node.body)
        if frame.statement is not None:
            frame.envs.setdefault(frame.statement, frame.env)

    def is_plain(self, function: FunctionModel) -> bool:
        """Whether no decorator changes what a call of the function gives back."""
        outer = self.module_frame(function.module)
        for decorator in function.decorators:
            target = decorator.func if isinstance(decorator, ast.Call) else decorator
            value = expressions.peek(outer, target)
            if not (isinstance(value, External) and value.qualname in _PLAIN_DECORATORS):
                return False
        return True

    # -- statements ---------------------------------------------------------------------------------------------

    def _block(self, frame: Frame, body: Sequence[ast.stmt]) -> bool:
        """Run statements in order. True if the end of the block can be reached."""
        for statement in body:
            frame.enter(statement)
            handler = _HANDLERS.get(type(statement))
            if handler is not None and not handler(self, frame, statement):
                return False
        return True

    def _expression(self, frame: Frame, statement: ast.Expr) -> bool:
        expressions.evaluate(frame, statement.value)
        return True

    def _assign(self, frame: Frame, statement: ast.Assign) -> bool:
        value = expressions.evaluate(frame, statement.value)
        for target in statement.targets:
            expressions.store(frame, target, value)
        return True

    def _annotated(self, frame: Frame, statement: ast.AnnAssign) -> bool:
        if statement.value is not None:
            expressions.store(frame, statement.target, expressions.evaluate(frame, statement.value))
        return True

    def _augmented(self, frame: Frame, statement: ast.AugAssign) -> bool:
        expressions.augment(frame, statement)
        return True

    def _return(self, frame: Frame, statement: ast.Return) -> bool:
        value = expressions.evaluate(frame, statement.value) if statement.value else expressions.none(statement)
        frame.returns.append((statement, value))
        return False

    def _raise(self, frame: Frame, statement: ast.Raise) -> bool:
        for part in (statement.exc, statement.cause):
            if part is not None:
                expressions.evaluate(frame, part)
        return False

    def _jump(self, frame: Frame, statement: ast.Break | ast.Continue) -> bool:
        frame.exits.append(frame.fork())
        return False

    def _delete(self, frame: Frame, statement: ast.Delete) -> bool:
        for target in statement.targets:
            key = expressions.path(frame, target)
            if key is not None:
                frame.unbind(key)
        return True

    def _assert(self, frame: Frame, statement: ast.Assert) -> bool:
        expressions.evaluate(frame, statement.test)
        return True

    def _if(self, frame: Frame, statement: ast.If) -> bool:
        expressions.evaluate(frame, statement.test)
        decided = _decided(statement.test)
        branches = [statement.body, statement.orelse]
        if decided is not None:
            branches = [statement.body if decided else statement.orelse]
        return self._branches(frame, branches)

    def _branches(self, frame: Frame, blocks: Sequence[Sequence[ast.stmt]]) -> bool:
        start = frame.fork()
        ends: list[Environment] = []
        for block in blocks:
            frame.restore(start)
            if self._block(frame, block):
                ends.append(frame.fork())
        if not ends:
            frame.restore(start)
            return False
        frame.restore(merge(ends))
        return True

    def _for(self, frame: Frame, statement: ast.For | ast.AsyncFor) -> bool:
        iterable = expressions.evaluate(frame, statement.iter)
        self._loop(frame, statement, iterable)
        return True

    def _while(self, frame: Frame, statement: ast.While) -> bool:
        self._loop(frame, statement, None)
        forever = isinstance(statement.test, ast.Constant) and bool(statement.test.value)
        return not forever or any(isinstance(node, ast.Break) for node in ast.walk(statement))

    def _loop(self, frame: Frame, statement: ast.For | ast.AsyncFor | ast.While, iterable: Value | None) -> None:
        frame.loops.append(statement)
        start = frame.fork()
        for name in expressions.changed_names(frame, statement):
            initial = start.get(name)
            if initial is not None:
                frame.bind(name, LoopCarried(initial, statement, frame))
        if isinstance(statement, ast.While):
            expressions.evaluate(frame, statement.test)
        elif iterable is not None:
            expressions.store(frame, statement.target, Item(iterable, statement.target, frame))
        outer, frame.current_loop = frame.current_loop, statement
        exits, frame.exits = frame.exits, []
        ends = [start]
        if self._block(frame, statement.body):
            ends.append(frame.fork())
        frame.restore(merge([*ends, *frame.exits]))
        frame.current_loop, frame.exits = outer, exits
        self._block(frame, statement.orelse)

    def _with(self, frame: Frame, statement: ast.With | ast.AsyncWith) -> bool:
        grad = frame.grad
        for item in statement.items:
            value = expressions.evaluate(frame, item.context_expr)
            if calls.disables_grad(value):
                frame.grad = False
            elif calls.may_change_grad(value):
                frame.grad = True
            if item.optional_vars is not None:
                expressions.store(frame, item.optional_vars, Unknown(item.context_expr, frame))
        reached = self._block(frame, statement.body)
        frame.grad = grad
        return reached

    def _try(self, frame: Frame, statement: ast.Try | ast.TryStar) -> bool:
        start = frame.fork()
        reached = self._block(frame, statement.body)
        if reached:
            reached = self._block(frame, statement.orelse)
        ends = [frame.fork()] if reached else []
        after_body = frame.fork()
        for handler in statement.handlers:
            frame.restore(merge([start, after_body]))
            if handler.name:
                frame.bind(handler.name, Unknown(handler, frame))
            if self._block(frame, handler.body):
                ends.append(frame.fork())
        frame.restore(merge(ends) if ends else after_body)
        finished = self._block(frame, statement.finalbody)
        return bool(ends) and finished

    def _match(self, frame: Frame, statement: ast.Match) -> bool:
        expressions.evaluate(frame, statement.subject)
        blocks: list[list[ast.stmt]] = []
        for case in statement.cases:
            for node in ast.walk(case.pattern):
                for name in (getattr(node, "name", None), getattr(node, "rest", None)):
                    if isinstance(name, str):
                        frame.bind(name, Unknown(node, frame))
            blocks.append(case.body)
        return self._branches(frame, [*blocks, []])

    def _import(self, frame: Frame, statement: ast.Import) -> bool:
        for alias in statement.names:
            if alias.asname:
                frame.bind(alias.asname, External(alias.name, statement))
            else:
                root = alias.name.partition(".")[0]
                frame.bind(root, External(root, statement))
        return True

    def _import_from(self, frame: Frame, statement: ast.ImportFrom) -> bool:
        base = "." * statement.level + (statement.module or "")
        for alias in statement.names:
            if alias.name != "*":
                name = f"{base}{alias.name}" if base.endswith(".") else f"{base}.{alias.name}"
                frame.bind(alias.asname or alias.name, External(name, statement))
        return True

    def _function(self, frame: Frame, statement: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
        model = frame.module.models.get(statement)
        value: Value = Unknown(statement, frame)
        if isinstance(model, FunctionModel) and self._is_plain_here(frame, model):
            value = FunctionRef(model, None, frame if frame.function else None)
        frame.bind(statement.name, value)
        return True

    def _is_plain_here(self, frame: Frame, model: FunctionModel) -> bool:
        for decorator in model.decorators:
            target = decorator.func if isinstance(decorator, ast.Call) else decorator
            value = expressions.peek(frame, target)
            if not (isinstance(value, External) and value.qualname in _PLAIN_DECORATORS):
                return False
        return True

    def _class(self, frame: Frame, statement: ast.ClassDef) -> bool:
        model = frame.module.models.get(statement)
        value: Value = Unknown(statement, frame)
        if isinstance(model, ClassModel):
            classes.remember_scope(model, frame)
            value = ClassRef(model)
        frame.bind(statement.name, value)
        return True


def result(frame: Frame) -> Value:
    """What an evaluated function returns: the value that all return paths agree on, else a choice."""
    values = [value for _, value in frame.returns]
    if not values:
        return expressions.none(None)
    return join(*values)


def _decided(test: ast.expr) -> bool | None:
    """The outcome of a test that is a literal, or the main guard of a script; None where it is open."""
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and test.left.id == "__name__":
        return True
    if isinstance(test, ast.Name) and test.id == "TYPE_CHECKING":
        return True
    return None


_HANDLERS: dict[type[ast.stmt], Callable[[Evaluator, Frame, ast.stmt], bool]] = {
    ast.Expr: Evaluator._expression,
    ast.Assign: Evaluator._assign,
    ast.AnnAssign: Evaluator._annotated,
    ast.AugAssign: Evaluator._augmented,
    ast.Return: Evaluator._return,
    ast.Raise: Evaluator._raise,
    ast.Break: Evaluator._jump,
    ast.Continue: Evaluator._jump,
    ast.Delete: Evaluator._delete,
    ast.Assert: Evaluator._assert,
    ast.If: Evaluator._if,
    ast.For: Evaluator._for,
    ast.AsyncFor: Evaluator._for,
    ast.While: Evaluator._while,
    ast.With: Evaluator._with,
    ast.AsyncWith: Evaluator._with,
    ast.Try: Evaluator._try,
    ast.TryStar: Evaluator._try,
    ast.Match: Evaluator._match,
    ast.Import: Evaluator._import,
    ast.ImportFrom: Evaluator._import_from,
    ast.FunctionDef: Evaluator._function,
    ast.AsyncFunctionDef: Evaluator._function,
    ast.ClassDef: Evaluator._class,
}  # type: ignore[dict-item]
