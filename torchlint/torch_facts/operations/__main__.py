"""Writes the rows into the table that `torchlint.torch_facts.ops` reads."""

from __future__ import annotations

from torchlint import data
from torchlint.torch_facts.operations.index import render

with open(data.path("operations.json"), "w", encoding="utf-8") as stream:
    stream.write(render())
