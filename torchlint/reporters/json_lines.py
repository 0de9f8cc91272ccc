"""The objects of the `json` format, one on each line."""

from __future__ import annotations

import json
from typing import TextIO

from torchlint.reporters.json_ import entries
from torchlint.running.outcome import Run


def report(run: Run, out: TextIO) -> None:
    """Write a line for each finding."""
    for source, findings in run.files():
        for entry in entries(source, findings):
            out.write(json.dumps(entry) + "\n")
