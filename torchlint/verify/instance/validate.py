"""The worker's side: a pair of texts comes in, a verdict goes out."""

from __future__ import annotations

import ast
import functools
import itertools
import re
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch

from torchlint.verify.inputs import lattice
from torchlint.verify.inputs.lattice import Cell, arguments
from torchlint.verify.inputs.recipes import (
    FULL_MAGNITUDES,
    FULL_SHAPED,
    LABELS,
    MASKS,
    SHAPED,
    SPECIAL,
    Recipe,
    normal,
)
from torchlint.verify.inputs.specs import FLOAT_KINDS, INTEGER_KINDS, SCALAR_KINDS, Spec
from torchlint.verify.inputs.tried_shapes import LONG, Shapes
from torchlint.verify.instance import opposites, whitelist
from torchlint.verify.instance.solve import Input, Solution, Solver
from torchlint.verify.judge.observation import Effect
from torchlint.verify.judge.unit_verdict import Walk
from torchlint.verify.judge.verdict import GOOD, Decision, Verdict, decide
from torchlint.verify.report.reproducer import headline, reproducer
from torchlint.verify.run.execution import run
from torchlint.verify.run.units import Unit, run_definition

# CPU seconds after which a verdict is given up between two inputs.
PATIENCE = {"fast": 5.0, "full": 60.0}
# CPU seconds for the search of inputs on which a text runs.
SEARCH = {"fast": 0.04, "full": 0.5}
_EXTREME = (normal(90.0), normal(1e-8), normal(1e-30))
_FAST = (*_EXTREME, Recipe("ties"), Recipe("zeros"))
_OF_GRADIENTS = re.compile(r"requires_grad True becomes False|gradient of |backward ")
# What each kind of input is called in a condition.
_WORDS = {**FLOAT_KINDS, **INTEGER_KINDS, **SCALAR_KINDS, "float": "a floating-point tensor", "prob": "a softmax"}
_WORDS |= {"labels": "a tensor of indices", "long": "an integer tensor", "bool": "a mask", "size": "an int"}
# Elements of all inputs together, beyond which a single run takes too long.
_MANY = 20_000
# A fix that takes a result out of the graph is right where nobody asks for its gradient.
_UNDIFFERENTIATED = "no gradient is asked for"


@functools.cache
def warm_up() -> None:
    """What torch and the references do once only, so that no verdict pays for it."""
    hole = {"name": "h0", "kinds": ["float"], "rank": None, "sizes": None, "sure": False}
    texts = {name: f"def {name}(h0):\n    return torch.exp(h0)\n" for name in ("before", "after")}
    validate({**texts, "holes": [hole], "tier": "fast", "device": "cpu"})


def validate(request: Mapping[str, Any]) -> dict[str, Any]:
    """The verdict on a request, as JSON holds it. Never raises for what the texts do."""
    started = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        answer = _validate(request)
    answer["cpu"] = round(time.process_time() - started, 4)
    return answer


def _validate(request: Mapping[str, Any]) -> dict[str, Any]:
    try:
        unit, solution = solved(request)
    except UnsolvedError as error:
        return _silent(str(error))
    walk = Walk(unit, request["device"], exact=request["tier"] == "full")
    decision = _walked(walk, solution, request["tier"])
    if decision.verdict is Verdict.EXCEPTION:
        return _where_both_run(request, solution, walk, decision)
    if _cuts_graph(walk):
        decision = _without_gradients(unit, solution, request, decision)
    if solution.domain and decision.verdict in GOOD:
        decision = _elsewhere(unit, solution, request["device"], decision)
    if decision.verdict not in GOOD:
        return _answer(walk, decision, solution)
    found = _opposites(unit, solution, request)
    if found.witness is not None:
        decision = Decision(Verdict.CONDITIONAL, found.need, found.witness, decision.verdict)
    return _answer(walk, decision, solution) | {"tried": found.tried}


class UnsolvedError(Exception):
    """Why a pair cannot be run, in a few words."""


