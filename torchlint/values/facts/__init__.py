"""What is certain of a value, in one place: `facts.is_tensor`, `facts.rank`."""

from __future__ import annotations

from torchlint.values.facts.sizes import last_size, rank
from torchlint.values.facts.tensors import are_sizes, evidence, is_tensor, kind, storage

__all__ = ["are_sizes", "evidence", "is_tensor", "kind", "last_size", "rank", "storage"]
