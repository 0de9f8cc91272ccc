"""From observations to a verdict."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from enum import StrEnum

from torchlint.claims import Changes, Claim, Same, Stabilises
from torchlint.verify.inputs.lattice import Cell
from torchlint.verify.inputs.recipes import HALF_ORDINALS, ORDINALS
from torchlint.verify.judge.observation import Effect, Observation, Record


class Verdict(StrEnum):
    """What the harness says of a rewrite, from best to worst; the last three say that it could not tell.

    REPAIRS: before raises on all inputs, after does not.
    """

    IDENTICAL = "IDENTICAL"
    EQUAL = "EQUAL"
    IMPROVES = "IMPROVES"
    EXTENDS = "EXTENDS"
    REPAIRS = "REPAIRS"
    CONDITIONAL = "CONDITIONAL"
    TRADEOFF = "TRADEOFF"
    CHANGES = "CHANGES"
    REGRESSES = "REGRESSES"
    MASKS_NONFINITE = "MASKS_NONFINITE"
    EXCEPTION = "EXCEPTION"
    METADATA = "METADATA"
    ALIAS = "ALIAS"
    MUTATION = "MUTATION"
    RNG = "RNG"
    UNSUPPORTED = "UNSUPPORTED"
    TIMEOUT = "TIMEOUT"
    VACUOUS = "VACUOUS"


# A difference in float64 of fewer units of the loose bound is a matter of accuracy, not of meaning.
CHANGE = 1_000
GOOD = frozenset({Verdict.IDENTICAL, Verdict.EQUAL, Verdict.IMPROVES, Verdict.EXTENDS})
SILENT = frozenset({Verdict.UNSUPPORTED, Verdict.TIMEOUT, Verdict.VACUOUS})


@dataclass(frozen=True, slots=True)
class Decision:
    """`condition` says where the verdict holds (CONDITIONAL), `witness` is the observation that decided."""

    verdict: Verdict
    condition: str = ""
    witness: Observation | None = None
    domain_verdict: Verdict | None = None


_SIMPLE = {
    Effect.EXCEPTION: Verdict.EXCEPTION,
    Effect.METADATA: Verdict.METADATA,
    Effect.MUTATION: Verdict.MUTATION,
    Effect.RNG: Verdict.RNG,
    Effect.ALIAS: Verdict.ALIAS,
}


def decide(record: Record) -> Decision:
    """The verdict on everything that was seen."""
    if not record.points and record.has(Effect.REPAIRS):
        first = next(seen for seen in record.observations if seen.effect is Effect.REPAIRS)
        return Decision(Verdict.REPAIRS, witness=first)
    if not record.finite_points or not (record.points or record.has(Effect.EXCEPTION)):
        raised = max(record.raised, key=lambda name: record.raised[name], default="")
        return Decision(Verdict.VACUOUS, "before never gave a finite result" + (f": {raised}" if raised else ""))
    refusals = list(record.refusals())
    if not refusals:
        return Decision(_accepted(record))
    core, conditions = _marginal(refusals)
    if not core:
        return Decision(Verdict.CONDITIONAL, "; ".join(conditions), _witness(refusals), _accepted(record))
    split = _split(core, record)
    if split is None:
        return _refused(core, record)
    inside = [seen for seen in refusals if split.holds(seen)]
    text = "; ".join([split.text, *_marginal(inside)[1]])
    return Decision(Verdict.CONDITIONAL, text, _witness(core), _accepted(record))


def _accepted(record: Record) -> Verdict:
    if record.has(Effect.IMPROVES):
        return Verdict.IMPROVES
    if record.has(Effect.EXTENDS):
        return Verdict.EXTENDS
    return Verdict.IDENTICAL if record.identical else Verdict.EQUAL


def _witness(observations: list[Observation]) -> Observation:
    """The one that is easiest to look at: few elements, ordinary numbers, float64."""
    return min(
        observations,
        key=lambda seen: (
            seen.cell.shapes.elements > 64,
            not seen.cell.is_ordinary,
            seen.dtype != "float64",
            seen.cell.shapes.kind in ("one", "empty"),
            seen.cell.shapes.elements,
        ),
    )


def _refused(core: list[Observation], record: Record) -> Decision:
    meaning = [seen for seen in core if _is_change(seen)]
    if meaning:
        return Decision(Verdict.CHANGES, witness=_witness(meaning))
    for effect, verdict in _SIMPLE.items():
        found = [seen for seen in core if seen.effect is effect]
        if found:
            return Decision(verdict, witness=_witness(found))
    masks = [seen for seen in core if seen.effect is Effect.MASKS]
    if masks:
        return Decision(Verdict.MASKS_NONFINITE, witness=_witness(masks))
    verdict = Verdict.TRADEOFF if record.has(Effect.IMPROVES) else Verdict.REGRESSES
    return Decision(verdict, witness=_witness(core))


def _is_change(seen: Observation) -> bool:
    if seen.dtype != "float64" or not seen.cell.is_ordinary:
        return False
    if seen.effect is Effect.REGRESSES and seen.size < CHANGE:
        return False
    shape_differs = seen.effect is Effect.METADATA and "shape" in seen.text
    return seen.effect in (Effect.REGRESSES, Effect.MASKS) or shape_differs


# Conditions


def _extreme(seen: Observation) -> bool:
    recipe = seen.cell.recipe
    if recipe.name in (ORDINALS, HALF_ORDINALS):
        return True
    return recipe.name in ("normal", "polished") and not 1e-10 <= recipe.magnitude <= 1e15


_MARGINS: tuple[tuple[Callable[[Observation], bool], str], ...] = (
    (lambda seen: seen.cell.mode == "autocast", "outside autocast"),
    (lambda seen: seen.cell.mode == "double backward", "without second derivatives"),
    (lambda seen: seen.cell.mode != "", "with gradients enabled"),
    (lambda seen: seen.cell.recipe.outside, "labels are class indices in range"),
    (lambda seen: seen.cell.recipe.special, "finite inputs"),
    (lambda seen: seen.cell.shapes.kind == "empty", "inputs are not empty"),
    (lambda seen: seen.cell.shapes.kind == "broadcast", "inputs have the same shape"),
    (_extreme, "1e-10 < |x| < 1e15"),
    (lambda seen: seen.cell.layout != "contiguous", "contiguous inputs"),
    (lambda seen: seen.dtype in ("float16", "bfloat16"), "not in {dtypes}"),
)


def _marginal(refusals: list[Observation]) -> tuple[list[Observation], list[str]]:
    """Split off what happens only at the margins; the rest and the conditions that exclude the margins."""
    core: list[Observation] = []
    conditions: dict[str, set[str]] = {}
    for seen in refusals:
        text = next((text for applies, text in _MARGINS if applies(seen)), None)
        if text is None:
            core.append(seen)
        else:
            conditions.setdefault(text, set()).add(seen.dtype)
    return core, [text.format(dtypes=" and ".join(sorted(dtypes))) for text, dtypes in conditions.items()]


@dataclass(frozen=True, slots=True)
class _Split:
    text: str
    holds: Callable[[Observation], bool]


def _split(core: list[Observation], record: Record) -> _Split | None:
    """One property of the inputs that separates all differences from points without one."""
    ordinary = [cell for cell, _ in record.cells if cell.shapes.kind in ("plain", "square")]
    bad_dtypes = {seen.dtype for seen in record.refusals()}
    if all(seen.effect is Effect.METADATA for seen in core) and "float32" not in bad_dtypes:
        return _Split("dtype in {float32}", lambda seen: seen.dtype == "float32")
    # Only where ordinary inputs differ at one value and agree at another is that value what matters.
    if not any(seen.cell.is_ordinary for seen in core):
        return None
    keys: list[tuple[str, Callable[[Cell], Hashable]]] = [("rank", lambda cell: cell.shapes.rank)]
    keys += [(name, _scalar(name)) for name in sorted({name for cell, _ in record.cells for name in cell.scalars})]
    for name, key in keys:
        good = {key(cell) for cell in ordinary} - {key(seen.cell) for seen in core}
        if good and good != {0}:
            text = f"{name} in {{{', '.join(sorted(map(str, good)))}}}"
            return _Split(text, lambda seen, key=key, good=good: key(seen.cell) in good)  # type: ignore[misc]
    return None


def _scalar(name: str) -> Callable[[Cell], Hashable]:
    return lambda cell: cell.scalars.get(name)


# Claims


def contradiction(decision: Decision, claim: Claim, record: Record) -> str:
    """Why the verdict contradicts the author's claim; empty if it does not."""
    verdict = decision.verdict
    if isinstance(claim, Changes):
        return _against_change(verdict, record)
    if verdict in GOOD or verdict is Verdict.CONDITIONAL:
        return ""
    if isinstance(claim, Same | Stabilises):
        return f"claimed {type(claim).__name__.lower()}, found {verdict}"
    return ""


def _against_change(verdict: Verdict, record: Record) -> str:
    if verdict in (Verdict.IDENTICAL, Verdict.EQUAL, Verdict.IMPROVES, Verdict.EXTENDS):
        return "" if record.has(Effect.REPAIRS) else f"claimed a change, found {verdict}"
    if verdict in SILENT or verdict is Verdict.EXCEPTION:
        return f"claimed a change, found {verdict}"
    return ""
