"""A difference as a short program that anyone can run."""

from __future__ import annotations

import math
from typing import Any

import torch

from torchlint.verify.inputs.lattice import arguments, typed
from torchlint.verify.judge.observation import Effect, Observation
from torchlint.verify.run.units import Unit

# More elements than this are not worth printing: the program draws numbers of the same kind instead.
PRINTABLE = 64

_HEADER = """\
import math
import torch
import torch.nn as nn
import torch.nn.functional as F
nan, inf = math.nan, math.inf
"""

_FOOTER = """
def show(function):
    torch.manual_seed(0)
    leaves = {name: value.detach() for name, value in inputs.items() if torch.is_tensor(value)}
    floats = [leaf.requires_grad_() for leaf in leaves.values() if leaf.is_floating_point()]
    given = {name: leaves[name].clone() if name in leaves else value for name, value in inputs.items()}
    try:
        result = function(**given)
        print(function.__name__, "gives", result)
        parts = result if isinstance(result, (tuple, list)) else [result]
        sums = [part.sum() for part in parts if torch.is_tensor(part) and part.requires_grad]
        if sums:
            print("    gradients of the sum:", torch.autograd.grad(sums, floats, allow_unused=True))
    except Exception as error:
        print(function.__name__, "raises", type(error).__name__, error)


show(before)
show(after)
"""


def reproducer(unit: Unit, seen: Observation) -> str:
    """A program that runs both versions on the inputs of an observation and prints what they give."""
    values = typed(arguments(seen.cell, unit.specs), getattr(torch, seen.dtype), "cpu")
    lines = [f"    {name!r}: {literal(value)}," for name, value in values.items()]
    note = f"# {seen.dtype}, {seen.cell.label}: {seen.text}"
    inputs = "inputs = {\n" + "\n".join(lines) + "\n}\n"
    return f"{note}\n{_HEADER}\n\n{unit.before_text}\n\n{unit.after_text}\n\n{inputs}\n{_FOOTER}"


def literal(value: Any) -> str:
    """An argument as Python writes it; a large tensor as one that is drawn."""
    if not isinstance(value, torch.Tensor):
        return repr(value)
    if value.numel() > PRINTABLE:
        return _drawn(value)
    numbers = value.tolist()
    text = f"torch.tensor({numbers!r}, dtype={value.dtype})"
    if value.numel() == 0:
        text = f"torch.zeros({tuple(value.shape)}, dtype={value.dtype})"
    if not value.is_contiguous() and value.ndim > 1 and value.mT.is_contiguous():
        text += ".mT.contiguous().mT"
    return text


def _drawn(value: torch.Tensor) -> str:
    shape = tuple(value.shape)
    if value.is_floating_point():
        spread = float(value.to(torch.float64).abs().mean()) or 1.0
        scale = "" if 0.3 < spread < 2 else f" * {spread * math.sqrt(math.pi / 2):.3g}"
        return f"(torch.randn({shape}, generator=torch.Generator().manual_seed(0)){scale}).to({value.dtype})"
    if value.dtype == torch.bool:
        return f"torch.rand({shape}, generator=torch.Generator().manual_seed(0)) > 0.5"
    low, high = int(value.min()), int(value.max()) + 1
    return f"torch.randint({low}, {high}, {shape}, generator=torch.Generator().manual_seed(0), dtype={value.dtype})"


def headline(seen: Observation) -> str:
    """One line that says what differs and where."""
    verb = "" if seen.effect in (Effect.EXCEPTION, Effect.REPAIRS) else f"{seen.effect}: "
    return f"{verb}{seen.text} ({seen.dtype}, {seen.cell.label})"
