"""`before` itself at a precision that no longer matters. Needs gmpy2 and numpy."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from torchlint.verify.reference import exact_losses, exact_math, exact_shape
from torchlint.verify.reference.exact import Exact, ExactMode, boxed
from torchlint.verify.reference.meaning import SHAKE, NoReferenceError, Reference, UnstableError
from torchlint.verify.reference.scalar import Tape, TooLargeError, gmpy2, leaf, precision
from torchlint.verify.run.execution import flatten

_OPERATIONS = (exact_losses, exact_math, exact_shape)  # importing them fills the table

# log(1 - sigmoid(1e4)) needs about 15,000 bits; Herbie's sampler stops at 10,000.
FIRST_BITS, LAST_BITS = 256, 33_000
# CPU seconds for one point; erf and gamma are slow at many bits.
PATIENCE = 0.5
# Two evaluations must agree to this relative distance before they count.
AGREEMENT = 1e-25


@dataclass(slots=True)
class _Evaluation:
    values: list[Any]
    grads: dict[str, Any]
    scale: Any
    bits: int
    suspicious: bool


def multi_precision(
    function: Callable[..., Any],
    arguments: Mapping[str, Any],
    differentiable: tuple[str, ...],
    cotangents: Callable[[int, torch.Size], torch.Tensor],
) -> Reference:
    """Evaluate with doubled precision until values and gradients are stable. Raises `NoReferenceError`."""
    bits, started = FIRST_BITS, time.process_time()
    previous = _evaluate(function, arguments, differentiable, cotangents, bits, 0)
    while True:
        bits *= 2
        if bits > LAST_BITS or time.process_time() - started > PATIENCE:
            raise UnstableError(f"no stable value with {bits // 2:,} bits")
        current = _evaluate(function, arguments, differentiable, cotangents, bits, 0)
        if _agree(previous, current) and not current.suspicious:
            break
        previous = current
    shaken = [_evaluate(function, arguments, differentiable, cotangents, bits, draw) for draw in (1, 2, 3)]
    return Reference(
        "mp",
        [_to_tensor(value) for value in current.values],
        {name: _to_tensor(grad) for name, grad in current.grads.items()},
        [_noise(value, [other.values[place] for other in shaken]) for place, value in enumerate(current.values)],
        {name: _noise(grad, [other.grads[name] for other in shaken]) for name, grad in current.grads.items()},
        bits,
    )


def _signs(shape: tuple[int, ...], seed: int) -> Any:
    return np.random.default_rng(seed).choice([-1.0, 1.0], size=shape)


def _evaluate(
    function: Callable[..., Any],
    arguments: Mapping[str, Any],
    differentiable: tuple[str, ...],
    cotangents: Callable[[int, torch.Size], torch.Tensor],
    bits: int,
    draw: int,
) -> _Evaluation:
    torch.manual_seed(0)
    with precision(bits) as tape:
        try:
            inputs = {name: _input(value, draw, place) for place, (name, value) in enumerate(arguments.items())}
            with ExactMode():
                leaves = flatten(function(**{n: Exact(v.copy()) if _is_array(v) else v for n, v in inputs.items()}))
            outputs = [leaf for leaf in leaves.values if not isinstance(leaf, str)]
            pairs = _pairs(outputs, cotangents, draw)
            adjoints = tape.backward(pairs)
            if gmpy2.get_context().overflow or gmpy2.get_context().underflow:
                # Exponents end at 2**30 whatever the context says: exp(1e9) is out of reach.
                raise UnstableError("exponents out of range")
        except (TooLargeError, NotImplementedError) as error:
            raise NoReferenceError(str(error)) from None
        values, grads = [_values(output) for output in outputs], _grads(tape, adjoints, inputs, differentiable)
        numbers = [number for array in (*values, *grads.values()) if _is_array(array) for number in array.ravel()]
        finite = [abs(number) for number in numbers if gmpy2.is_finite(number)]
        # Where terms vanished and infinity came out, more bits may give a number.
        suspicious = tape.absorbed and len(finite) < len(numbers)
        return _Evaluation(values, grads, max([*finite, *_sizes(inputs)]), bits, suspicious)


def _sizes(inputs: Mapping[str, Any]) -> list[Any]:
    """The largest absolute value of each input, and that of cotangents."""
    arrays = [value.ravel() for value in inputs.values() if _is_array(value)]
    found = [abs(number.value) for array in arrays for number in array]
    return [gmpy2.mpfr(1), *(number for number in found if gmpy2.is_finite(number))]


def _is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray)


def _input(value: Any, draw: int, place: int) -> Any:
    if not isinstance(value, torch.Tensor) or not value.is_floating_point():
        return value
    numbers = value.detach().cpu().to(torch.float64).numpy()
    shake = _signs(numbers.shape, 1000 * draw + place) * (SHAKE if draw else 0.0)
    array = np.empty(numbers.shape, dtype=object)
    for index in np.ndindex(*numbers.shape):
        array[index] = leaf(gmpy2.mpfr(float(numbers[index])) * (1 + gmpy2.mpfr(float(shake[index]))))
    return array


def _pairs(outputs: list[Any], cotangents: Callable[[int, torch.Size], torch.Tensor], draw: int) -> list[Any]:
    pairs: list[Any] = []
    for place, output in enumerate(outputs):
        if not isinstance(output, Exact):
            continue
        weights = cotangents(place, output.shape).numpy()
        shake = 1 + _signs(weights.shape, 77 * draw + place) * (SHAKE if draw else 0.0)
        numbers = (weights * shake).ravel()
        pairs += [(node, gmpy2.mpfr(float(w))) for node, w in zip(output.array.ravel(), numbers, strict=True)]
    return pairs


def _values(output: Any) -> Any:
    if isinstance(output, Exact):
        return boxed(_strip(output.array))
    return output


def _strip(array: Any) -> Any:
    return np.frompyfunc(lambda node: node.value, 1, 1)(array)


def _grads(tape: Tape, adjoints: list[Any], inputs: Mapping[str, Any], wanted: tuple[str, ...]) -> dict[str, Any]:
    pick = np.frompyfunc(lambda node: adjoints[node.index], 1, 1)
    return {name: boxed(pick(inputs[name])) for name in wanted if _is_array(inputs[name])}


def _agree(left: _Evaluation, right: _Evaluation) -> bool:
    if len(left.values) != len(right.values):
        return False
    pairs = list(zip(left.values, right.values, strict=True))
    pairs += [(left.grads[name], right.grads[name]) for name in left.grads]
    # A sum that is 0 in truth comes out as noise, which no precision makes stable.
    noise = right.scale * gmpy2.exp2(gmpy2.mpfr(-left.bits / 3))
    return all(_close(a, b, noise) for a, b in pairs)


def _close(left: Any, right: Any, noise: Any) -> bool:
    if not _is_array(left) or not _is_array(right):
        return True
    if left.shape != right.shape:
        return False
    return all(_close_numbers(a, b, noise) for a, b in zip(left.ravel(), right.ravel(), strict=True))


def _close_numbers(a: Any, b: Any, noise: Any) -> bool:
    if a == b or (gmpy2.is_nan(a) and gmpy2.is_nan(b)):
        return True
    if not gmpy2.is_finite(a) or not gmpy2.is_finite(b):
        return False
    largest = max(abs(a), abs(b))
    return bool(abs(a - b) <= AGREEMENT * largest or largest <= noise)


def _to_tensor(value: Any) -> torch.Tensor:
    if isinstance(value, torch.Tensor):
        return value.detach().clone()
    if not _is_array(value):
        return torch.as_tensor(value)
    flat = [float(number) for number in value.ravel()]
    return torch.tensor(flat, dtype=torch.float64).reshape(value.shape)


def _noise(value: Any, shaken: list[Any]) -> torch.Tensor:
    """The largest change over the draws, per relative change of the inputs; zero where it is not a number."""
    if not _is_array(value) or any(getattr(other, "shape", None) != value.shape for other in shaken):
        return torch.zeros(getattr(value, "shape", ()), dtype=torch.float64)
    rows = [value.ravel(), *(other.ravel() for other in shaken)]
    flat = [max(_distance(column[0], other) for other in column[1:]) for column in zip(*rows, strict=True)]
    return torch.tensor(flat, dtype=torch.float64).reshape(value.shape)


def _distance(number: Any, other: Any) -> float:
    distance = float(abs(number - other)) / SHAKE
    return distance if math.isfinite(distance) else 0.0
