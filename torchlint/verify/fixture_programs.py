"""Fixture programs: the functions of a fixture and of its golden, run on the same inputs.

A program may build modules and optimisers, so it runs with float64 as the default dtype (is it the same?) and with
float32 (is it better?), under the same seed. Its reference is the program before, at any precision where that works.
"""

from __future__ import annotations

import ast
import io
import itertools
import linecache
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from torchlint.claims import Changes, Claim
from torchlint.verify.fixtures import fixed, fixture_digest, read
from torchlint.verify.inputs.lattice import Cell, DoesNotFitError, arguments, typed
from torchlint.verify.inputs.recipes import Recipe, normal
from torchlint.verify.inputs.specs import InputError, Spec, of_program
from torchlint.verify.inputs.tried_shapes import all_shapes
from torchlint.verify.judge.differences import Point, compare
from torchlint.verify.judge.observation import Effect, Record
from torchlint.verify.judge.unit_verdict import scales_of
from torchlint.verify.judge.verdict import GOOD, Decision, Verdict, contradiction, decide
from torchlint.verify.reference.truth import Truth
from torchlint.verify.report.reproducer import headline
from torchlint.verify.report.row import (
    Row,
    claim_text,
    device_name,
    put_errors,
    put_points,
    put_speed,
    torch_version,
)
from torchlint.verify.report.strip import strip
from torchlint.verify.run.execution import Outcome, run
from torchlint.verify.run.speed import measure_program
from torchlint.verify.run.units import Unit

_RECIPES = (normal(1.0), normal(20.0), normal(90.0), normal(1e-8), Recipe("ties"), Recipe("zeros"))
# Numbers that programs compute with: near the ends of a dtype's range rounding is all there is.
_MORE_RECIPES = (
    *map(normal, (1e-3, 0.1, 5.0, 300.0, 1e3, 1e4)),
    *(Recipe(name) for name in ("grid", "spread", "zero row", "constant", "near ties")),
    Recipe("offset", 100.0),
)
_DTYPES = ("float64", "float32")
# Inputs for a program of a rule that is proven by its programs, each in both dtypes; until there are so many, other
# numbers are drawn.
INPUTS = 50
# What the seeds of two draws differ by.
_SHIFT = 7_919
# CPU seconds for one function; training loops are slow, endless ones are not programs.
PATIENCE = {"fast": 30.0, "full": 90.0}


def verify_programs(
    code: str,
    name: str,
    path: Path,
    claims: tuple[Claim, ...],
    device: str,
    tier: str = "fast",
    inputs: int = 0,
) -> list[Row]:
    """One row for each function of the fixture at `path` that the fix changed or that behaves differently.

    One that the fix changed is run on at least so many `inputs` if its numbers can differ. With the tier `full` those
    that the fix changed are timed as well.
    """
    texts = [read(path), fixed(path)]
    digest = fixture_digest(code)
    rows = []
    before, after = (
        _load_or_error(text, path, version) for text, version in zip(texts, ("before", "after"), strict=True)
    )
    if isinstance(before, Exception) or isinstance(after, Exception):
        row = _row(code, name, f"{path.stem}.*", digest, device, claims)
        row.tier = tier
        _import_failed(row, before, after)
        return [row]
    old, new = _definitions(texts[0]), _definitions(texts[1])
    for function in (name for name, node in old.items() if isinstance(node, ast.FunctionDef)):
        row = _row(code, name, f"{path.stem}.{function}", digest, device, claims)
        if function not in new or not callable(getattr(after, function, None)):
            continue
        row.tier = tier
        changed = _consists_of(function, old) != _consists_of(function, new)
        _verify(row, getattr(before, function), getattr(after, function), claims, device, inputs if changed else 0)
        if tier == "full" and changed and row.verdict in GOOD:
            _time(row, getattr(before, function), getattr(after, function), device)
        if changed or row.verdict not in (Verdict.IDENTICAL, Verdict.UNSUPPORTED, Verdict.VACUOUS):
            rows.append(row)
    return rows


def _row(code: str, name: str, label: str, digest: str, device: str, claims: tuple[Claim, ...]) -> Row:
    row = Row(code, name, "program", label, " or ".join(dict.fromkeys(claim_text(claim) for claim in claims)))
    row.digest, row.device, row.torch = digest, device_name(device), torch_version()
    row.intended_change = bool(claims) and all(isinstance(claim, Changes) for claim in claims)
    return row


