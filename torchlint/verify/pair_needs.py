"""Which needs a pair has: the opposites of its inputs with which both versions are not the same any more."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from functools import partial
from typing import Any

import torch

from torchlint.verify.inputs.lattice import Cell, DoesNotFitError, arguments, typed
from torchlint.verify.inputs.recipes import normal
from torchlint.verify.inputs.specs import Spec
from torchlint.verify.inputs.tried_shapes import all_shapes
from torchlint.verify.instance.opposites import Doubts, Given, difference, made, opposites
from torchlint.verify.run.execution import run
from torchlint.verify.run.units import Unit

# Enough for a matrix, a square one and a batch.
_MOST_SHAPES = 4
_SCALARS: dict[str, tuple[Any, ...]] = {"dim": (0, 1), "flag": (True,), "size": (3,), "number": (0.5,)}


def found_needs(unit: Unit) -> list[str]:
    """The names of the opposites that change what comes out, at any of a few shapes, in alphabetical order."""
    found: set[str] = set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for base in _bases(unit):
            if not _agree(unit, base):
                continue
            for opposite in opposites(unit.specs, base, _doubts(unit), unproven=True):
                if opposite.name not in found and _differ(unit, partial(made, opposite=opposite), base):
                    found.add(opposite.name)
    return sorted(found)


def _doubts(unit: Unit) -> dict[str, Doubts]:
    """Nothing is excluded: a pair may be used anywhere."""
    names = tuple(spec.name for spec in unit.specs)
    return {spec.name: Doubts(("int", "bool", "complex"), True, True, names) for spec in unit.specs}


def _bases(unit: Unit) -> Iterator[Given]:
    shapes = [shape for shape in all_shapes(unit.specs) if shape.kind in ("plain", "square") and shape.rank > 0]
    for shape, scalars in itertools.product(shapes[:_MOST_SHAPES], _scalars(unit.specs)):
        try:
            yield typed(arguments(Cell(shape, normal(1.0), scalars), unit.specs), torch.float32, "cpu")
        except DoesNotFitError:
            continue


def _scalars(specs: tuple[Spec, ...]) -> Iterator[dict[str, Any]]:
    numbers = [spec for spec in specs if not spec.is_tensor]
    for values in itertools.product(*(spec.choices or _SCALARS[spec.kind] for spec in numbers)):
        yield dict(zip((spec.name for spec in numbers), values, strict=True))


def _agree(unit: Unit, base: Given) -> bool:
    before, after = run(unit.before, base), run(unit.after, base)
    return before.error is None and not difference(before, after, layout=True)


def _differ(unit: Unit, change: Any, base: Given) -> bool:
    before, after = (run(partial(change, function), base) for function in (unit.before, unit.after))
    return bool(difference(before, after, layout=True))