def solved(request: Mapping[str, Any]) -> tuple[Unit, Solution]:
    """The pair of a request, compiled, and inputs on which the old code runs. Raises `UnsolvedError`."""
    texts = request["before"], request["after"]
    try:
        before = compiled(texts[0])
        compiled(texts[1])
    except (SyntaxError, whitelist.NotAllowedError, RecursionError) as error:
        raise UnsolvedError(f"it is not run: {error}") from None
    entries = [_input(entry) for entry in request["holes"]]
    solver = Solver(before, entries, SEARCH[request["tier"]], _sizes_in(texts[0]))
    solution = solver.solve()
    if solution is None:
        why = solver.error or "too many to try"
        raise UnsolvedError(f"no inputs were found on which the old code runs ({why})")
    located = [_located(text, solution.specs) for text in texts]
    return Unit(compiled(located[0]), compiled(located[1]), solution.specs, *located), solution


def _opposites(unit: Unit, solution: Solution, request: Mapping[str, Any]) -> opposites.Outcomes:
    """What comes out where the inputs are not what the solver assumed, as far as the file does not exclude that."""
    doubts = {
        entry["name"]: opposites.Doubts(
            tuple(entry.get("dtypes", ())),
            entry.get("several", False),
            entry.get("negative", False),
            tuple(entry.get("shared", ())),
        )
        for entry in request["holes"]
    }
    unproven, layout = request.get("unproven", False), request.get("layout", False)
    return opposites.search(unit, solution, doubts, unproven=unproven, layout=layout)


def compiled(text: str) -> Callable[..., Any]:
    """The function that a text defines, if all of it may run. Raises `NotAllowedError` and `SyntaxError`."""
    tree = ast.parse(text)
    whitelist.check(tree)
    return run_definition(tree, whitelist.namespace(torch, "cpu"), "<instance>")


def _input(entry: Mapping[str, Any]) -> Input:
    sizes = entry["sizes"]
    known = None if sizes is None else tuple(sizes)
    return Input(entry["name"], tuple(entry["kinds"]), entry["rank"], known, entry["sure"])


def _located(text: str, specs: Sequence[Spec]) -> str:
    """The text with the device of its first tensor in the place of the user's device."""
    tensor = next((spec.name for spec in specs if spec.is_tensor), None)
    if "DEVICE" not in text or tensor is None:
        return text
    return ast.unparse(_Device(tensor).visit(ast.parse(text))) + "\n"


class _Device(ast.NodeTransformer):
    def __init__(self, tensor: str) -> None:
        self._tensor = tensor

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id != "DEVICE":
            return node
        return ast.Attribute(ast.Name(self._tensor, ast.Load()), "device", ast.Load())


def _walked(walk: Walk, solution: Solution, tier: str) -> Decision:
    """The decision on all inputs; where ordinary ones of some shape differ, no others are asked."""
    deadline = time.process_time() + PATIENCE[tier]
    for visited in (_ordinary(solution, tier), _others(walk.unit, solution, tier)):
        for cell in visited:
            if time.process_time() > deadline:
                return Decision(Verdict.TIMEOUT, f"stopped after {walk.record.points:,} inputs")
            # At these magnitudes float64 itself is often wrong.
            walk.truth.exact = tier == "full" or cell.recipe in _EXTREME
            walk.visit(cell)
        if walk.refused:
            break
    return decide(walk.record)


def _ordinary(solution: Solution, tier: str) -> Iterator[Cell]:
    """Ordinary values at all shapes."""
    ranks: dict[int, int] = {}
    for shapes, scalars in solution.points:
        ranks[shapes.rank] = ranks.get(shapes.rank, 0) + 1
        if ranks[shapes.rank] <= 2 or tier == "full" or shapes is solution.points[0][0]:
            yield Cell(shapes, normal(1.0), scalars)