def _load_or_error(text: str, path: Path, version: str) -> ModuleType | Exception:
    try:
        return _load(text, path, version)
    except Exception as error:
        return error


def _import_failed(row: Row, before: ModuleType | Exception, after: ModuleType | Exception) -> None:
    """A fixture may be about names that are not there; its golden must not lose what could be imported."""
    if not isinstance(after, Exception):
        row.verdict = str(Verdict.REPAIRS)
    elif isinstance(before, Exception):
        row.verdict, row.condition = str(Verdict.UNSUPPORTED), f"not runnable: cannot be imported: {before}"
    else:
        row.verdict = str(Verdict.EXCEPTION)
        row.contradiction = f"the golden cannot be imported: {type(after).__name__}: {after}"


def _load(text: str, path: Path, version: str) -> ModuleType:
    """A version of a fixture as a module. Its text is found under its name, by tracebacks and by `inspect`."""
    name = f"<{path.name}, {version}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    module = ModuleType(f"_fixture_{version}")
    module.__file__ = str(path)
    with redirect_stdout(io.StringIO()):
        exec(compile(text, name, "exec"), vars(module))
    return module


def _definitions(text: str) -> dict[str, ast.stmt]:
    """The functions and classes at the top of a module."""
    return {node.name: node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef | ast.ClassDef)}


def _consists_of(name: str, definitions: Mapping[str, ast.stmt]) -> dict[str, str]:
    """A definition and all others that it leads to by name, as text."""
    reached: dict[str, str] = {}
    waiting = [name]
    while waiting:
        name = waiting.pop()
        if name not in definitions or name in reached:
            continue
        reached[name] = ast.dump(definitions[name])
        waiting += [node.id for node in ast.walk(definitions[name]) if isinstance(node, ast.Name)]
    return reached


def _verify(
    row: Row,
    before: Callable[..., Any],
    after: Callable[..., Any],
    claims: tuple[Claim, ...],
    device: str,
    inputs: int,
) -> None:
    started, deadline = time.monotonic(), time.process_time() + PATIENCE[row.tier]
    try:
        specs = of_program(before)
    except InputError as error:
        row.verdict, row.condition = str(Verdict.UNSUPPORTED), f"not runnable: {error}"
        return
    record = Record()
    unit = Unit(before, after, specs, "", "")
    truth = Truth(unit)
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        cells = _cells(specs)
        for cell in itertools.chain(cells, _further(unit, truth, cells, inputs, record)):
            if time.process_time() > deadline:
                break
            with _drawn(cell.recipe.draw):
                _visit(unit, truth, cell, device, record)
    decision = decide(record)
    row.verdict, row.condition = str(decision.verdict), decision.condition
    put_points(row, record)
    row.seconds = round(time.monotonic() - started, 3)
    row.dtypes, row.ranks = sorted(record.dtypes, reverse=True), sorted(record.ranks)
    row.detail = headline(decision.witness) if decision.witness else ""
    row.contradiction = _contradiction(decision, claims, record)
    row.strip = strip(record)
    put_errors(row, record)


def _time(row: Row, before: Callable[..., Any], after: Callable[..., Any], device: str) -> None:
    with redirect_stdout(io.StringIO()):
        put_speed(row, measure_program(Unit(before, after, of_program(before), "", ""), device), device)


def _cells(specs: tuple[Spec, ...]) -> list[Cell]:
    shapes = [shape for shape in all_shapes(specs) if shape.kind in ("plain", "one", "block")]
    scalars = _scalars(specs)
    cells = [Cell(shape, normal(1.0), scalars, _DTYPES) for shape in shapes]
    if any(spec.is_float for spec in specs):
        cells += [Cell(shapes[0], recipe, scalars, _DTYPES) for recipe in _RECIPES[1:]]
    return cells


def _further(unit: Unit, truth: Truth, cells: Sequence[Cell], inputs: int, record: Record) -> Iterator[Cell]:
    """Cells with other numbers at the first shapes, after the first `cells` were visited."""
    if len(cells) >= inputs or not _varies(unit):
        return
    # Only where before is not right does it take more digits than those of float64 to say what is; and whether a
    # difference is one of a kink matters only where all others are none.
    verdict = decide(record).verdict
    truth.exact = verdict in (Verdict.IMPROVES, Verdict.EXTENDS)
    truth.near = verdict is not Verdict.CHANGES
    for recipe in itertools.islice(_recipes(unit.specs), inputs - len(cells)):
        yield replace(cells[0], recipe=recipe)


