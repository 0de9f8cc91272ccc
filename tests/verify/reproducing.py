"""A reproducer's program, run where torch is imported already: starting it costs seconds, and one test pays that."""

from __future__ import annotations

import io
import warnings
from contextlib import redirect_stdout

import torch


def printed(program: str) -> str:
    """What a program prints that has nothing but its own text: a name that it forgot to define raises."""
    out = io.StringIO()
    with warnings.catch_warnings(), torch.random.fork_rng(devices=[]), redirect_stdout(out):
        warnings.simplefilter("ignore")
        exec(compile(program, "reproducer.py", "exec"), {"__name__": "__main__"})
    return out.getvalue()
