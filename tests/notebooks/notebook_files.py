"""Notebooks for tests: from the texts of their cells to the bytes of a file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from torchlint.notebooks.notebook import Notebook, read_notebook

PYTHON = {"language_info": {"name": "python"}}


def code(text: str, *, listed: bool = True, **more: Any) -> dict[str, Any]:
    source = text.splitlines(keepends=True) if listed else text
    return {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": source, **more}


def markdown(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": [text]}


def notebook(*cells: str | dict[str, Any], metadata: dict[str, Any] = PYTHON, **layout: Any) -> bytes:
    """The file as Jupyter writes it, unless `layout` says otherwise."""
    whole = [code(cell) if isinstance(cell, str) else cell for cell in cells]
    values = {"cells": whole, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return (json.dumps(values, **{"indent": 1, "ensure_ascii": False, **layout}) + "\n").encode()


def read(*cells: str | dict[str, Any], **layout: Any) -> Notebook:
    return read_notebook("n.ipynb", notebook(*cells, **layout))


def sources(data: bytes) -> Sequence[str]:
    """The texts of the cells of a file."""
    return ["".join(cell["source"]) for cell in json.loads(data)["cells"]]
