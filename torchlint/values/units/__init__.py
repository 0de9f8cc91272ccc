"""What numbers stand for, which neither shapes nor dtypes say: logits or probabilities, kept or dropped, mean or sum.

Each family of units is a question: `units.scores.of(value)` answers it for every path on which a value may have come
about, or with None; `units.scores.chains(value, Scores.PROBABILITIES)` says how it came about.
"""

from __future__ import annotations

from torchlint.values.units.average_units import Averages, averages, reduction
from torchlint.values.units.mask_units import Masks, is_boolean, masks
from torchlint.values.units.score_units import Scores, makers, scores
from torchlint.values.units.unit_family import Chain, is_plain, source

__all__ = [
    "Averages",
    "Chain",
    "Masks",
    "Scores",
    "averages",
    "is_boolean",
    "is_plain",
    "makers",
    "masks",
    "reduction",
    "scores",
    "source",
]
