"""`torchlint shapes FILE`: the program, with the shapes that are known at the ends of its lines."""

from __future__ import annotations

import argparse
import ast
import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from torchlint.reading import read
from torchlint.running.sources import source_of
from torchlint.source import Source
from torchlint.syntax.import_index import ImportIndexes
from torchlint.syntax.module import FunctionModel, Module
from torchlint.syntax.parsing import parse
from torchlint.terminal import complain, printable
from torchlint.torch_facts.dims import is_known
from torchlint.values.facts import known_shapes
from torchlint.values.interpret.assignments import project
from torchlint.values.interpret.evaluator import evaluated
from torchlint.values.interpret.frame import Frame
from torchlint.values.interpret.project import Project
from torchlint.values.value import Item, Parameter, Value

_WIDTH = 88


class Line(NamedTuple):
    """A line that makes a tensor, and the shapes that it may have: one for each path and each call of the function."""

    row: int
    shapes: tuple[str, ...]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a Python file")
    parser.add_argument("--output-format", choices=("text", "json"), default="text", help="how to print [text]")


def run(arguments: argparse.Namespace) -> int:
    """Print a file with its shapes. Returns 2 if it cannot be parsed."""
    source = source_of(arguments.file, read(arguments.file)[0])
    tree, error, row, _ = parse(source.text)
    if tree is None:
        complain(f"error: {printable(arguments.file)}:{row}: cannot be parsed: {error}")
        return 2
    lines = known_lines(source, tree)
    if arguments.output_format == "json":
        print(json.dumps([{"row": line.row, "shapes": line.shapes} for line in lines], indent=1))
        return 0
    said = {line.row: " or ".join(line.shapes) for line in lines}
    for row, text in enumerate(source.text.splitlines(), 1):
        print(f"{text:<{_WIDTH}}  # {said[row]}" if row in said else text)
    return 0


def known_lines(source: Source, tree: ast.Module) -> list[Line]:
    """The lines of a file that make a tensor of which something is known."""
    module = Module(source, tree)
    evaluator = evaluated(module, Project(module, ImportIndexes))
    by_itself: dict[int, list[str]] = {}
    called: dict[int, list[str]] = {}
    for frame in [*evaluator.frames]:
        if frame.module is module:
            for row, text in _of_frame(frame):
                found = (called if frame.caller is not None else by_itself).setdefault(row, [])
                found += [] if text in found else [text]
    # What a call brings says more than the function does by itself.
    return [Line(row, tuple(texts)) for row, texts in sorted((by_itself | called).items())]


def _of_frame(frame: Frame) -> Iterator[tuple[int, str]]:
    """The rows of a function that make tensors, with their shapes: those of its parameters, of what its statements
    assign, return or take in turns."""
    if frame.function is not None and frame.caller is None:
        yield from _parameters(frame, frame.function)
    for statement in [*frame.envs]:
        row = statement.end_lineno or statement.lineno
        match statement:
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=source) if source in frame.values:
                value, count = frame.values[source], len(targets)
                parts = [project(frame, value, position, count, part) for position, part in enumerate(targets)]
                yield from _named(row, targets, parts)
            case (
                ast.Assign(value=source)
                | ast.AnnAssign(value=ast.expr() as source)
                | ast.Return(value=ast.expr() as source)
            ):
                for shape in _shapes(frame.values.get(source)):
                    yield row, shape
            case ast.For(target=target):
                names = target.elts if isinstance(target, ast.Tuple) else [target]
                names = [part for name in names for part in (name.elts if isinstance(name, ast.Tuple) else [name])]
                yield from _named(statement.lineno, names, [_bound(frame, name) for name in names])


def _parameters(frame: Frame, function: FunctionModel) -> Iterator[tuple[int, str]]:
    """The shapes that parameters must have, by the rows that they stand in."""
    rows: dict[int, list[str]] = {}
    for arg in function.parameters:
        held = next(iter(frame.bindings.get(arg.arg, ())), None)
        text = _said(held) if isinstance(held, Parameter) else ""
        if text:
            rows.setdefault(arg.lineno, []).append(f"{arg.arg} {text}")
    for row, texts in rows.items():
        yield row, ", ".join(texts)


def _named(row: int, targets: Sequence[ast.expr], values: Sequence[Value | None]) -> Iterator[tuple[int, str]]:
    """The shapes of what several names get, if one is known."""
    said = [
        f"{target.id} {text}"
        for target, value in zip(targets, values, strict=True)
        if isinstance(target, ast.Name) and (text := _said(value))
    ]
    if said:
        yield row, ", ".join(said)


def _bound(frame: Frame, target: ast.expr) -> Value | None:
    """What the name of a loop is given."""
    values = frame.bindings.get(target.id, ()) if isinstance(target, ast.Name) else ()
    return next((value for value in values if value.node is target or isinstance(value, Item)), None)


def _said(value: Value | None) -> str:
    return " or ".join(_shapes(value))


def _shapes(value: Value | None) -> Iterator[str]:
    """The shapes of a tensor, if something is known of it on each path."""
    shapes = known_shapes.shapes(value) if value is not None else ()
    for shape in shapes if all(map(is_known, shapes)) else ():
        if value is not None and (shape.sizes or known_shapes.source(value) is not None):
            yield str(shape)
