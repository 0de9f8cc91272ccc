"""What torchlint knows of recorded calls: of a function by itself, or as it was called."""

from __future__ import annotations

import ast
import inspect
import sys
import types
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch

from benchmarks.recorded_shapes import Call, Recorder, Span, Tensor, spans
from torchlint.source import Source
from torchlint.syntax.import_index import ImportIndexes
from torchlint.syntax.module import ClassModel, FunctionModel, Module
from torchlint.syntax.parsing import parse
from torchlint.torch_facts.dims import Polynomial, Shape, Size, Symbol, is_known
from torchlint.values import value as values
from torchlint.values.facts import known_shapes
from torchlint.values.interpret import classes
from torchlint.values.interpret.evaluator import MAX_CALLS, MAX_STEPS, Evaluator
from torchlint.values.interpret.frame import Frame
from torchlint.values.interpret.lookup import external
from torchlint.values.interpret.project import Project
from torchlint.values.value import (
    ClassRef,
    Constant,
    External,
    FunctionRef,
    Instance,
    Items,
    Mapped,
    Op,
    Parameter,
    Value,
)

_LITERALS = int | float | str | bool | None
_MOST_FILES = 40
_MOST_NESTED = 3


class Known:
    """What is known of the expressions of a function, by where these are; `why` it is not evaluated, if it is not."""

    def __init__(self, frame: Frame | None, why: str = "") -> None:
        self.why = why
        self._frame = frame
        self._found: dict[Span, tuple[Shape, ...]] = {}

    def value(self, span: Span) -> Value | None:
        if self._frame is None or self._frame.function is None:
            return None
        node = _nodes_of(self._frame.function.module).get(span)
        return None if node is None else self._frame.values.get(node)

    def shapes(self, span: Span) -> tuple[Shape, ...]:
        if span not in self._found:
            value = self.value(span)
            shapes = known_shapes.shapes(value) if value is not None else ()
            self._found[span] = shapes if all(map(is_known, shapes)) else ()
        return self._found[span]


class Files:
    """The files that calls are of."""

    def __init__(self) -> None:
        self._files: dict[str, _File] = {}

    def alone(self, call: Call) -> Known:
        """What is known of a function of which no call is known."""
        return self._of(call.path).alone(call.row)

    def called(self, call: Call, recorder: Recorder) -> Known:
        """What is known of a method that is called so, of a module that was made so."""
        if call.owner is None:
            return self._of(call.path).called("", call, call)
        cls = type(call.owner)
        made = next(iter(recorder.made.get(id(call.owner), ())), None)
        if not isinstance(call.owner, torch.nn.Module) or made is None:
            return Known(None, "a method of what is not a module, or was made elsewhere")
        try:
            path = inspect.getfile(cls)
        except TypeError:
            return Known(None, "a class without a file")
        return self._of(path).called(cls.__name__, made, call)

    def trim(self) -> None:
        """Let go of the files if they are many."""
        if len(self._files) > _MOST_FILES:
            self._files.clear()
            _NODES.clear()

    def _of(self, path: str) -> _File:
        if path not in self._files:
            self._files[path] = _File(path)
        return self._files[path]


