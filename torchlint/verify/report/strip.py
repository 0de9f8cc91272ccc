"""The lattice at a glance: what was seen in each kind of cell."""

from __future__ import annotations

from torchlint.verify.inputs.lattice import Cell
from torchlint.verify.judge.observation import Effect, Observation, Record

# From best to worst; a kind of cell shows the worst that was seen in it.
SAME, BETTER, NOTED, REFUSES = "same", "better", "note", "refuses"
_ORDER = (SAME, BETTER, NOTED, REFUSES)
_BETTER = (Effect.IMPROVES, Effect.EXTENDS, Effect.REPAIRS)


def strip(record: Record) -> dict[str, str]:
    """Kinds of cells, in the order of a report, with the worst that was seen there."""
    seen: dict[str, str] = {}
    for cell, dtype in record.cells:
        for kind in kinds(cell, dtype):
            seen.setdefault(kind, SAME)
    for observation in record.observations:
        for kind in kinds(observation.cell, observation.dtype):
            seen[kind] = max(seen.get(kind, SAME), _state(observation), key=_ORDER.index)
    return {kind: seen[kind] for kind in sorted(seen, key=_place)}


def kinds(cell: Cell, dtype: str) -> list[str]:
    """What is special about a cell; where nothing is, the dtype and the rank."""
    special = [cell.mode, cell.cast, "" if cell.layout == "contiguous" else cell.layout]
    if cell.recipe.name != "normal":
        special.append(cell.recipe.name)
    elif cell.recipe.magnitude != 1.0:
        special.append("small" if cell.recipe.magnitude < 1 else "large")
    if cell.shapes.kind != "plain":
        special.append(cell.shapes.kind)
    return [text for text in special if text] or [f"rank {cell.shapes.rank}", dtype]


def _state(observation: Observation) -> str:
    if observation.refuses:
        return REFUSES
    return BETTER if observation.effect in _BETTER else NOTED


def _place(kind: str) -> tuple[int, str]:
    if kind.startswith("rank"):
        return 0, kind
    return (1 if "float" in kind else 2), kind