def _others(unit: Unit, solution: Solution, tier: str) -> Iterator[Cell]:
    """Other values and layouts at the likeliest shape, and other sizes."""
    shapes, scalars = solution.points[0]
    floats = any(spec.is_float for spec in solution.specs)
    yield Cell(shapes, normal(1.0), scalars, lattice.HALF)
    # Meaning is decided in float64; the smaller dtypes are about accuracy.
    wide = lattice.WIDE if tier == "full" else lattice.WIDE[:1]
    for other in _resized(shapes, solution.fixed):
        yield Cell(other, normal(1.0), scalars, lattice.WIDE[1:] if other.kind == "long" else lattice.WIDE)
    small = _small(unit, solution)
    for recipe in _recipes(tier) if floats else ():
        extreme = recipe in _EXTREME
        yield Cell(small if extreme and tier == "fast" else shapes, recipe, scalars, lattice.WIDE if extreme else wide)
    layouts = lattice.LAYOUTS if tier == "full" else lattice.LAYOUTS[:1]
    yield from (Cell(shapes, normal(1.0), scalars, wide, layout=layout) for layout in layouts)
    special = SPECIAL if tier == "full" else SPECIAL[:1]
    if any(spec.kind == "float" for spec in solution.specs):
        yield from (Cell(shapes, recipe, scalars, wide) for recipe in special)
    if any(spec.kind == "labels" for spec in solution.specs):
        yield from (Cell(shapes, recipe, scalars, wide) for recipe in LABELS[: 2 if tier == "full" else 1])
    if any(spec.kind in ("bool", "binary") for spec in solution.specs):
        yield from (Cell(shapes, recipe, scalars, wide) for recipe in MASKS[: 3 if tier == "full" else 2])
    if tier == "full":
        yield from _thorough(solution)


def _thorough(solution: Solution) -> Iterator[Cell]:
    shapes, scalars = solution.points[0]
    yield from (Cell(shapes, normal(1.0), scalars, lattice.WIDE[1:], mode=mode) for mode in lattice.MODES)
    yield from (Cell(shapes, normal(magnitude), scalars, lattice.HALF) for magnitude in (1e-3, 20.0, 300.0))
    for other, numbers in solution.points[1:]:
        yield from (Cell(other, recipe, numbers) for recipe in _FAST)


def _small(unit: Unit, solution: Solution) -> Shapes:
    """Fewer elements, where that runs: many bits are slow."""
    shapes, scalars = solution.points[0]
    smaller = {size: less for size, less in ((3, 2), (5, 3)) if size not in solution.fixed}
    small = _with_sizes("plain", shapes, smaller)
    outcome = run(unit.before, arguments(Cell(small, normal(1.0), scalars), unit.specs))
    return small if outcome.error is None else shapes


def _recipes(tier: str) -> Sequence[Recipe]:
    if tier == "fast":
        return _FAST
    return [*(normal(magnitude) for magnitude in FULL_MAGNITUDES), *SHAPED, *FULL_SHAPED]


def _resized(shapes: Shapes, fixed: frozenset[int]) -> Iterator[Shapes]:
    """The same shapes with one of the sizes empty, 1, or long: equal sizes of several inputs stay equal."""
    main = [size for size in max(shapes.shapes.values(), key=len, default=()) if size not in fixed]
    if not main:
        return
    yield _with_sizes("one", shapes, dict.fromkeys(main, 1))
    longer = (_with_sizes("long", shapes, {main[-1]: size}) for size in LONG[1:])
    yield from itertools.islice((found for found in longer if found.elements <= _MANY), 1)
    yield _with_sizes("empty", shapes, {main[0]: 0})


def _with_sizes(kind: str, shapes: Shapes, sizes: Mapping[int, int]) -> Shapes:
    new = {name: tuple(sizes.get(size, size) for size in shape) for name, shape in shapes.shapes.items()}
    extents = [size for shape in new.values() for size in shape if size]
    return Shapes(kind, new, {"K": min(extents, default=1)})


def _sizes_in(text: str) -> tuple[int, ...]:
    """The numbers in a text that may be sizes, the first three of them."""
    constants = (node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant))
    numbers = (
        int(value) for value in constants if isinstance(value, int | float) and 2 < value <= 512 and value % 1 == 0
    )
    return tuple(itertools.islice(dict.fromkeys(numbers), 3))


