"""A file goes in, findings come out."""

from __future__ import annotations

import ast
import gc
import re
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from torchlint import registry
from torchlint.finding import Applicability, Finding, Fix, Report
from torchlint.renames import Rename
from torchlint.skip import Gate
from torchlint.source import Source
from torchlint.suppression_rows import suppression_rows
from torchlint.syntax.module import Module
from torchlint.syntax.parsing import parse
from torchlint.torch_range import CURRENT, Range

if TYPE_CHECKING:
    from torchlint.registry import RuleInfo
    from torchlint.syntax.import_index import ImportIndexes
    from torchlint.syntax.scope import FunctionNode
    from torchlint.values.interpret.project import Project

# Evaluation recurses over expressions: a chain of 1,600 calls needs some 8,000 Python frames, none on the C stack.
_RECURSION_LIMIT = 30_000
_IMPORT_OF_TORCH = re.compile(r"^[ \t]*(from|import)\b.*torch", re.MULTILINE)


class _Asked(NamedTuple):
    """What a caller of `check` wants to know of a file."""

    codes: Collection[str]
    gates: bool
    fixes: bool
    target: Range
    renames: tuple[Rename, ...]
    indexes: Callable[[], ImportIndexes] | None
    within: Callable[[int, int], bool] | None


def check(
    source: Source,
    codes: Collection[str],
    *,
    tree: ast.Module | None = None,
    gates: bool = True,
    fixes: bool = True,
    target: Range = CURRENT,
    renames: tuple[Rename, ...] = (),
    indexes: Callable[[], ImportIndexes] | None = None,
    within: Callable[[int, int], bool] | None = None,
) -> Report:
    """All findings of the rules with these codes, in order; suppressions are not applied here.

    `tree` is the file's tree if the caller has it. `gates=False` switches off everything that leaves files, rules and
    regions alone; the findings are the same. Without `fixes` none is built, which spares LibCST. `indexes` gives
    those that are kept for a run, during which no other file should change. `target` are the versions of
    torch that the code is for, `renames` the old and new names of its project. `within` is asked of each function, and
    of each top-level definition for its classes, by first and last row, whether it is to be looked at, and with (0, 0)
    of the body of the module: an editor checks first what was changed, and stops by raising.
    """
    report = Report()
    with _deep_recursion(), _no_collection():
        _check(source, _Asked(codes, gates, fixes, target, renames, indexes, within), tree, report)
    report.findings.sort(key=Finding.sort_key)
    return report


def _check(source: Source, asked: _Asked, tree: ast.Module | None, report: Report) -> None:
    """Fill a report. The tree is let go at the end, before the collector could walk over it."""
    if tree is None:
        tree, report.error, report.error_row, report.error_column = parse(source.text)
    if tree is None:
        return
    if "torch" not in source.text:
        _check_without_torch(source, asked, tree, report)
        return
    on_comments = [info for info in registry.rules() if info.on_comments and info.code in asked.codes]
    rows = suppression_rows(source) if on_comments else []
    if rows:
        report.findings += _of_comments(source, on_comments, rows)
    _check_code(source, asked, tree, report)
    # Of what was not looked at, nothing is known.
    if rows and not report.failures and asked.within is None:
        report.findings += _of_unused(source, on_comments, asked, report.findings)


def _check_without_torch(source: Source, asked: _Asked, tree: ast.Module, report: Report) -> None:
    """The rules that are not about torch; few runs have any."""
    codes = registry.on_all_files(frozenset(asked.codes))
    if codes:
        _evaluate(source, asked._replace(codes=codes), tree, report)


def _check_code(source: Source, asked: _Asked, tree: ast.Module, report: Report) -> None:
    if _names_torch(source, tree):
        _evaluate(source, asked, tree, report)
    else:
        _check_without_torch(source, asked, tree, report)


def _evaluate(source: Source, asked: _Asked, tree: ast.Module, report: Report) -> None:
    module = Module(source, tree, target=asked.target, renames=asked.renames)
    project, imported = _project(module, tree, asked.indexes, report)
    gate = Gate(module, asked.codes, imported, is_open=not asked.gates)
    if not gate.rules:
        module.close()
        return
    module.imported_words = imported
    _run(module, project, gate, report, asked)


def _names_torch(source: Source, tree: ast.Module) -> bool:
    """Whether the code speaks of torch, and not its comments and strings alone: elsewhere `x.exp()` is another
    framework's, such as one that is written to learn how they work."""
    if _IMPORT_OF_TORCH.search(source.text):
        return True
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.ImportFrom(module=str(name)):
                named = [name]
            case ast.Import(names=aliases):
                named = [alias.name for alias in aliases]
            case _:
                continue
        if any("torch" in name for name in named):
            return True
    # What a star brings along is not known.
    return any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in tree.body)


