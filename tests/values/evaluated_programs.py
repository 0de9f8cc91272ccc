"""What tests of values share: programs that are evaluated, and what their last line gives a name."""

from __future__ import annotations

import ast
from textwrap import dedent

from torchlint.source import Source
from torchlint.syntax.module import Module
from torchlint.values.interpret.evaluator import Evaluator
from torchlint.values.interpret.frame import Frame
from torchlint.values.value import Value


def evaluator_of(program: str) -> Evaluator:
    source = Source("program.py", dedent(program))
    return Evaluator(Module(source, ast.parse(source.text)))


def frame_of(program: str) -> Frame:
    """The evaluation of a program, which may be written indented."""
    return evaluator_of(program).module_frame()


def last_of(frame: Frame) -> ast.expr:
    """The expression whose value the last statement of a program gives a name, in a block of a loop too."""
    statement = frame.module.tree.body[-1]
    while isinstance(statement, ast.For):
        statement = statement.body[-1]
    assert isinstance(statement, ast.Assign)
    return statement.value


def value_of(program: str) -> Value:
    """The value of that expression."""
    frame = frame_of(program)
    return frame.values[last_of(frame)]
