"""What is known of the values of a program, for whoever points at an expression."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from torchlint.finding import Location
from torchlint.source import Source
from torchlint.syntax import trees
from torchlint.syntax.module import Module
from torchlint.torch_facts import ops
from torchlint.torch_facts.dims import is_known
from torchlint.values import facts
from torchlint.values.facts import dtypes, known_shapes
from torchlint.values.interpret.evaluator import evaluated
from torchlint.values.interpret.frame import Frame, Lookup
from torchlint.values.value import (
    Choice,
    ClassRef,
    Constant,
    Element,
    External,
    Instance,
    Layer,
    Mutated,
    Op,
    Parameter,
    Value,
)

_RANGES = {
    "unit": "0 to 1",
    "signed unit": "-1 to 1",
    "positive": "above 0",
    "nonnegative": "0 and more",
    "nonpositive": "0 and less",
}
_DTYPES = {"float": "floating-point", "int": "integers", "bool": "bool", "complex": "complex"}
# Of a value that is one of many, and of an operation with many arguments, so many are shown.
_MOST = 4
_LONGEST = 60


class Known(NamedTuple):
    """What is known of an expression, in Markdown, and where it stands."""

    text: str
    start: Location
    end: Location


class KnownValues:
    """The evaluation of one program."""

    def __init__(self, module: Module, project: Lookup | None) -> None:
        self._module = module
        self._evaluator = evaluated(module, project)

    def close(self) -> None:
        """Let go of the evaluation."""
        self._evaluator.close()

    def at(self, offset: int) -> Known | None:
        """What is known of the innermost expression around a character; None where that is nothing."""
        source = self._module.source
        for node in _around(self._module.tree, source, offset):
            lines = [*_said(dict.fromkeys(self._values(node)))]
            if lines:
                text = f"```python\n{_written(source, node)}\n```\n" + "\n".join(f"- {line}" for line in lines)
                return Known(text, *(source.location(place) for place in _span(source, node)))
            if not isinstance(node, ast.Name | ast.arg | ast.Attribute | ast.Constant):
                return None
        return None

    def _values(self, node: ast.AST) -> Iterator[Value]:
        """What it holds: in calls of its function that are known, else in the function by itself."""
        frames = [frame for frame in self._evaluator.frames if frame.module is self._module]
        called = [frame for frame in frames if frame.caller is not None]
        for group in (called, frames):
            found = [value for frame in group for value in _held(frame, node)]
            if found:
                yield from found
                return


def _held(frame: Frame, node: ast.AST) -> Iterator[Value]:
    value = frame.values.get(node)
    if value is not None:
        yield value
    elif isinstance(node, ast.arg) and frame.function is not None and node in frame.function.parameters:
        yield from frame.bindings.get(node.arg, ())[:1]
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        row = node.lineno
        for bound in frame.bindings.get(node.id, ()):
            statement = frame.definitions.get(bound)
            if statement is not None and statement.lineno <= row <= (statement.end_lineno or row):
                yield bound


def _around(tree: ast.Module, source: Source, offset: int) -> list[ast.AST]:
    """The expressions and parameters around a character, innermost first."""
    row = source.location(offset).row
    found: list[tuple[int, ast.AST]] = []
    nodes: list[ast.AST] = [tree]
    while nodes:
        for child in trees.children(nodes.pop()):
            if getattr(child, "lineno", row) > row or getattr(child, "end_lineno", row) < row:
                continue
            nodes.append(child)
            if isinstance(child, ast.expr | ast.arg):
                start, end = _span(source, child)
                found += [(end - start, child)] if start <= offset < end else []
    return [node for _, node in sorted(found, key=lambda entry: entry[0])]


def _span(source: Source, node: ast.expr | ast.arg | ast.AST) -> tuple[int, int]:
    """Where a node stands; of a parameter only its name."""
    row, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
    start = source.offset(row, column)
    if isinstance(node, ast.arg):
        return start, start + len(node.arg)
    end_row, end_column = getattr(node, "end_lineno", row), getattr(node, "end_col_offset", column)
    return start, source.offset(end_row, end_column)


def _written(source: Source, node: ast.AST) -> str:
    start, end = _span(source, node)
    text = " ".join(source.display[start:end].split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 4]} ..."


def _said(values: Iterable[Value]) -> Iterator[str]:
    """What is known of a value that may be each of these."""
    each = [*values]
    for what in (_made, _shape, _dtype, _range):
        found = dict.fromkeys(text for value in each for text in what(value) if text)
        if 0 < len(found) <= _MOST:
            yield " or ".join(found)


def _made(value: Value) -> Iterator[str]:
    """How it came to be."""
    match value:
        case Choice():
            for member in value.members:
                yield from _made(member)
        case Mutated():
            yield from (f"{text}, changed in place" for text in _made(value.base))
        case Op() if value.form != "operator" or facts.is_tensor(value):
            yield f"operation `{_call(value.name, value.args)}`"
        case Element(base=Op() as base):
            yield f"`[{value.key!r}]` of operation `{_call(base.name, base.args)}`"
        case Layer():
            yield f"layer `nn.{_call(value.name, value.args)}`"
        case Instance():
            yield f"an instance of `{value.cls.name}`"
        case ClassRef():
            yield f"class `{value.cls.name}`"
        case Constant() if len(repr(value.value)) <= _LONGEST:
            yield f"always `{value.value!r}`"
        case External() if value.qualname.startswith(("torch", "torchvision")):
            yield f"`{value.qualname}`"
        case Parameter(default=Constant() as default):
            yield f"a parameter, `{default.value!r}` unless a caller says otherwise"


def _call(name: str, args: dict[str, Value]) -> str:
    """An operation with the settings that are known; what it works on is `...`."""
    parts = []
    for key, value in args.items():
        if isinstance(value, Constant) and len(repr(value.value)) <= _LONGEST:
            parts.append(f"{key}={value.value!r}")
        elif key in ("input", "other", "target"):
            parts.append(key)
    hidden = len(args) > len(parts) or len(parts) > 2 * _MOST
    return f"{name}({', '.join([*parts[: 2 * _MOST], *(['...'] if hidden else [])])})"


def _shape(value: Value) -> Iterator[str]:
    if not _may_be_tensor(value):
        return
    found = known_shapes.shapes(value)
    shapes = [*found] if all(map(is_known, found)) else []
    if shapes and known_shapes.source(value) is not None:
        yield from (f"shape `{shape}`" for shape in shapes)
        return
    rank = facts.rank(value)
    if rank is not None:
        yield f"{rank} dims"


def _dtype(value: Value) -> Iterator[str]:
    if not _may_be_tensor(value):
        return
    dtype = dtypes.dtype(value)
    kind = dtypes.dtype_class(value)
    if dtype is not None:
        yield f"dtype `{dtype}`"
    elif kind is not None:
        yield f"dtype: {_DTYPES[kind]}"


def _range(value: Value) -> Iterator[str]:
    """The range of the elements, where that is the operation's own."""
    row = ops.of(value.name) if isinstance(value, Op) else None
    if row is not None and row.range:
        yield f"each element is {_RANGES[row.range]}"


def _may_be_tensor(value: Value) -> bool:
    return isinstance(value, Op | Element | Mutated | Choice | Parameter) and facts.is_tensor(value) is not False