def _of_comments(source: Source, rules: Sequence[RuleInfo], rows: Sequence[int]) -> Iterator[Finding]:
    """What is wrong with the comments that are meant to silence findings."""
    # Start-up: few files have such comments; the others are spared `tokenize` and the forms of mistyped ones.
    from torchlint.directives import mistakes

    rules = [rule for rule in rules if not _is_on_unused(rule)]
    for start, end, message in mistakes(source, rows):
        places = source.location(start), source.location(end)
        for rule in rules:
            advice = registry.load(rule.code).help
            yield Finding(rule.code, rule.name, message, rule.severity, *places, help=advice)


def _of_unused(
    source: Source, rules: Sequence[RuleInfo], asked: _Asked, findings: Sequence[Finding]
) -> Iterator[Finding]:
    """The comments that silence none of the findings."""
    # Start-up, as above.
    from torchlint.unused_comments import unused

    for rule in filter(_is_on_unused, rules):
        loaded = registry.load(rule.code)
        for start, end, message, edits in unused(source, findings, frozenset(asked.codes) - {rule.code}):
            places = source.location(start), source.location(end)
            fix = Fix(loaded.title, Applicability.SAFE, edits) if asked.fixes else None
            yield Finding(rule.code, rule.name, message, rule.severity, *places, fix, help=loaded.help)


def _is_on_unused(rule: RuleInfo) -> bool:
    # Start-up, as above.
    from torchlint.rule import OnComments

    loaded = registry.load(rule.code)
    return issubclass(loaded, OnComments) and loaded.on_unused


def _project(
    module: Module, tree: ast.Module, indexes: Callable[[], ImportIndexes] | None, report: Report
) -> tuple[Project | None, dict[str, frozenset[str]]]:
    """The project that a file's imports and callers are followed into, and the words behind the names that come from
    there; None for a file that has to do with no loss, and neither is given one nor imports one to train with."""
    # Start-up: files without torch end before this.
    from torchlint.torch_facts import ops

    has_loss = not (ops.LOSS_WORDS.isdisjoint(module.vocabulary) and ops.LOSS_WORDS.isdisjoint(module.documented))
    if not has_loss and ops.TRAINING_WORDS.isdisjoint(module.vocabulary):
        return None, {}
    # Start-up: only files with a loss, or that may be given one, need them.
    from torchlint.syntax.import_index import ImportIndexes
    from torchlint.values.interpret import project_files
    from torchlint.values.interpret.project import Project

    project_files.readers[".ipynb"] = _notebook
    project = Project(module, indexes or ImportIndexes)
    words = project.words_of_callers()
    report.consulted, report.asked = project.consulted, project.asked
    trains = "backward" in module.vocabulary
    imported = project.words(module.source, tree) if has_loss or words or trains else {}
    if not has_loss and not words and all(map(ops.LOSS_WORDS.isdisjoint, imported.values())):
        return None, {}
    for name, others in imported.items():
        words[name] = words.get(name, frozenset()) | others
    return project, words


def _notebook(path: str, data: bytes) -> Source:
    # Start-up: few files are called by notebooks.
    from torchlint.notebooks.notebook import read_notebook

    return read_notebook(path, data)


def _run(module: Module, project: Project | None, gate: Gate, report: Report, asked: _Asked) -> None:
    # Start-up: a file that no rule concerns needs no evaluation.
    from torchlint.dispatch import Runner

    runner = Runner(module, report, asked.fixes, project)
    try:
        for region in module.regions:
            if region.classes:
                with _origin(region.node, asked.within, report) as is_wanted:
                    if is_wanted:
                        runner.check_classes(region, gate.on_classes(region))
            functions = [*region.functions, *((None,) if region.node is None else ())]
            for function in functions:
                with _origin(function.node if function else None, asked.within, report) as is_wanted:
                    if is_wanted:
                        runner.check_function(function, gate.on_function(region, function))
    finally:
        runner.evaluator.close()


@contextmanager
def _origin(
    node: FunctionNode | ast.ClassDef | None, within: Callable[[int, int], bool] | None, report: Report
) -> Iterator[bool]:
    """Gives whether a definition, or the body of the module, is to be looked at, and notes what is found in it."""
    if within is None:
        yield True
        return
    rows = (0, 0)
    if node is not None:
        first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        rows = (first, node.end_lineno or node.lineno)
    count = len(report.findings)
    yield within(*rows)
    report.origins.update(dict.fromkeys(report.findings[count:], rows))


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
