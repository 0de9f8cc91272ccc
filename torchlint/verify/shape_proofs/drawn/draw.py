"""Random sizes, shapes, dims and flags: sizes are small, so that about half of the calls fit."""

from __future__ import annotations

import random

from torchlint.torch_facts.dims import Shape

Arguments = dict[str, object]


class Draw:
    """Random sizes, shapes, dims and flags."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def size(self, most: int = 5) -> int:
        return self.random.choice((1, 2, 2, 3, 4, 5, 6)[: most + 2])

    def shape(self, least: int = 0, most: int = 4) -> Shape:
        return Shape(tuple(self.size() for _ in range(self.random.randint(least, most))))

    def like(self, shape: Shape) -> Shape:
        """A shape that often fits another one."""
        sizes = [size if self.chance(0.75) else self.size() for size in shape.sizes]
        if self.chance(0.2):
            sizes = sizes[1:]
        if self.chance(0.1):
            sizes = [self.size(), *sizes]
        return Shape(tuple(1 if self.chance(0.1) else size for size in sizes))

    def dim(self, shape: Shape) -> int:
        rank, beyond = len(shape.sizes), self.chance(0.15)
        return self.random.randint(-rank - beyond, max(rank - 1, 0) + beyond)

    def dims(self, shape: Shape) -> object:
        if self.chance(0.5):
            return self.dim(shape)
        return tuple(self.dim(shape) for _ in range(self.random.randint(1, 2)))

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def some(self, arguments: Arguments) -> Arguments:
        """Some of the arguments that may be left out."""
        return {name: value for name, value in arguments.items() if self.chance(0.5)}

    def near(self, size: object) -> int:
        """A size, or, less often, another one."""
        return size if isinstance(size, int) and self.chance(0.75) else self.size()

    def one_or_each(self, dims: int, least: int, most: int) -> object:
        each = tuple(self.random.randint(least, most) for _ in range(dims))
        return each[0] if self.chance(0.6) else each
