"""What was measured when the demonstration of a rule ran: numbers of the mistake beside those of the mended program.

The table `data/demonstrations.json` is written by `torchlint demonstrate --write`, so that a rule's page quotes it
without torch.
"""

from __future__ import annotations

import functools
import json
import os
import textwrap
from typing import Any, NamedTuple

from torchlint import certificates, data

TABLE = "demonstrations.json"
_WIDTH = 120

# A number, a truth value or a few words, such as the message of an exception.
Quantity = float | int | bool | str
Quantities = dict[str, Quantity]


class Measured(NamedTuple):
    """What both programs of a demonstration came to.

    `harm` is the sentence that the numbers stand in. `digest` is that of the text that was run.
    """

    mistaken: Quantities
    mended: Quantities
    harm: str
    torch: str
    device: str
    digest: str


def kept(code: str) -> Measured | None:
    """What is kept of a rule's demonstration; None where there is none."""
    entry = table(certificates.folder_of(code)).get(code)
    return Measured(**entry) if entry else None


@functools.cache
def table(folder: str = "") -> dict[str, dict[str, Any]]:
    """All that is kept of torchlint's own rules, or in a folder of rules, by their codes."""
    try:
        with open(os.path.join(folder, TABLE) if folder else data.path(TABLE), "rb") as stream:
            content = json.load(stream)
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def section(code: str) -> str:
    """The lines of a rule's page: the harm in numbers, where they were measured, and how to see it again."""
    seen = kept(code)
    if seen is None:
        return ""
    where = f"Measured with torch {seen.torch} on {seen.device}"
    again = f"`torchlint demonstrate {code}` prints both programs and runs them."
    return textwrap.fill(f"{seen.harm} {where}; {again}", _WIDTH, break_on_hyphens=False)
