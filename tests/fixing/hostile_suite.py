"""Programs with a finding whose fix is easily wrong, from files of `hostile/`; what each does before and after a fix.

A program begins with `# == CODE name`; the imports of its file are before it. `# inputs:` are expressions between
semicolons, each of which gives the arguments of `f`; where there are none, `x` is scores of three rows in several
dtypes and layouts, and `y` their labels.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import torch

from torchlint import lint
from torchlint.finding import Applicability, Finding
from torchlint.fixing import edits
from torchlint.source import Source

HOSTILE = Path(__file__).parent / "hostile"
_BEGINNING = re.compile(r"^# == (TLT\d{3}) (.+)\n", re.MULTILINE)
_INPUTS = re.compile(r"^# inputs: (.+)$", re.MULTILINE)
_X = (
    "torch.randn(3, 5)",
    "torch.randn(3, 5, requires_grad=True)",
    "torch.randn(3, 5, dtype=torch.float64)",
    "torch.randn(5, 3).t()",
    "torch.randn(3, 5).half()",
)
_Y = "torch.tensor([1, 0, 2])"


class Program(NamedTuple):
    code: str
    name: str
    text: str

    @property
    def inputs(self) -> list[str]:
        """Expressions for the arguments of `f`."""
        stated = _INPUTS.search(self.text)
        if stated is not None:
            return [text.strip() for text in stated[1].split(";")]
        parameters = re.findall(r"^def f\((.*)\):$", self.text, re.MULTILINE)[-1]
        if not parameters:
            return ["()"]
        return [f"({x}, {_Y})" if "y" in parameters else f"({x},)" for x in _X]


def programs() -> Iterator[Program]:
    for path in sorted(HOSTILE.glob("*.py")):
        head, *parts = _BEGINNING.split(path.read_text(encoding="utf-8"))
        for code, name, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
            yield Program(code, name, head + body)


def findings(program: Program) -> list[Finding]:
    return lint.check(Source("program.py", program.text), {program.code}).findings


def fixed(program: Program) -> str:
    """The text after all safe fixes of the rule."""
    result = edits.fix(
        Source("program.py", program.text), lambda source: lint.check(source, {program.code}).findings, is_safe
    )
    return result.text


def is_safe(finding: Finding) -> bool:
    return finding.fix is not None and finding.fix.applicability is Applicability.SAFE


def differences(program: Program, after: str) -> list[str]:
    """The inputs on which `f` does something else in another text, with both outcomes."""
    found = []
    for text in program.inputs:
        old, new = outcome(program.text, text), outcome(after, text)
        if not _is_same(old, new):
            found.append(f"{text}: {old!r:.200} became {new!r:.200}")
    return found


def outcome(text: str, inputs: str) -> Any:
    """What `f` gives, writes to its arguments, and leaves as gradients and random numbers; or that it raises."""
    scope: dict[str, Any] = {"__name__": "program"}
    dtype = torch.get_default_dtype()
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            return _outcome(text, inputs, scope)
    except Exception:
        return "an exception"
    finally:
        torch.set_default_dtype(dtype)


def _outcome(text: str, inputs: str, scope: dict[str, Any]) -> Any:
    exec(compile(text, "program", "exec"), scope)
    torch.manual_seed(0)
    given = eval(inputs, dict(scope, torch=torch))
    given = given if isinstance(given, tuple) else (given,)
    torch.manual_seed(0)
    result = scope["f"](*given)
    leaves = [tensor for tensor in _tensors(given) if tensor.requires_grad]
    ends = [end.double().sum() for end in _tensors(result) if end.requires_grad and end.is_floating_point()]
    grads = torch.autograd.grad(sum(ends), leaves, allow_unused=True) if leaves and ends else ()
    return result, list(grads), [tensor.detach().clone() for tensor in _tensors(given)], torch.get_rng_state()


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _tensors(part)
    elif isinstance(value, dict):
        yield from _tensors(list(value.values()))


def _is_same(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, torch.Tensor):
        return _is_same_tensor(one, other)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(_is_same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_is_same(one[key], other[key]) for key in one)
    if isinstance(one, float):
        return one == other or abs(one - other) <= 1e-4 * max(1.0, abs(one)) or one != one
    return not isinstance(one, int | str | torch.dtype | torch.device) or one == other


def _is_same_tensor(one: torch.Tensor, other: torch.Tensor) -> bool:
    alike = ("dtype", "shape", "device", "requires_grad")
    if any(getattr(one, name) != getattr(other, name) for name in alike):
        return False
    if one.is_meta:
        return one.stride() == other.stride()
    if not (one.is_floating_point() or one.is_complex()):
        return torch.equal(one, other)
    tolerance = 2e-2 if one.dtype in (torch.float16, torch.bfloat16) else 1e-4
    wide = torch.complex128 if one.is_complex() else torch.float64
    one, other = one.detach().to(wide), other.detach().to(wide)
    return torch.allclose(one, other, rtol=tolerance, atol=tolerance, equal_nan=True)
