"""`--timing`: the CPU time of each rule, and of the stages that all rules share.

Imported only on request. For the length of a run, some functions of the engine are replaced by ones that look at a
clock, so that a run without it pays nothing. Each moment counts for what was entered last: a rule that asks for the
evaluation of a function is not charged for it, since others then have it for nothing.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from torchlint import dispatch, lint, registry
from torchlint.rule import Rule
from torchlint.skip import Gate
from torchlint.syntax.inventory import Inventory
from torchlint.values.interpret.evaluator import Evaluator
from torchlint.values.interpret.frame import Frame
from torchlint.values.interpret.importers import Importers
from torchlint.values.interpret.project import Project
from torchlint.values.interpret.project_files import ProjectFiles

START, PARSE, GATE, PROJECT = "start-up", "parsing", "words and gates", "other files of the project"
LOAD, EVALUATION, ASK, FIX = "loading of rules", "evaluation", "asking the rules", "fixes"
# Reading, letting go of trees, suppressions, reporting.
OTHER = "other"
_STAGES = (START, PARSE, GATE, PROJECT, LOAD, EVALUATION, ASK, FIX, OTHER)

# Where the stages are entered: an object, the name of a function in it, and the stage.
_ENTRIES: tuple[tuple[Any, str, str], ...] = (
    (lint, "parse", PARSE),
    (lint, "Module", GATE),
    (Inventory, "__init__", GATE),
    (Gate, "__init__", GATE),
    (Gate, "on_classes", GATE),
    (Gate, "on_function", GATE),
    (Project, "words", PROJECT),
    (Project, "words_of_callers", PROJECT),
    (Importers, "calls", PROJECT),
    (ProjectFiles, "load", PROJECT),
    (Evaluator, "frame", EVALUATION),
    (Evaluator, "module_frame", EVALUATION),
    (Evaluator, "surroundings", EVALUATION),
    (Evaluator, "close", EVALUATION),
    (dispatch.Runner, "check_classes", ASK),
    (dispatch.Runner, "check_function", ASK),
)


class Clock:
    """CPU nanoseconds of this process by what they were spent on, and what became of each rule."""

    def __init__(self) -> None:
        self._began = time.process_time_ns()
        self._stack = [OTHER]
        self.spent: Counter[str] = Counter({START: self._began})
        self.asked: Counter[str] = Counter()
        self.found: Counter[str] = Counter()

    @contextmanager
    def on(self, name: str) -> Iterator[None]:
        """Charge to a stage or rule what happens in the block, but for what is charged to another one in it."""
        self._turn()
        self._stack.append(name)
        try:
            yield
        finally:
            self._turn()
            self._stack.pop()

    def _turn(self) -> None:
        now = time.process_time_ns()
        self.spent[self._stack[-1]] += now - self._began
        self._began = now

    def timed(self, function: Callable[..., Any], name: str) -> Callable[..., Any]:
        """The function, charged to a stage."""

        def call(*args: Any, **keywords: Any) -> Any:
            with self.on(name):
                return function(*args, **keywords)

        return call

    def table(self) -> str:
        """All of it for people to read: the stages in their order, the rules from the dearest to the cheapest."""
        self._turn()
        total = sum(self.spent.values()) or 1
        names = {rule.code: rule.name for rule in registry.rules()}
        rows = [_HEADER, *(self._row(stage, "", total) for stage in _STAGES)]
        asked = sorted(self.asked, key=lambda code: (-self.spent[code], code))
        rows += [self._row(code, names.get(code, ""), total, self.asked, self.found) for code in asked]
        rows.append(("total", f"{total / 1e6:.1f}", "100.0 %"))
        return "CPU time in one process, without the cache:\n" + "\n".join(map(_line, rows))

    def _row(self, code: str, name: str, total: int, *counts: Counter[str]) -> tuple[str, ...]:
        spent = self.spent[code]
        share = f"{100 * spent / total:.1f} %"
        return f"{code} {name}".rstrip(), f"{spent / 1e6:.1f}", share, *(str(count[code]) for count in counts)


# Asked: how often the words of a function, or of some classes, let the rule have a look.
_HEADER = ("", "ms", "share", "asked", "findings")
_WIDTHS = (44, 9, 8, 7, 9)


def _line(row: tuple[str, ...]) -> str:
    first, *rest = row
    return first.ljust(_WIDTHS[0]) + "".join(cell.rjust(width) for cell, width in zip(rest, _WIDTHS[1:], strict=False))


@contextmanager
def measured() -> Iterator[Clock]:
    """Measure what is checked in the block, in this process."""
    clock = Clock()
    replaced: list[tuple[Any, str, Callable[..., Any]]] = [(dispatch, "Runner", partial(_Runner, clock))]
    replaced += [(owner, name, clock.timed(getattr(owner, name), stage)) for owner, name, stage in _ENTRIES]
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in replaced]
    for owner, name, function in replaced:
        setattr(owner, name, function)
    try:
        yield clock
    finally:
        for owner, name, function in before:
            setattr(owner, name, function)


class _Runner(dispatch.Runner):
    """A runner that charges the rules."""

    def __init__(self, clock: Clock, *args: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        self._clock = clock

    def _load(self, code: str) -> Rule | None:
        with self._clock.on(LOAD):
            rule = super()._load(code)
            if rule is not None:
                dispatch._root_ops(rule)  # makes the patterns of a rewrite, once
        self._clock.asked[code] += rule is not None
        return rule

    def _collect(self, rule: Rule, frame: Frame, check: Callable[..., Iterable[Any]], *args: Any) -> None:
        before = len(self.report.findings)
        with self._clock.on(rule.code):
            super()._collect(rule, frame, check, *args)
        self._clock.found[rule.code] += len(self.report.findings) - before

    def _fix(self, *args: Any) -> Any:
        with self._clock.on(FIX):
            return super()._fix(*args)