def _recipes(specs: tuple[Spec, ...]) -> Iterator[Recipe]:
    """Without end: other kinds of numbers, then other draws of all that are random."""
    kinds = [normal(1.0)]
    if any(spec.is_float for spec in specs):
        yield from _MORE_RECIPES
        kinds = [recipe for recipe in (*_RECIPES, *_MORE_RECIPES) if recipe.name not in ("zeros", "constant")]
    for draw in itertools.count(1):
        yield from (replace(recipe, draw=draw) for recipe in kinds)


def _varies(unit: Unit) -> bool:
    """Whether another draw is another input: of the tensors, or of the numbers that the program draws itself."""
    if any(spec.is_tensor for spec in unit.specs):
        return True
    untouched = run(lambda: None, {}).random
    scalars = _scalars(unit.specs)
    return run(unit.before, scalars).random != untouched


@contextmanager
def _drawn(draw: int) -> Iterator[None]:
    """Let a program that seeds its own random numbers draw others."""
    seed = torch.manual_seed

    def shifted(number: int) -> torch.Generator:
        return seed(number + _SHIFT * draw)

    torch.manual_seed = shifted  # type: ignore[assignment]
    try:
        yield
    finally:
        torch.manual_seed = seed


def _scalars(specs: tuple[Spec, ...]) -> dict[str, Any]:
    usual = {"dim": -1, "flag": True, "size": 2, "number": 0.5}
    return {spec.name: (*spec.choices, usual[spec.kind])[0] for spec in specs if not spec.is_tensor}


@contextmanager
def _default_dtype(dtype: torch.dtype) -> Iterator[None]:
    previous = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(previous)


def _visit(unit: Unit, truth: Truth, cell: Cell, device: str, record: Record) -> None:
    try:
        values = arguments(cell, unit.specs)
    except DoesNotFitError:
        return
    untouched = run(lambda: None, {}).random
    with _default_dtype(torch.float64):
        reference = truth.at(values, cell.shapes.elements, cell.is_ordinary)
    for dtype in _DTYPES:
        given = typed(values, getattr(torch, dtype), device)
        with _default_dtype(getattr(torch, dtype)):
            before, after = (run(function, given, truth.differentiable) for function in (unit.before, unit.after))
        if reference is None and before.error is None:
            return
        if before.random != untouched and before.error is None and dtype == "float32":
            # Random numbers differ between dtypes: the program is its own reference.
            with _default_dtype(torch.float32):
                reference = truth.of_outcome(before, given)
        scales = _scales(unit, truth, cell)
        point = Point(cell, dtype, before, after, reference or truth.unknown(), *scales, _neighbours(truth, values))
        compare(point, record)


def _neighbours(truth: Truth, values: Mapping[str, Any]) -> Callable[[], list[Outcome]]:
    def call() -> list[Outcome]:
        with _default_dtype(torch.float64):
            return truth.neighbours(values)

    return call


def _scales(unit: Unit, truth: Truth, cell: Cell) -> tuple[list[float], dict[str, float]]:
    """The largest results and gradients on ordinary inputs of these shapes, in float64."""
    ordinary = Cell(cell.shapes, normal(1.0), cell.scalars, _DTYPES)
    with _default_dtype(torch.float64):
        outcome = run(unit.before, arguments(ordinary, unit.specs), truth.differentiable)
    return scales_of(outcome)


def _contradiction(decision: Decision, claims: tuple[Claim, ...], record: Record) -> str:
    """A program may exercise any fix of its rule: it contradicts the rule if it contradicts every claim."""
    if decision.verdict in GOOD or decision.verdict in (Verdict.UNSUPPORTED, Verdict.VACUOUS):
        return ""
    if record.has(Effect.EXCEPTION):
        return next(seen.text for seen in record.observations if seen.effect is Effect.EXCEPTION)
    if not claims:
        return ""
    found = [contradiction(decision, claim, record) for claim in claims]
    return "" if "" in found else found[0]
