"""Generated tables, read where they are asked for."""

from __future__ import annotations

import json
import os
from typing import Any


def path(name: str) -> str:
    """Where a table of this name is, or is written."""
    return os.path.join(os.path.dirname(__file__), name)


def read(name: str) -> Any:
    """The content of a table. Raises `OSError` and `ValueError`."""
    with open(path(name), "rb") as stream:
        return json.load(stream)
