"""What numbers stand for, which neither shapes nor dtypes say: logits or probabilities, kept or dropped, mean or sum.

Each family of units is a question: `units.scores.of(value)` answers it for every path on which a value may have come
about, or with None; `units.scores.chains(value, Scores.PROBABILITIES)` says how it came about.
"""

from __future__ import annotations

from torchlint.values.units.average_units import Averages, averages, reduction
from torchlint.values.units.layout_units import (
    RECURRENT,
    SEQUENCE_LAYERS,
    TRANSFORMERS,
    Layouts,
    is_turned,
    layout,
    layouts,
    owner,
    sequence_call,
)
from torchlint.values.units.mask_units import Masks, is_boolean, masks
from torchlint.values.units.score_units import Scores, makers, scores
from torchlint.values.units.shift_units import Shifts, shifts
from torchlint.values.units.unit_family import Chain, is_plain, source
from torchlint.values.units.weight_units import owner_of, weights

__all__ = [
    "RECURRENT",
    "SEQUENCE_LAYERS",
    "TRANSFORMERS",
    "Averages",
    "Chain",
    "Layouts",
    "Masks",
    "Scores",
    "Shifts",
    "averages",
    "is_boolean",
    "is_plain",
    "is_turned",
    "layout",
    "layouts",
    "makers",
    "masks",
    "owner",
    "owner_of",
    "reduction",
    "scores",
    "sequence_call",
    "shifts",
    "source",
    "weights",
]
