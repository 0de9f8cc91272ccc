"""The rows of the table, by family. `python -m torchlint.torch_facts.operations` writes `data/operations.json`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torchlint.torch_facts.operations import (
    arithmetic,
    elementwise,
    factories,
    indexing,
    language,
    layers,
    linalg,
    losses,
    networks,
    reductions,
    shapes,
    tensor_methods,
)

if TYPE_CHECKING:
    from torchlint.torch_facts.terms import Row

ROWS: tuple[Row, ...] = (
    *elementwise.ROWS,
    *arithmetic.ROWS,
    *reductions.ROWS,
    *shapes.ROWS,
    *indexing.ROWS,
    *factories.ROWS,
    *tensor_methods.ROWS,
    *linalg.ROWS,
    *losses.ROWS,
    *networks.ROWS,
    *layers.ROWS,
    *language.ROWS,
)
