"""Evaluations: of a function by itself, of a call with its arguments, of the body of a module."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from torchlint.syntax.module import FunctionModel, Module

# Those that only have handlers of expressions, statements and calls are imported to register them.
from torchlint.values.interpret import (
    assignments,
    attributes,  # noqa: F401
    callers,
    calls,  # noqa: F401
    data_samples,
    decorators,
    expressions,  # noqa: F401
    methods,  # noqa: F401
    operators,  # noqa: F401
    statements,  # noqa: F401
    unread_tables,
)
from torchlint.values.interpret.frame import Deferred, Frame, Known, Lookup
from torchlint.values.interpret.method_slices import slice_of
from torchlint.values.value import External, FunctionRef, Instance, Items, Mapped, Unknown, Value

MAX_DEPTH = 5
MAX_CALLS = 120
# How many expressions in functions that are called, and in constants of classes, are evaluated for all of a file. What
# is left after that is unknown, on every machine alike. Files of timm take 5,700 at the most, of transformers 42,000.
MAX_STEPS = 300_000


class _Rest(NamedTuple):
    """What is left to evaluate of a function, and how many calls may still be looked into."""

    body: list[ast.stmt]
    calls_left: int


class Evaluator:
    """Evaluates the functions of one file, and those that they reach, each at most once by itself."""

    def __init__(self, module: Module, project: Lookup | None = None) -> None:
        self.module = module
        self.project = project
        self.calls_left = MAX_CALLS
        self.steps_left = MAX_STEPS
        self._resolving: set[FunctionModel] = set()
        self._frames: dict[FunctionModel, Frame] = {}
        self._writers: dict[FunctionModel, Frame] = {}
        self._module_frames: dict[Module, Frame] = {}
        self._left_out: dict[Module, list[ast.stmt]] = {}
        self._rest: dict[FunctionModel, _Rest] = {}
        self._deferred: dict[FunctionModel | None, Deferred] = {}
        self._running: set[FunctionModel] = set()
        self._modules_under_way = 0
        self.known = Known()
        self.frames: list[Frame] = []

    def close(self) -> None:
        """Let go of everything. Frames, values and models refer to each other: without this only the collector, which
        would walk over all of them, could free them."""
        for frame in self.frames:
            frame.__dict__.clear()
        self.module.close()
        self.__dict__.clear()

    @property
    def loads_module(self) -> bool:
        """Whether the body of a module is being evaluated, so that some of its names are not bound yet."""
        return self._modules_under_way > 0

    def deferred(self, function: FunctionModel | None, *, bare: bool = False) -> Frame:
        """The frame of a function of the file or of its module's body, evaluated when it is asked for more than where
        it is; `bare`, of the latter, where only names are looked up."""
        if function is not None and function in self._frames:
            return self.frame(function)
        if function is None and self.module in self._module_frames:
            return self.surroundings(self.module) if bare else self.module_frame()
        frame = self._deferred.get(function)
        if frame is None:
            frame = self._deferred[function] = Deferred(self, self.module, function)
            self.frames.append(frame)
        frame.bare = bare
        return frame

    def _made(
        self,
        module: Module,
        function: FunctionModel | None = None,
        instance: Value | None = None,
        closure: Frame | None = None,
    ) -> Frame:
        deferred = self._deferred.pop(function, None) if module is self.module else None
        if deferred is not None:
            return deferred.begin(instance, closure)
        return Frame(self, module, function, instance, closure)

    # -- roots ------------------------------------------------------------------------------------------------

    def module_frame(self, module: Module | None = None) -> Frame:
        """The evaluation of a module's body. While it is under way, what is known so far."""
        module = module or self.module
        frame = self._module_frames.get(module)
        if frame is None:
            frame = self._module_frames[module] = self._made(module)
            self._modules_under_way += 1
            frame.run(module.tree.body)
            self._modules_under_way -= 1
        elif module in self._left_out:
            self._catch_up(frame, self._left_out.pop(module))
        return frame

    def surroundings(self, module: Module) -> Frame:
        """The same, for those who only look up names: tables that nothing reads may be left out until they are."""
        frame = self._module_frames.get(module)
        if frame is not None:
            return frame
        frame = self._module_frames[module] = self._made(module)
        unread = unread_tables.unread(module)
        left_out: list[ast.stmt] = []
        self._modules_under_way += 1
        for statement in module.tree.body:
            if statement in unread:
                frame.enter(statement)
                left_out.append(statement)
            elif not frame.run([statement]):
                break
        self._modules_under_way -= 1
        if left_out:
            self._left_out[module] = left_out
        return frame

    def _catch_up(self, frame: Frame, left_out: Sequence[ast.stmt]) -> None:
        """Run statements of a module that were left out, each where it stands."""
        end, last, calls_left = frame.fork(), frame.statement, self.calls_left
        for statement in left_out:
            self.calls_left = MAX_CALLS
            frame.restore(frame.envs[statement])
            frame.run([statement])
            end = frame.env | end
        frame.restore(end)
        frame.statement, self.calls_left = last, calls_left

    def frame(self, function: FunctionModel) -> Frame:
        """The evaluation of a function by itself: parameters hold what its callers in the file agree on."""
        frame = self._frames.get(function) or self._begin(function)
        if function in self._rest:
            self._go_on(frame, function, len(self._rest[function].body))
        return frame

    def frame_of_writer(self, method: FunctionModel) -> Frame:
        """The evaluation of a method by itself, as far as it assigns what this file reads of an instance."""
        if method.module is self.module or method.cls is None or method in self._frames or not method.is_procedure:
            return self.frame(method)
        frame = self._writers.get(method)
        if frame is None:
            frame = self._new(method, self._writers)
            self._running.add(method)
            frame.run(slice_of(frame, method.cls, method).body)
            self._running.discard(method)
        return frame

    def sample(self, frame: Frame, instance: Instance) -> Value | None:
        """What a data set of the project gives for an index; None where that is not known."""
        return data_samples.sample(frame, instance)

    def value_in(self, function: FunctionModel, node: ast.expr) -> Value | None:
        """The value of one expression in a function: what follows it need not be evaluated for that, nor the call that
        a name is an argument of."""
        frame = self._frames.get(function) or self._begin(function)
        if function not in self._rest:
            return frame.values.get(node)
        body = self._rest[function].body
        count = _count_up_to(body, node)
        if count and isinstance(node, ast.Name) and assignments.is_steady(body[count - 1]):
            self._go_on(frame, function, count - 1)
            held = frame.env.get(node.id)
            if function in self._rest and held is not None and not isinstance(held, External):
                return held
            count = 1
        if function in self._rest:
            self._go_on(frame, function, count)
        return frame.values.get(node)

    def _begin(self, function: FunctionModel) -> Frame:
        """A new frame of a function, before its first statement."""
        frame = self._new(function, self._frames)
        self._rest[function] = _Rest(function.node.body, MAX_CALLS)
        return frame

    def _new(self, function: FunctionModel, frames: dict[FunctionModel, Frame]) -> Frame:
        """A new frame of a function, with its parameters; it is among these frames before they are evaluated."""
        self.calls_left = MAX_CALLS
        closure = self.frame(function.parent) if function.parent else None
        instance: Value | None = None
        if function.cls is not None and function.self_name is not None:
            instance = Instance(function.cls, None, None, None, None)
        frame = self._made(function.module, function, instance, closure)
        frames[function] = frame
        self.surroundings(function.module)
        self._resolving.add(function)
        for arg, value in callers.parameters(frame, function):
            frame.bind(arg.arg, value)
        self._resolving.discard(function)
        self._variadic(frame, function)
        if instance is not None and function.self_name is not None:
            frame.bind(function.self_name, instance)
        self._enter(frame, function)
        return frame

    def _go_on(self, frame: Frame, function: FunctionModel, count: int) -> None:
        """Evaluate some more statements of a function."""
        rest = self._rest.pop(function)
        self.calls_left = rest.calls_left
        self._running.add(function)
        reached = frame.run(rest.body[:count])
        self._running.discard(function)
        if reached and count < len(rest.body):
            self._rest[function] = _Rest(rest.body[count:], self.calls_left)

    def is_busy(self, function: FunctionModel) -> bool:
        """Whether the evaluation of a function is under way, so that its frame cannot be asked yet."""
        return function in self._running or function in self._resolving

    # -- calls of functions of the project ---------------------------------------------------------------------

    def inline(
        self,
        reference: FunctionRef,
        args: Sequence[Value],
        keywords: Mapping[str, Value],
        caller: Frame,
        body: Sequence[ast.stmt] | None = None,
    ) -> Frame | None:
        """Evaluate a function with these arguments, or the part of it that matters to the caller. None where it is
        recursive, too deep, or not what it seems."""
        function = reference.function
        if caller.depth >= MAX_DEPTH or self.calls_left <= 0 or self.steps_left <= 0 or function in self._running:
            return None
        if function.is_generator or isinstance(function.node, ast.AsyncFunctionDef):
            return None
        self.calls_left -= 1
        closure = reference.closure if isinstance(reference.closure, Frame) else None
        if function.parent is not None and closure is None:
            return None
        frame = Frame(self, function.module, function, reference.bound, closure, caller.depth + 1)
        if not self._bind(frame, function, reference.bound, args, keywords):
            return None
        frame.grad = caller.grad
        frame.caller, frame.call_site = caller, caller.statement
        caller.inlined.append(frame)
        self.surroundings(function.module)
        self._running.add(function)
        self._enter(frame, function)
        frame.run(function.node.body if body is None else body)
        self._running.discard(function)
        self.steps_left -= len(frame.values)
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
        if spec.vararg is not None:
            frame.bind(spec.vararg.arg, Items(given[len(positional) :], "tuple", spec.vararg, frame))
        if spec.kwarg is not None:
            frame.bind(spec.kwarg.arg, Mapped(left, spec.kwarg, frame))
        return True

    def _default(self, frame: Frame, default: ast.expr | None) -> Value | None:
        if default is None:
            return None
        outer = self.surroundings(frame.module)
        return outer.value(default)

    @staticmethod
    def _variadic(frame: Frame, function: FunctionModel) -> None:
        for arg in (function.node.args.vararg, function.node.args.kwarg):
            if arg is not None:
                frame.bind(arg.arg, Unknown(arg, frame))

    def _enter(self, frame: Frame, function: FunctionModel) -> None:
        """What the decorators of a function do before its body runs."""
        outer = frame.closure or self.surroundings(function.module)
        if decorators.disables_grad(outer, function):
            frame.grad = False

    def is_plain(self, function: FunctionModel) -> bool:
        """Whether no decorator changes what a call of the function gives back."""
        return decorators.is_plain(self.surroundings(function.module), function)


def evaluated(module: Module, project: Lookup | None = None) -> Evaluator:
    """The evaluations of a whole file: its body, and each of its functions."""
    evaluator = Evaluator(module, project)
    evaluator.module_frame()
    for model in module.models.values():
        if isinstance(model, FunctionModel):
            evaluator.frame(model)
    return evaluator


def _count_up_to(body: Sequence[ast.stmt], node: ast.expr) -> int:
    """How many statements there are up to the one that a node is in, that one included."""
    place = (node.lineno, node.col_offset)
    return sum((statement.lineno, statement.col_offset) <= place for statement in body)
