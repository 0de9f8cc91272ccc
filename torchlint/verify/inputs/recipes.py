"""The numbers that fill the inputs: magnitudes, ties, exact bounds, special values."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch

from torchlint.verify.inputs.specs import Spec

Generator = torch.Generator
Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the inputs are filled.

    `magnitude` scales those kinds that have a scale (units of the values themselves). `special` recipes contain
    infinities or NaN. `outside` recipes leave the domain that the annotation promises. Recipes that differ in `draw`
    have other random numbers.
    """

    name: str
    magnitude: float = 1.0
    special: bool = False
    outside: bool = False
    draw: int = 0

    @property
    def label(self) -> str:
        scaled = self.name in ("normal", "offset", "polished")
        return self.name + (f" {self.magnitude:g}" if scaled else "") + (f" #{self.draw}" if self.draw else "")

    @property
    def is_ordinary(self) -> bool:
        """Whether a difference here is one of meaning and not one of range."""
        return self.name in ("ties", "mask row", "all true", "all false", "ignored") or (
            self.name == "normal" and 0.1 <= self.magnitude <= 2
        )


def normal(magnitude: float) -> Recipe:
    return Recipe("normal", magnitude)


FAST_MAGNITUDES = (1.0, 1e-30, 1e-8, 20.0, 90.0, 1e4)
FULL_MAGNITUDES = (1.0, 1e-40, 1e-30, 1e-15, 1e-8, 1e-3, 5.0, 20.0, 90.0, 300.0, 1e3, 1e4, 1e10, 1e30)
SHAPED = (Recipe("ties"), Recipe("zeros"), Recipe("grid"), Recipe("offset", 100.0), Recipe("spread"))
# Every float32 number, or every float16 number, is as likely as any other.
ORDINALS, HALF_ORDINALS = "ordinals", "half ordinals"
FULL_SHAPED = (
    *(Recipe(name) for name in ("zero row", "constant", "near ties", "log-uniform")),
    Recipe("offset", 1e4),
    *(Recipe(ORDINALS, draw=draw) for draw in range(3)),
)
SINGLE_ORDINALS = tuple(Recipe(ORDINALS, draw=draw) for draw in range(16))
SPECIAL = tuple(Recipe(name, special=True) for name in ("nan", "+inf", "-inf", "-inf row"))
MASKS = (Recipe("all true"), Recipe("all false"), Recipe("mask row"))
LABELS = (Recipe("ignored", outside=True), Recipe("minus one", outside=True))


def fill(spec: Spec, shape: Shape, bound: int | None, recipe: Recipe, generator: Generator) -> torch.Tensor:
    """One input tensor: float64, int64 or bool, on the CPU."""
    if spec.kind == "bool":
        return _bools(shape, recipe, generator)
    if spec.kind in ("labels", "long"):
        return _integers(spec, shape, bound, recipe, generator)
    values = _KINDS[spec.kind](shape, recipe, generator)
    return _special(values, recipe) if recipe.special and spec.kind == "float" else values


def _randn(shape: Shape, generator: Generator) -> torch.Tensor:
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def _rand(shape: Shape, generator: Generator) -> torch.Tensor:
    return torch.rand(shape, generator=generator, dtype=torch.float64).clamp_min(1e-3)


def _float(shape: Shape, recipe: Recipe, generator: Generator) -> torch.Tensor:
    random = _randn(shape, generator)
    if recipe.name == "offset":
        return recipe.magnitude + random
    if recipe.name == "ties":
        return torch.randint(-1, 3, shape, generator=generator).to(torch.float64)
    if recipe.name == "zeros":
        return torch.zeros(shape, dtype=torch.float64)
    if recipe.name == "grid":
        count = max(random.numel(), 2)
        steps = torch.linspace(-60, 60, count, dtype=torch.float64)[: random.numel()]
        return steps[torch.randperm(random.numel(), generator=generator)].reshape(shape)
    if recipe.name == "constant":
        return torch.full(shape, 0.7, dtype=torch.float64)
    if recipe.name == "near ties":
        return 1 + 1e-7 * torch.randint(0, 4, shape, generator=generator).to(torch.float64)
    if recipe.name == "log-uniform":
        return random.sign() * torch.exp(60 * torch.rand(shape, generator=generator, dtype=torch.float64) - 40)
    if recipe.name in (ORDINALS, HALF_ORDINALS):
        return _ordinals(shape, recipe.name == HALF_ORDINALS, generator)
    return _placed(random, recipe)


def _ordinals(shape: Shape, half: bool, generator: Generator) -> torch.Tensor:
    """Bit patterns drawn uniformly from those of finite numbers; in half precision up to 59,904, which both have."""
    patterns, floats = (torch.int16, torch.float16) if half else (torch.int32, torch.float32)
    largest = 0x7B50 if half else 0x7F7F_FFFF
    drawn = torch.randint(-largest, largest + 1, shape, generator=generator)
    return drawn.sign() * drawn.abs().to(patterns).view(floats).to(torch.float64)


