"""What is certain of a value, in one place: `facts.is_tensor`, `facts.rank`, and the families of operations."""

from __future__ import annotations

from torchlint.analysis.families import BINARY, ELEMENTWISE, FACTORIES, REDUCTIONS
from torchlint.analysis.ranks import rank
from torchlint.analysis.tensors import evidence, is_tensor, kind, storage

__all__ = ["BINARY", "ELEMENTWISE", "FACTORIES", "REDUCTIONS", "evidence", "is_tensor", "kind", "rank", "storage"]