class _File:
    """What is known of a file without running it."""

    def __init__(self, path: str) -> None:
        source = Source(path, Path(path).read_text(encoding="utf-8"))
        tree = parse(source.text)[0]
        assert tree is not None
        self.module = Module(source, tree)
        self.evaluator = Evaluator(self.module, Project(self.module, ImportIndexes))
        self.functions = {
            model.node.lineno: model for model in self.module.models.values() if isinstance(model, FunctionModel)
        }
        self.classes = {model.name: model for model in self.module.models.values() if isinstance(model, ClassModel)}
        self._calls: dict[tuple[object, ...], Known] = {}

    def alone(self, row: int) -> Known:
        function = self.functions.get(row)
        return Known(None, "a nested function") if function is None else Known(self.evaluator.frame(function))

    def called(self, cls: str, made: Call, call: Call) -> Known:
        key = (cls, call.path, call.row, _key(made.arguments), _key(call.arguments))
        if key not in self._calls:
            self._calls[key] = self._evaluated(cls, made, call)
        return self._calls[key]

    def _evaluated(self, cls: str, made: Call, call: Call) -> Known:
        function, model = self.functions.get(call.row), self.classes.get(cls)
        outer = self.evaluator.module_frame()
        self.evaluator.calls_left, self.evaluator.steps_left = MAX_CALLS, MAX_STEPS
        if not cls and function is not None and function.parent is None and function.cls is None:
            return self._inlined(FunctionRef(function), call, outer)
        if model is None:
            return Known(None, "a nested function or class")
        method = next((each for each in _methods(outer, model) if each.node.lineno == call.row), None)
        if method is None or method.module.source.path != call.path:
            return Known(None, "a method of a base that is not found")
        positional, named = _as_values(outer, made.arguments)
        instance = Instance(model, positional, named, None, outer)
        return self._inlined(FunctionRef(method, instance), call, outer)

    def _inlined(self, reference: FunctionRef, call: Call, outer: Frame) -> Known:
        frame = self.evaluator.inline(reference, *_as_values(outer, call.arguments), outer)
        return Known(frame, "" if frame is not None else "a call that is not looked into")


def _key(held: Any) -> object:
    """What tells an argument from others; of what is not known as a value, its class."""
    if isinstance(held, Mapping):
        return tuple((name, _key(part)) for name, part in held.items())
    if isinstance(held, partial):
        return _key(held.func), _key(held.args), _key(held.keywords)
    if isinstance(held, list | tuple):
        return type(held), tuple(map(_key, held))
    if type(held).__name__.endswith("Config"):
        return type(held), _key({name: part for name, part in _settings(held).items() if part is not held})
    return (type(held), held) if isinstance(held, _LITERALS) else held if isinstance(held, type) else type(held)


def _methods(frame: Frame, cls: ClassModel) -> Iterator[FunctionModel]:
    for ancestor in classes.lineage(frame, cls):
        if isinstance(ancestor, ClassModel):
            yield from ancestor.methods.values()


def _as_values(frame: Frame, arguments: Mapping[str, Any]) -> tuple[list[Value], dict[str, Value]]:
    """Arguments by position, which are those that `*args` took, and by keyword."""
    more = arguments.get("kwargs", {})
    named = {name: held for name, held in arguments.items() if name != "kwargs" and not name.startswith("__")}
    rest = named.pop("args", ())
    if rest:
        positional = [_as_value(frame, held) for held in (*named.values(), *rest)]
        return positional, {name: _as_value(frame, held) for name, held in more.items()}
    return [], {name: _as_value(frame, held) for name, held in {**named, **more}.items()}


def _as_value(frame: Frame, held: Any, nested: int = 0) -> Value:
    """What a call passes, as if it were written."""
    if isinstance(held, Tensor):
        sizes = Items([Constant(size) for size in held.shape], "tuple", None, frame)
        return Op("empty", {"size": sizes, "dtype": External(f"torch.{held.dtype}")}, {}, "torch", None, frame)
    if isinstance(held, _LITERALS):
        return Constant(held)
    if type(held) in (list, tuple):
        return Items([_as_value(frame, item) for item in held], type(held).__name__, None, frame)
    if isinstance(held, dict) and all(isinstance(key, str) for key in held):
        return Mapped({key: _as_value(frame, item) for key, item in held.items()}, None, frame)
    if isinstance(held, partial):
        parts = [_as_value(frame, part) for part in (held.func, *held.args)]
        keywords = {name: _as_value(frame, part) for name, part in held.keywords.items()}
        return values.Call(External("functools.partial"), parts, keywords, None, frame)
    if isinstance(held, type | types.FunctionType):
        return _definition(frame, held)
    if type(held).__name__.endswith("Config") and nested < _MOST_NESTED:
        settings = {name: _as_value(frame, part, nested + 1) for name, part in _settings(held).items()}
        return values.Call(External("types.SimpleNamespace"), [], settings, None, frame)
    return values.Unknown()


def _definition(frame: Frame, held: Any) -> Value:
    """A class or function, which may be one of the file itself."""
    own = frame.all_bindings(held.__name__)
    if isinstance(own, ClassRef | FunctionRef) and inspect.getmodule(held) is _module_at(frame.module.source.path):
        return own
    return external(frame, f"{held.__module__}.{held.__qualname__}", None)