def _placed(random: torch.Tensor, recipe: Recipe) -> torch.Tensor:
    if recipe.name == "spread" and random.numel():
        random.view(-1)[0] = 25.0
    if recipe.name == "zero row" and random.ndim:
        random[:1] = 0.0
    return random * recipe.magnitude


def _special(values: torch.Tensor, recipe: Recipe) -> torch.Tensor:
    if not values.numel():
        return values
    number = {"nan": math.nan, "+inf": math.inf}.get(recipe.name, -math.inf)
    if recipe.name == "-inf row" and values.ndim:
        values[:1] = number
    else:
        values.view(-1)[values.numel() // 2] = number
    return values


def _positive(shape: Shape, recipe: Recipe, generator: Generator) -> torch.Tensor:
    if recipe.name == "ties":
        return torch.randint(1, 4, shape, generator=generator).to(torch.float64)
    if recipe.name in ("grid", "log-uniform", ORDINALS, HALF_ORDINALS, "offset", "constant", "near ties"):
        return _float(shape, recipe, generator).abs().clamp_min(1e-3)
    return _rand(shape, generator) * recipe.magnitude


def _unit(shape: Shape, recipe: Recipe, generator: Generator) -> torch.Tensor:
    scale = min(recipe.magnitude, 30.0)
    # Half a float16 step below 1 is the largest number that stays below 1 in every dtype but bfloat16.
    return torch.sigmoid(_randn(shape, generator) * scale).clamp(1e-30, 1 - 2.0**-9)


def _prob(shape: Shape, recipe: Recipe, generator: Generator) -> torch.Tensor:
    random = _randn(shape, generator) * (recipe.magnitude if recipe.name == "normal" else 1.0)
    return torch.softmax(random, -1) if shape else torch.ones(())


def _inner(shape: Shape, recipe: Recipe, generator: Generator) -> torch.Tensor:
    return torch.tanh(_randn(shape, generator) * min(recipe.magnitude, 2.0)) * 0.99


def _binary(shape: Shape, recipe: Recipe, generator: Generator) -> torch.Tensor:
    if recipe.name in ("all true", "all false"):
        return torch.full(shape, float(recipe.name == "all true"), dtype=torch.float64)
    return (_randn(shape, generator) > 0).to(torch.float64)


def _one_hot(shape: Shape, recipe: Recipe, generator: Generator) -> torch.Tensor:
    random = _randn(shape, generator)
    if not shape or not random.numel():
        return random
    places = random.argmax(-1, keepdim=True)
    return torch.zeros(shape, dtype=torch.float64).scatter(-1, places, 1.0)


def _regular(shape: Shape, recipe: Recipe, generator: Generator) -> torch.Tensor:
    size = shape[-1] if shape else 1
    scale = recipe.magnitude if 1e-3 <= recipe.magnitude <= 1e3 else 1.0
    random = _randn(shape, generator) / math.sqrt(max(size, 1))
    return scale * (random + 3 * torch.eye(size, dtype=torch.float64))


def _spd(shape: Shape, recipe: Recipe, generator: Generator) -> torch.Tensor:
    random = _randn(shape, generator)
    size = max(shape[-1], 1) if shape else 1
    return random @ random.mT / size + torch.eye(size, dtype=torch.float64)[:, : shape[-1]]


def _ill(shape: Shape, recipe: Recipe, generator: Generator) -> torch.Tensor:
    left, _ = torch.linalg.qr(_randn(shape, generator))
    right, _ = torch.linalg.qr(_randn(shape, generator))
    scale = torch.diag(torch.logspace(0, -6, shape[-1], dtype=torch.float64))
    product: torch.Tensor = left @ scale @ right
    return product


_KINDS: dict[str, Callable[[Shape, Recipe, Generator], torch.Tensor]] = {
    "float": _float,
    "positive": _positive,
    "negative": lambda shape, recipe, generator: -_positive(shape, recipe, generator),
    "prob": _prob,
    "unit": _unit,
    "inner": _inner,
    "binary": _binary,
    "weight": lambda shape, recipe, generator: _rand(shape, generator) + 0.5,
    "onehot": _one_hot,
    "regular": _regular,
    "ill": _ill,
    "spd": _spd,
}


def _bools(shape: Shape, recipe: Recipe, generator: Generator) -> torch.Tensor:
    if recipe.name in ("all true", "all false"):
        return torch.full(shape, recipe.name == "all true")
    mask = torch.rand(shape, generator=generator) > 0.4
    if recipe.name == "mask row" and mask.ndim and mask.numel():
        mask[:1] = False
    return mask


def _integers(spec: Spec, shape: Shape, bound: int | None, recipe: Recipe, generator: Generator) -> torch.Tensor:
    low, high = (0, bound) if bound is not None else (0, 4)
    if high <= low:
        return torch.zeros(shape, dtype=torch.int64)
    values = torch.randint(low, high, shape, generator=generator)
    if spec.kind == "labels" and recipe.outside and values.numel():
        values.view(-1)[::2] = -100 if recipe.name == "ignored" else -1
    return values
