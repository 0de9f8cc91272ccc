"""Calls of operations on samples, and what came of them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812

from tools.operation_samples import CALLS
from torchlint.torch_facts import signatures

# The dtypes of which a row says whether they are refused; `double` tells those that keep a dtype from the default one.
DTYPES = {
    "float": torch.float32,
    "double": torch.float64,
    "int": torch.int32,
    "bool": torch.bool,
    "complex": torch.complex64,
}
_SPACES = (
    "torch",
    "torch.Tensor",
    "torch.nn.functional",
    "torch.linalg",
    "torch.special",
    "torch.fft",
    "torch.nn.init",
)


@dataclass
class Run:
    """One call. `operands` are the tensors among its arguments, those in lists too; `before` their copies.

    Where the sample itself cannot be made of a dtype, it is not `able` to show anything.
    """

    spelling: str
    call: str
    dtype: str
    operands: list[torch.Tensor]
    arguments: tuple[Any, ...]
    before: list[torch.Tensor] = field(default_factory=list)
    versions: list[int] = field(default_factory=list)
    result: Any = None
    error: str = ""
    able: bool = True

    @property
    def input(self) -> torch.Tensor | None:
        """What the first operand of the dtype in question was, else the first one."""
        same = [operand for operand in self.before if operand.dtype == DTYPES[self.dtype]]
        return next(iter(same or self.before), None)

    @property
    def results(self) -> list[torch.Tensor]:
        return list(tensors_in(self.result))


def tensors_in(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, tuple | list):
        for part in value:
            yield from tensors_in(part)


def spellings(name: str) -> list[str]:
    """The qualified names under which an operation is called."""
    return [qualname for qualname in signatures.qualnames(name) if qualname.rpartition(".")[0] in _SPACES]


def calls(name: str) -> tuple[str, ...]:
    """The texts of the arguments of an operation's samples."""
    return CALLS.get(name) or CALLS.get(name.removesuffix("_")) or (_by_signature(spellings(name)[0]),)


def _by_signature(qualname: str) -> str:
    required = [
        one for one in signatures.overloads(qualname)[0] if one.required and one.style is signatures.Style.PLAIN
    ]
    given = [_argument(parameter) for parameter in required]
    return ", ".join(["x(3, 4)", *given] if qualname.startswith("torch.Tensor.") else given)


def _argument(parameter: signatures.Parameter) -> str:
    if "tensors" in parameter.words:
        return "[x(3, 4), x(3, 4)]"
    if "Tensor" in parameter.words or not parameter.words:
        return "x(3, 4)"
    return "1.0" if parameter.words & {"float", "number"} and "int" not in parameter.words else "1"


class Samples:
    """The functions that texts of calls name. `scale`: how large numbers are; `dense`: contiguous or transposed."""

    def __init__(self, dtype: str, *, scale: float = 2.0, dense: bool = True, seed: int = 3) -> None:
        self.dtype = DTYPES[dtype]
        self.floating = torch.float64 if dtype == "double" else torch.float32
        self.scale, self.dense = scale, dense
        self.generator = torch.Generator().manual_seed(seed)

    def x(self, *shape: int) -> torch.Tensor:
        return self._laid_out(self._values(shape))

    def _values(self, shape: tuple[int, ...]) -> torch.Tensor:
        numbers = torch.randn(shape, generator=self.generator) * self.scale
        if self.dtype == torch.bool:
            return numbers > 0
        if self.dtype == torch.int32:
            whole = (numbers * 2).round().clamp(-100, 100)
            return torch.where(whole == 0, torch.ones(()), whole).to(self.dtype)
        if self.dtype.is_complex:
            return torch.complex(numbers, torch.randn(shape, generator=self.generator))
        return numbers.to(self.dtype)

    def _laid_out(self, tensor: torch.Tensor) -> torch.Tensor:
        """The same tensor, with strides in the other order if it is not to be contiguous."""
        order = tuple(reversed(range(tensor.ndim)))
        return tensor if self.dense else tensor.permute(order).contiguous().permute(order)

    def pos(self, *shape: int) -> torch.Tensor:
        made = self.x(*shape)
        return made if made.dtype == torch.bool or made.is_complex() else made.abs() + 1

    def f(self, *shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=self.generator).to(self.floating)

    def p(self, *shape: int) -> torch.Tensor:
        return torch.rand(shape, generator=self.generator).to(self.floating) + 0.1

    def u(self, *shape: int) -> torch.Tensor:
        if not self.dtype.is_floating_point:
            return self.x(*shape)
        return torch.rand(shape, generator=self.generator).to(self.dtype)

    def i(self, *shape: int, n: int) -> torch.Tensor:
        return torch.randint(0, n, shape, generator=self.generator)

    def b(self, *shape: int) -> torch.Tensor:
        return torch.rand(shape, generator=self.generator) > 0.5

    def sign(self, *shape: int) -> torch.Tensor:
        return (torch.randint(0, 2, shape, generator=self.generator) * 2 - 1).to(self.floating)

    def square(self, n: int) -> torch.Tensor:
        return self.x(n, n) if self.dtype == torch.bool else self.x(n, n) + 4 * torch.eye(n, dtype=self.dtype)

    def spd(self, n: int) -> torch.Tensor:
        root = torch.randn(n, n, generator=self.generator)
        return (root @ root.T + torch.eye(n)).to(self.dtype)

    def arguments(self, text: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
        names = {name: getattr(self, name) for name in ("x", "pos", "f", "p", "u", "i", "b", "sign", "square", "spd")}
        taken: Callable[..., Any] = lambda *given, **named: (given, named)  # noqa: E731
        given, named = eval(f"taken({text})", {**names, "taken": taken, "torch": torch, "F": F})
        return given, named


def run(spelling: str, text: str, dtype: str, seed: int = 0, **how: Any) -> Run:
    """Calls an operation. Raises nothing: what the call raised is the `error` of the run."""
    made = Samples(dtype, **how)
    try:
        arguments, named = made.arguments(text)
    except RuntimeError:
        return Run(spelling, text, dtype, [], (), error="there is no such sample", able=False)
    operands = list(tensors_in(arguments)) + list(tensors_in(list(named.values())))
    found = Run(spelling, text, dtype, operands, arguments)
    found.before = [operand.detach().clone() for operand in operands]
    found.versions = [operand._version for operand in operands]
    torch.manual_seed(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found.result = resolve(spelling)(*arguments, **named)
        except Exception as error:
            found.error = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
    return found


def resolve(qualname: str) -> Any:
    found: Any = torch
    for part in qualname.split(".")[1:]:
        found = getattr(found, part)
    return found
