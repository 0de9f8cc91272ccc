"""Shape faults that people asked about, written anew for torch: the faulty program and its mended twin."""

from __future__ import annotations

import contextlib
import io
import re
import traceback
import warnings
from pathlib import Path
from typing import NamedTuple

import pytest
import torch

from tests.linted import findings_in
from torchlint.source import Source

_FILE = Path(__file__).with_name("published_shape_faults.txt")
_IMPORTS = """\
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
"""
_RULES = ("TLT320",)


class Fault(NamedTuple):
    """A program in two versions, and the row that raises in the faulty one."""

    name: str
    faulty: str
    mended: str
    row: int


def _faults() -> list[Fault]:
    _, *blocks = re.split(r"^== ", _FILE.read_text(), flags=re.MULTILINE)
    return [_fault(*block.split("\n", 1)) for block in blocks]


def _fault(title: str, lines: str) -> Fault:
    versions = [
        _IMPORTS + "".join(f"{line[2:]}\n" for line in lines.splitlines() if line[:1] != left_out) for left_out in "+-"
    ]
    faulty, mended = versions
    row = next(number for number, line in enumerate(faulty.splitlines(), 1) if line.endswith("# raises"))
    return Fault(title.split()[0], faulty, mended, row)


FAULTS = _faults()


def _raises_in(program: str) -> list[int]:
    """The rows of a program that were under way when it raised; none where it did not."""
    torch.manual_seed(0)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            exec(compile(program, "program.py", "exec"), {"__name__": "program"})
    except (RuntimeError, ValueError, IndexError) as error:
        return [
            frame.lineno or 0 for frame in traceback.extract_tb(error.__traceback__) if frame.filename == "program.py"
        ]
    return []


def _rows(program: str) -> list[int]:
    return [finding.location.row for finding in findings_in(Source("program.py", program), _RULES)]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_faulty_program_raises_where_it_says_and_its_twin_does_not(fault: Fault) -> None:
    assert _raises_in(fault.faulty)[-1:] == [fault.row]
    assert _raises_in(fault.mended) == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_nothing_is_said_of_a_mended_program(fault: Fault) -> None:
    assert _rows(fault.mended) == []


def test_most_faults_are_found_where_they_raise() -> None:
    missed = [fault.name for fault in FAULTS if _rows(fault.faulty) != [fault.row]]
    assert len(missed) <= len(FAULTS) // 4, missed
