"""What a function did on one set of inputs: results, gradients, and everything besides."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import torch

Cotangents = Callable[[int, torch.Size], torch.Tensor]


@dataclass(slots=True)
class Leaves:
    """A nested result taken apart: `structure` says how, `values` holds tensors and numbers in order."""

    structure: str
    values: list[Any]


@dataclass(slots=True)
class Outcome:
    """`error` is what the call raised, `grad_error` what its backward raised.

    `grads` has an entry for each differentiable input, None where the result does not depend on it.
    `mutated` names the inputs that were changed, `aliases` pairs (result, input) that share memory.
    """

    error: Exception | None = None
    leaves: Leaves = field(default_factory=lambda: Leaves("", []))
    grads: dict[str, torch.Tensor | None] = field(default_factory=dict)
    grad_error: Exception | None = None
    mutated: tuple[str, ...] = ()
    aliases: tuple[tuple[int, str], ...] = ()
    random: str = ""

    @property
    def tensors(self) -> list[torch.Tensor]:
        return [value for value in self.leaves.values if isinstance(value, torch.Tensor)]


def flatten(result: Any) -> Leaves:
    """Take tuples, lists and dicts apart; anything that is not a container or text is a value."""
    values: list[Any] = []
    structure = _walk(result, values)
    return Leaves(structure, values)


def _walk(result: Any, values: list[Any]) -> str:
    if isinstance(result, tuple | list):
        name = "list" if isinstance(result, list) else "tuple"
        return f"{name}({', '.join(_walk(part, values) for part in result)})"
    if isinstance(result, dict):
        return f"dict({', '.join(f'{key!r}: {_walk(part, values)}' for key, part in result.items())})"
    if result is None or isinstance(result, str | bytes | torch.dtype | torch.device):
        return repr(result)
    if isinstance(result, torch.Size):
        return f"Size{tuple(result)}"
    if isinstance(result, bool | int | float | complex) or hasattr(result, "shape"):
        values.append(result)
        return "_"
    return type(result).__name__


def dyadic(place: int, shape: torch.Size) -> torch.Tensor:
    """Deterministic cotangents, float64: small dyadic numbers without zero, exact in every dtype."""
    generator = torch.Generator().manual_seed(4_201 + place)
    choices = torch.tensor([-1.5, -1.0, -0.75, -0.5, 0.5, 0.75, 1.0, 1.25], dtype=torch.float64)
    return choices[torch.randint(0, len(choices), tuple(shape), generator=generator)]


def run(
    function: Callable[..., Any],
    arguments: Mapping[str, Any],
    differentiable: tuple[str, ...] = (),
    cotangents: Cotangents = dyadic,
    context: Callable[[], AbstractContextManager[Any]] = nullcontext,
    seed: int = 0,
) -> Outcome:
    """Call `function` on copies of `arguments`; gradients with respect to the `differentiable` ones.

    The inputs that it sees are not leaves of the graph, so that changing them in place is allowed, as it is for
    activations; the copies keep strides.
    """
    leaves = {name: _leaf(value, name in differentiable) for name, value in arguments.items()}
    given = {name: _copy(value) for name, value in leaves.items()}
    versions = {name: _version(value) for name, value in given.items()}
    _seed(seed, given)
    outcome = Outcome()
    try:
        with context():
            outcome.leaves = flatten(function(**given))
        _wait(given)
    except Exception as error:
        outcome.error = error
        return outcome
    outcome.random = _random_state(given)
    outcome.mutated = tuple(name for name, value in given.items() if _changed(value, leaves[name], versions[name]))
    outcome.aliases = _aliases(outcome, given)
    if differentiable:
        _backward(outcome, {name: leaves[name] for name in differentiable}, cotangents)
    return outcome


def _wait(given: Mapping[str, Any]) -> None:
    """Until a GPU is done: what goes wrong there is raised by whatever asks for a result next."""
    if any(isinstance(value, torch.Tensor) and value.is_cuda for value in given.values()):
        torch.cuda.synchronize()


def _seed(seed: int, given: Mapping[str, Any]) -> None:
    """Seed the generators that the call can reach: `torch.manual_seed` formats a stack trace for each GPU backend."""
    torch.default_generator.manual_seed(seed)
    if any(isinstance(value, torch.Tensor) and value.device.type != "cpu" for value in given.values()):
        torch.manual_seed(seed)


def _leaf(value: Any, differentiable: bool) -> Any:
    if not isinstance(value, torch.Tensor):
        return value
    return _strided_copy(value.detach()).requires_grad_(differentiable)


def _strided_copy(value: torch.Tensor) -> torch.Tensor:
    """A copy with the same strides, also where elements overlap or are skipped."""
    if value.is_contiguous() or not value.numel():
        return value.clone()
    extent = 1 + sum((size - 1) * stride for size, stride in zip(value.shape, value.stride(), strict=True))
    storage = value.as_strided((extent,), (1,)).clone()
    return storage.as_strided(value.shape, value.stride())


class _Identity(torch.autograd.Function):
    """The input itself as a node of the graph that is not a leaf, with its strides."""

    @staticmethod
    def forward(ctx: Any, value: torch.Tensor) -> torch.Tensor:
        return _strided_copy(value)

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> torch.Tensor:
        return grads[0]


def _copy(value: Any) -> Any:
    if not isinstance(value, torch.Tensor):
        return value
    return _Identity.apply(value) if value.requires_grad else _strided_copy(value)  # type: ignore[no-untyped-call]


def _version(value: Any) -> int:
    return value._version if isinstance(value, torch.Tensor) and not value.is_inference() else 0


def _changed(value: Any, original: Any, version: int) -> bool:
    if not isinstance(value, torch.Tensor):
        return False
    if _version(value) != version or value.shape != original.shape:
        return True
    # `.data` and numpy views change a tensor without telling its version counter.
    return not torch.equal(bits(value.detach()), bits(original.detach()))


_BITS = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}


def bits(value: torch.Tensor) -> torch.Tensor:
    """The elements as integers, so that NaN equals itself and -0.0 is not 0.0."""
    return value.contiguous().view(_BITS[value.element_size()]) if value.is_floating_point() else value


def _random_state(given: Mapping[str, Any]) -> str:
    """A word for the state of the generators of the CPU and of the device of the inputs."""
    types = {value.device.type for value in given.values() if isinstance(value, torch.Tensor)}
    states = [torch.get_rng_state()]
    if "cuda" in types:
        states.append(torch.cuda.get_rng_state())
    if "mps" in types:
        states.append(torch.mps.get_rng_state())
    digest = hashlib.sha1()
    for state in states:
        digest.update(bytes(state.tolist()))
    return digest.hexdigest()


def _aliases(outcome: Outcome, given: Mapping[str, Any]) -> tuple[tuple[int, str], ...]:
    places = {name: _storage(value) for name, value in given.items() if isinstance(value, torch.Tensor)}
    found = []
    for place, value in enumerate(outcome.leaves.values):
        if isinstance(value, torch.Tensor):
            found += [(place, name) for name, storage in places.items() if storage and storage == _storage(value)]
    return tuple(found)


def _storage(value: torch.Tensor) -> int:
    return value.untyped_storage().data_ptr() if value.layout == torch.strided else 0


def _backward(outcome: Outcome, leaves: Mapping[str, torch.Tensor], cotangents: Cotangents) -> None:
    ends = [(place, value) for place, value in enumerate(outcome.leaves.values) if _has_graph(value)]
    outcome.grads = dict.fromkeys(leaves)
    if not ends:
        return
    weights = [cotangents(place, value.shape).to(value.device, value.dtype) for place, value in ends]
    try:
        grads = torch.autograd.grad([value for _, value in ends], list(leaves.values()), weights, allow_unused=True)
        _wait(leaves)
    except Exception as error:
        outcome.grad_error = error
        return
    outcome.grads = dict(zip(leaves, grads, strict=True))


def _has_graph(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.requires_grad and value.is_floating_point()
