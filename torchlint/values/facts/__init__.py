"""What is certain of a value, in one place: `facts.is_tensor`, `facts.rank`."""

from __future__ import annotations

from torchlint.values.facts.ranks import rank
from torchlint.values.facts.tensors import evidence, is_tensor, kind, storage

__all__ = ["evidence", "is_tensor", "kind", "rank", "storage"]
