"""`torchlint shapes FILE`: the program, with the shapes that are known at the ends of its lines."""

from __future__ import annotations

import argparse
import ast
import json
from collections.abc import Iterator
from typing import NamedTuple

from torchlint.reading import read
from torchlint.running.sources import source_of
from torchlint.source import Source
from torchlint.syntax.module import Module
from torchlint.syntax.parsing import parse
from torchlint.terminal import complain, printable
from torchlint.torch_facts.dims import is_known
from torchlint.values.facts import known_shapes
from torchlint.values.interpret.evaluator import evaluated
from torchlint.values.interpret.frame import Frame

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
    evaluator = evaluated(module)
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
    """The rows of the statements that were evaluated, with the shapes of what they assign or return."""
    for statement in [*frame.envs]:
        assigned = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign | ast.Return) else None
        value = frame.values.get(assigned) if assigned is not None else None
        if value is None:
            continue
        for shape in known_shapes.shapes(value):
            if is_known(shape) and (shape.sizes or known_shapes.source(value) is not None):
                yield statement.end_lineno or statement.lineno, str(shape)