def _module_at(path: str) -> types.ModuleType | None:
    return next((each for each in [*sys.modules.values()] if getattr(each, "__file__", None) == path), None)


def _settings(config: Any) -> dict[str, Any]:
    """What an object of settings has under its names, other names for them among these."""
    names = [*vars(config), *getattr(type(config), "attribute_map", {}), "_attn_implementation"]
    return {name: getattr(config, name, None) for name in names if name.isidentifier()}


_NODES: dict[Module, dict[Span, ast.expr]] = {}


def _nodes_of(module: Module) -> dict[Span, ast.expr]:
    if module not in _NODES:
        _NODES[module] = dict(spans(module.tree))
    return _NODES[module]


class Numbers:
    """What the symbols of shapes stand for in one call."""

    def __init__(self, call: Call, recorder: Recorder) -> None:
        self.call = call
        self.made = recorder.made.get(id(call.owner), [])
        self.bound: dict[Symbol, int] = {}

    def of(self, size: Size) -> int | None:
        """The number that a size is; None where that cannot be told."""
        if isinstance(size, int):
            return size
        total = 0
        for monomial, count in size.terms.items():
            for one, power in monomial:
                number = self._symbol(one)
                if number is None:
                    return None
                count *= number**power
            total += count
        return total

    def _symbol(self, one: Symbol) -> int | None:
        if one not in self.bound:
            number = self._found(one.key)
            if number is None:
                return None
            self.bound[one] = number
        return self.bound[one]

    def _found(self, key: Any) -> int | None:
        match key:
            case Parameter():
                return _number(self._argument(key))
            case ("floor", a, b):
                top, bottom = self.of(a), self.of(b)
                return None if top is None or not bottom else top // bottom
            case ("size", Parameter() as parameter, int() as dim):
                held = self._argument(parameter)
                shape = held.shape if isinstance(held, Tensor) else ()
                return shape[dim] if -len(shape) <= dim < len(shape) else None
            case (Parameter() as parameter, tuple() as names):
                value = self._argument(parameter)
                for name in names:
                    value = getattr(value, name, None)
                return _number(value)
        return None

    def _argument(self, parameter: Parameter) -> Any:
        place = _place(parameter)
        for call in (self.call, *self.made):
            if (call.path, call.row) == place:
                return call.arguments.get(parameter.name)
        return None


def _place(parameter: Parameter) -> tuple[str, int] | None:
    function = parameter.frame.function if parameter.frame is not None else None
    return (function.module.source.path, function.node.lineno) if function is not None else None


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def is_named(size: Size) -> bool:
    """Whether a size is a number, or made of symbols that stand for something."""
    return isinstance(size, int) or all(_stands_for_something(one.key) for one in _symbols(size))


def _stands_for_something(key: Any) -> bool:
    """Whether what a symbol is of is known itself: in a loop, half of an unknown size is another number each turn."""
    match key:
        case ("floor", a, b):
            return is_named(a) and is_named(b)
        case ("int", size):
            return is_named(size)
    return type(key) is not object


def _symbols(size: Polynomial) -> Iterator[Symbol]:
    for monomial in size.terms:
        for one, _ in monomial:
            yield one


def fits(shape: Shape, actual: tuple[int, ...], numbers: Numbers) -> bool:
    """Whether a shape may be the one that was seen."""
    if shape.at_least > len(actual) or (shape.rank is not None and shape.rank != len(actual)):
        return False
    last = actual[len(actual) - len(shape.sizes) :]
    return all(_is(size, number, numbers) for size, number in zip(shape.sizes, last, strict=True))


def _is(size: Size, number: int, numbers: Numbers) -> bool:
    found = numbers.of(size)
    if found is None and isinstance(size, Polynomial):
        symbols = [*_symbols(size)]
        if len(symbols) == 1 and size.terms == {frozenset({(symbols[0], 1)}): 1} and is_named(size):
            numbers.bound[symbols[0]] = number  # from here on it is this number
        return True
    return found == number
