"""A file goes in, findings come out."""

from __future__ import annotations

import ast
import gc
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from torchlint import registry
from torchlint.finding import Finding, Report
from torchlint.skip import Gate
from torchlint.source import Source
from torchlint.suppression_rows import suppression_rows
from torchlint.syntax.module import Module
from torchlint.syntax.parsing import parse

if TYPE_CHECKING:
    from torchlint.registry import RuleInfo
    from torchlint.values.interpret.project import Project

# Evaluation recurses over expressions: a chain of 1,600 calls needs some 8,000 Python frames, none on the C stack.
_RECURSION_LIMIT = 30_000


def check(
    source: Source,
    codes: Collection[str],
    *,
    tree: ast.Module | None = None,
    gates: bool = True,
    fixes: bool = True,
) -> Report:
    """All findings of the rules with these codes, in order; suppressions are not applied here.

    `tree` is the file's tree if the caller has it. `gates=False` switches off everything that leaves files, rules and
    regions alone; the findings are the same. Without `fixes` none is built, which spares LibCST.
    """
    report = Report()
    with _deep_recursion(), _no_collection():
        _check(source, codes, tree, gates, fixes, report)
    report.findings.sort(key=Finding.sort_key)
    return report


def _check(
    source: Source, codes: Collection[str], tree: ast.Module | None, gates: bool, fixes: bool, report: Report
) -> None:
    """Fill a report. The tree is let go at the end, before the collector could walk over it."""
    if tree is None:
        tree, report.error, report.error_row, report.error_column = parse(source.text)
    if tree is None or "torch" not in source.text:
        return
    on_comments = [info for info in registry.rules() if info.on_comments and info.code in codes]
    report.findings += _of_comments(source, on_comments)
    module = Module(source, tree)
    project = _project(module)
    imported = project.words(source, tree) if project else {}
    report.consulted = project.consulted if project else set()
    gate = Gate(module, codes, imported, is_open=not gates)
    if not gate.rules:
        module.close()
        return
    module.imported_words = imported
    _run(module, project, gate, report, fixes)


def _of_comments(source: Source, rules: Sequence[RuleInfo]) -> Iterator[Finding]:
    """What is wrong with the comments that are meant to silence findings."""
    rows = suppression_rows(source) if rules else []
    if not rows:
        return
    # Start-up: few files have such comments; the others are spared `tokenize` and the forms of mistyped ones.
    from torchlint.directives import mistakes

    for start, end, message in mistakes(source, rows):
        places = source.location(start), source.location(end)
        for rule in rules:
            advice = registry.load(rule.code).help
            yield Finding(rule.code, rule.name, message, rule.severity, *places, help=advice)


def _project(module: Module) -> Project | None:
    """The project that a file's imports are followed into; None for a file that has to do with no loss."""
    # Start-up: files without torch end before this.
    from torchlint.torch_facts import ops

    if ops.LOSS_WORDS.isdisjoint(module.vocabulary) and ops.LOSS_WORDS.isdisjoint(module.documented):
        return None
    # Start-up: only files with a loss need it.
    from torchlint.values.interpret.project import Project

    return Project()


def _run(module: Module, project: Project | None, gate: Gate, report: Report, fixes: bool) -> None:
    # Start-up: a file that no rule concerns needs no evaluation.
    from torchlint.dispatch import Runner

    runner = Runner(module, report, fixes, project)
    for region in module.regions:
        if region.classes:
            runner.check_classes(region, gate.on_classes(region))
        functions = [*region.functions, *((None,) if region.node is None else ())]
        for function in functions:
            runner.check_function(function, gate.on_function(region, function))
    runner.evaluator.close()


@contextmanager
def _deep_recursion() -> Iterator[None]:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _RECURSION_LIMIT))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Trees are large and without cycles: collecting while they live costs a sixth of the time and frees nothing."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
