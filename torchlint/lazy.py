"""Stand-ins for torch that import it at the first attribute access.

Rule modules name `torch` and `F` in the functions that they are made of. Linting reads the text of these functions and
never runs them; the harness runs them, and only then torch is imported.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    import torch.nn.functional as F  # noqa: N812
else:

    class _LazyModule:
        def __init__(self, name: str) -> None:
            self._name = name

        def __getattr__(self, attribute: str) -> Any:
            return getattr(importlib.import_module(self._name), attribute)

        def __repr__(self) -> str:
            return f"<lazy {self._name}>"

    torch = _LazyModule("torch")
    F = _LazyModule("torch.nn.functional")

__all__ = ["F", "torch"]
