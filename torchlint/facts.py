"""What is certain of a value, in one place: `facts.is_tensor`, `facts.rank`, and the families of operations."""

from __future__ import annotations

from torchlint.families import BINARY, ELEMENTWISE, FACTORIES, REDUCTIONS
from torchlint.ranks import rank
from torchlint.tensors import evidence, is_tensor, kind, storage

__all__ = ["BINARY", "ELEMENTWISE", "FACTORIES", "REDUCTIONS", "evidence", "is_tensor", "kind", "rank", "storage"]