def _where_both_run(request: Mapping[str, Any], solution: Solution, walk: Walk, decision: Decision) -> dict[str, Any]:
    """The answer where the new code raises on the likeliest inputs: are there others on which both versions run?"""
    unit, tier = walk.unit, request["tier"]

    def both(**given: Any) -> Any:
        copies = {name: value.clone() if isinstance(value, torch.Tensor) else value for name, value in given.items()}
        return unit.before(**copies), unit.after(**given)

    entries = [_input(entry) for entry in request["holes"]]
    other = Solver(both, entries, SEARCH["full"], _sizes_in(request["before"])).solve()
    if other is None:
        return _answer(walk, decision, solution)
    again = Walk(replace(unit, specs=other.specs), request["device"], exact=tier == "full")
    values = _walked(again, other, tier)
    if values.verdict not in (*GOOD, Verdict.CONDITIONAL):
        return _answer(walk, decision, solution)
    kinds = {spec.name: spec.kind for spec in solution.specs}
    said = [f"{{{spec.name}}} is {_WORDS[spec.kind]}" for spec in other.specs if spec.kind != kinds[spec.name]]
    shapes = [f"{{{name}}} of shape {_size(shape)}" for name, shape in other.points[0][0].shapes.items()]
    condition = " and ".join(said) or f"the inputs fit together as {' and '.join(shapes)} do"
    condition += f"; {values.condition}" if values.condition else ""
    return _answer(again, Decision(Verdict.CONDITIONAL, condition, decision.witness, values.verdict), other) | {
        "reproducer": reproducer(unit, decision.witness) if decision.witness else ""
    }


def _size(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape)) or "scalar"


def _cuts_graph(walk: Walk) -> bool:
    """Whether the new code takes more out of the graph, and nothing but gradients differs."""
    refusals = [seen.text for seen in walk.record.refusals()]
    more = walk.unit.after_text.count("detach") > walk.unit.before_text.count("detach")
    return more and bool(refusals) and all(map(_OF_GRADIENTS.search, refusals))


def _without_gradients(unit: Unit, solution: Solution, request: Mapping[str, Any], decision: Decision) -> Decision:
    """The decision on values alone, under the condition that only they matter."""
    walk = Walk(unit, request["device"], exact=False)
    walk.truth.differentiable = ()
    values = _walked(walk, solution, request["tier"])
    if values.verdict not in GOOD:
        return decision
    return Decision(Verdict.CONDITIONAL, _UNDIFFERENTIATED, decision.witness, values.verdict)


def _elsewhere(unit: Unit, solution: Solution, device: str, decision: Decision) -> Decision:
    """The decision also for values outside of the assumed domain, where most results are not numbers."""
    free = tuple(replace(spec, kind="float") if spec.is_float else spec for spec in solution.specs)
    walk = Walk(replace(unit, specs=free), device, exact=False)
    for shapes, scalars in solution.points[:2]:
        walk.visit(Cell(shapes, normal(1.0), scalars))
    refusal = next(walk.record.refusals(), None)
    if refusal is None:
        return decision
    return Decision(Verdict.CONDITIONAL, solution.domain, refusal, decision.verdict)


def _answer(walk: Walk, decision: Decision, solution: Solution) -> dict[str, Any]:
    record = walk.record
    answer = _silent(decision.condition) | {
        "verdict": str(decision.verdict),
        "points": record.points,
        "ranks": sorted(record.ranks),
        "dtypes": sorted(record.dtypes),
        "domain": solution.domain,
        "inputs": {spec.name: spec.kind for spec in solution.specs},
    }
    notes = [seen.text for seen in record.observations if seen.effect in (Effect.NOTE, Effect.KINK, Effect.REPAIRS)]
    answer["notes"] = list(dict.fromkeys(notes))[:5]
    if decision.witness is not None:
        answer["detail"] = headline(decision.witness)
        answer["reproducer"] = reproducer(walk.unit, decision.witness)
    return answer


def _silent(reason: str) -> dict[str, Any]:
    """An answer that says nothing about the pair."""
    return {
        "verdict": str(Verdict.UNSUPPORTED),
        "condition": reason,
        "detail": "",
        "points": 0,
        "ranks": [],
        "dtypes": [],
        "domain": "",
        "inputs": {},
        "notes": [],
        "tried": [],
        "reproducer": "",
    }
