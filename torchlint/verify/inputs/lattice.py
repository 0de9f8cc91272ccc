"""The lattice: which inputs a rewrite is tried on, and how one point of it becomes arguments."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from torchlint.verify.inputs.recipes import (
    FAST_MAGNITUDES,
    FULL_MAGNITUDES,
    FULL_SHAPED,
    HALF_ORDINALS,
    LABELS,
    MASKS,
    ORDINALS,
    SHAPED,
    SINGLE_ORDINALS,
    SPECIAL,
    Recipe,
    fill,
    normal,
)
from torchlint.verify.inputs.specs import Spec
from torchlint.verify.inputs.tried_shapes import Shapes, all_shapes, value_of

# Inputs of a group are rounded so that every dtype of it holds them exactly: the group shares one reference.
WIDE = ("float64", "float32")
HALF = ("float16", "bfloat16")
FLAGS = (True, False)
NUMBERS = (0.5, 2.0, 1.0, -1.5)
LENGTHS = (2, 1, 3)
LAYOUTS = ("transposed", "strided", "expanded")
MODES = ("no_grad", "inference", "autocast")
CASTS = ("int64", "uint8", "bool", "complex128")


@dataclass(frozen=True, slots=True)
class Cell:
    """One point of the lattice; `dtypes` share its values.

    `scalars` are the arguments that are not tensors. `cast` replaces floating-point inputs by integers or complex
    numbers, which is outside the domain of every annotation and only worth a note. `given` are the arguments
    themselves where a search found them and no recipe makes them.
    """

    shapes: Shapes
    recipe: Recipe
    scalars: Mapping[str, Any] = field(default_factory=dict)
    dtypes: tuple[str, ...] = WIDE
    layout: str = "contiguous"
    mode: str = ""
    cast: str = ""
    given: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)

    @property
    def label(self) -> str:
        scalars = " ".join(f"{name}={value}" for name, value in self.scalars.items())
        parts = (self.shapes.label, self.recipe.label, scalars, self.mode, self.cast)
        layout = "" if self.layout == "contiguous" else self.layout
        return ", ".join(part for part in (*parts, layout) if part)

    @property
    def is_ordinary(self) -> bool:
        """Whether a difference in float64 here is a difference of meaning."""
        return (
            self.recipe.is_ordinary and not self.cast and not self.mode and self.shapes.kind not in ("empty", "hollow")
        )

    @property
    def is_plain(self) -> bool:
        """Whether a search for worse inputs can start here: few finite numbers of sizes that programs compute with."""
        recipe, few = self.recipe, 0 < self.shapes.elements <= 60
        inside = not recipe.special and not recipe.outside and recipe.name not in (ORDINALS, HALF_ORDINALS)
        usual = recipe.name != "normal" or 1e-9 <= recipe.magnitude <= 1e12
        return few and inside and usual and not self.cast and not self.mode and self.layout == "contiguous"


class DoesNotFitError(Exception):
    """The cell has no value in this dtype: rounding would overflow."""


def lattice(specs: Sequence[Spec], tier: str, runs: Callable[[Cell], bool] = lambda cell: True) -> Iterator[Cell]:
    """All cells of a tier, `fast` or `full`; ordinary ones first, so that a difference in meaning is found early.

    `runs` says whether `before` gives anything at a cell: most values are tried at the first shapes at which it does.
    """
    shapes = all_shapes(specs)
    for shape in shapes:
        limit = 8 if shape.kind in ("plain", "square") else 2
        for scalars in itertools.islice(_scalars(specs, shape), limit):
            yield Cell(shape, normal(1.0), scalars)
    for place, shape in enumerate(_bases(specs, shapes, runs)):
        yield from _on_base(specs, shape, tier, first=place == 0)
    for shape in shapes:
        if shape.kind == "long":
            scalars = next(iter(_scalars(specs, shape)), {})
            yield Cell(shape, normal(1.0), scalars, HALF)
    yield from _on_single(specs, shapes, tier)


def _bases(specs: Sequence[Spec], shapes: Sequence[Shapes], runs: Callable[[Cell], bool]) -> list[Shapes]:
    """Two shapes at which `before` runs: an inverse needs square ones."""
    candidates = [shape for shape in shapes if shape.kind in ("plain", "square")]
    candidates.sort(key=lambda shape: shape.kind == "square")
    found: list[Shapes] = []
    for shape in candidates:
        choices = itertools.islice(_scalars(specs, shape), 2)
        if len(found) < 2 and any(runs(Cell(shape, normal(1.0), scalars)) for scalars in choices):
            found.append(shape)
    return found or candidates[:1]


def _recipes(specs: Sequence[Spec], tier: str) -> list[Recipe]:
    magnitudes = FAST_MAGNITUDES if tier == "fast" else FULL_MAGNITUDES
    recipes = [normal(magnitude) for magnitude in magnitudes] + [*SHAPED]
    if tier != "fast":
        recipes += FULL_SHAPED
    if not any(spec.is_float for spec in specs):
        recipes = [normal(1.0)]
    if any(spec.kind in ("bool", "binary") for spec in specs):
        recipes += MASKS
    return recipes


def _on_base(specs: Sequence[Spec], shape: Shapes, tier: str, first: bool) -> Iterator[Cell]:
    scalars = list(itertools.islice(_scalars(specs, shape), 2 if first else 1)) or [{}]
    recipes = _recipes(specs, tier)
    for recipe, choice in itertools.product(recipes if first or tier != "fast" else recipes[:3], scalars):
        yield Cell(shape, recipe, choice)
        # Hardly any float32 number is one of float16.
        narrow = replace(recipe, name=HALF_ORDINALS) if recipe.name == ORDINALS else recipe
        yield Cell(shape, narrow, choice, HALF)
    if not first:
        return
    if tier != "fast":
        # Values with all 53 bits, which no float32 holds.
        yield from (Cell(shape, recipe, scalars[0], WIDE[:1]) for recipe in recipes)
    if any(spec.kind == "float" for spec in specs):
        yield from (Cell(shape, recipe, scalars[0]) for recipe in SPECIAL)
    if any(spec.kind == "labels" for spec in specs):
        yield from (Cell(shape, recipe, scalars[0]) for recipe in LABELS)
    yield from (Cell(shape, normal(1.0), scalars[0], layout=layout) for layout in LAYOUTS)
    yield from (Cell(shape, normal(1.0), scalars[0], WIDE[1:], mode=mode) for mode in MODES)
    if any(spec.kind == "float" for spec in specs):
        yield from (Cell(shape, normal(3.0), scalars[0], WIDE[:1], cast=cast) for cast in CASTS)


def _on_single(specs: Sequence[Spec], shapes: Sequence[Shapes], tier: str) -> Iterator[Cell]:
    """Single elements at chosen magnitudes: a mean over many elements hides what one of them does."""
    ones = [shape for shape in shapes if shape.kind == "one"]
    if not ones or not any(spec.is_float for spec in specs):
        return
    scalars = next(iter(_scalars(specs, ones[-1])), {})
    for magnitude in (20.0, 1e-8) if tier == "fast" else FULL_MAGNITUDES:
        yield Cell(ones[-1], normal(magnitude), scalars)
    for recipe in SINGLE_ORDINALS if tier != "fast" else ():
        yield Cell(ones[-1], recipe, scalars)


def _scalars(specs: Sequence[Spec], shapes: Shapes) -> Iterator[dict[str, Any]]:
    options: list[Sequence[Any]] = []
    names = [spec.name for spec in specs if not spec.is_tensor]
    for spec in specs:
        if spec.choices:
            options.append(spec.choices)
        elif spec.kind == "dim":
            options.append(tuple(dict.fromkeys((-1, *range(max(shapes.rank, 1))))))
        elif not spec.is_tensor:
            options.append({"flag": FLAGS, "size": LENGTHS, "number": NUMBERS}[spec.kind])
    return (dict(zip(names, choice, strict=True)) for choice in itertools.product(*options))


def arguments(cell: Cell, specs: Sequence[Spec]) -> dict[str, Any]:
    """The arguments of a cell on the CPU; floating-point tensors are float64 and fit all dtypes of the cell.

    Raises `DoesNotFitError` where a value does not fit.
    """
    if cell.given is not None:
        return dict(cell.given)
    seed = zlib.crc32(f"{cell.shapes.label} {cell.recipe.label}".encode())
    generator = torch.Generator().manual_seed(seed)
    values: dict[str, Any] = {}
    for spec in specs:
        if not spec.is_tensor:
            values[spec.name] = cell.scalars[spec.name]
            continue
        bound = value_of(spec.bound, cell.shapes.sizes) if spec.bound else None
        tensor = fill(spec, cell.shapes.shapes[spec.name], bound, cell.recipe, generator)
        values[spec.name] = _laid_out(_rounded(tensor, cell), cell.layout)
    return values


def _rounded(tensor: torch.Tensor, cell: Cell) -> torch.Tensor:
    if not tensor.is_floating_point():
        return tensor
    if cell.cast:
        return _cast(tensor, cell.cast)
    result = tensor
    for name in reversed(cell.dtypes):
        result = result.to(getattr(torch, name)).to(torch.float64)
    if bool((result.isinf() & tensor.isfinite()).any()):
        raise DoesNotFitError(f"does not fit into {' and '.join(cell.dtypes)}")
    return result


def _cast(tensor: torch.Tensor, name: str) -> torch.Tensor:
    if name == "bool":
        return tensor > 0
    if name == "complex128":
        return torch.complex(tensor, tensor.flip(-1) if tensor.ndim else tensor)
    return tensor.abs().to(getattr(torch, name))


def _laid_out(tensor: torch.Tensor, layout: str) -> torch.Tensor:
    if layout == "transposed" and tensor.ndim > 1:
        return tensor.mT.contiguous().mT
    if layout == "strided" and tensor.ndim:
        return tensor.repeat_interleave(2, -1)[..., ::2]
    if layout == "expanded" and tensor.ndim and tensor.numel():
        return tensor[..., :1].expand(tensor.shape)
    return tensor


def typed(values: Mapping[str, Any], dtype: torch.dtype, device: str) -> dict[str, Any]:
    """The same arguments with floating-point tensors of `dtype`, on `device`, strides kept."""
    return {name: _typed(value, dtype, device) for name, value in values.items()}


def _typed(value: Any, dtype: torch.dtype, device: str) -> Any:
    if not isinstance(value, torch.Tensor):
        return value
    wanted = dtype if value.is_floating_point() else value.dtype
    if value.is_contiguous() or not value.numel():
        return value.to(device, wanted)
    extent = 1 + sum((size - 1) * stride for size, stride in zip(value.shape, value.stride(), strict=True))
    base = value.as_strided((extent,), (1,)).to(device, wanted)
    return base.as_strided(value.shape, value.stride())
