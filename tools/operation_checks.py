"""What rows of functions and methods say, compared with runs of them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence

import numpy
import torch

from tools import operation_gradients, operation_units
from tools.operation_runs import DTYPES, Run, Samples, calls, resolve, run, spellings, tensors_in
from tools.operation_shapes import OF_NOTHING, SHAPES
from torchlint.torch_facts import signatures
from torchlint.torch_facts.ops import Operation

Runs = Sequence[Run]
_REFUSABLE = ("float", "int", "bool", "complex")
_REAL = {torch.complex32: torch.float16, torch.complex64: torch.float32, torch.complex128: torch.float64}
_COMPLEX = {torch.float32: torch.complex64, torch.float64: torch.complex128, torch.complex64: torch.complex64}
_BOUNDS = {
    "unit": (0.0, 1.0),
    "signed unit": (-1.0, 1.0),
    "positive": (0.0, math.inf),
    "nonnegative": (0.0, math.inf),
    "nonpositive": (-math.inf, 0.0),
}
# What asks for several results, whatever the operation calls it.
_SEVERAL = {"dim": 0, "as_tuple": True, "return_indices": True, "return_inverse": True, "return_counts": True}
# What objects of other libraries and of Python's have.
_OTHERS = (numpy.ndarray, list, tuple, dict, str, set, int, float)


def problems(operation: Operation) -> Iterator[str]:
    """What the row of an operation says that is not so, a sentence each."""
    named = spellings(operation.name)
    runs = [
        run(spelling, text, dtype, dense=dense)
        for spelling in named
        for text in calls(operation.name)
        for dtype in DTYPES
        for dense in ((True, False) if dtype in ("float", "double") else (True,))
    ]
    good = [one for one in runs if not one.error]
    if not good:
        yield f"it never runs: {runs[0].error}"
        return
    yield from _refusals(operation, runs)
    for check in _CHECKS:
        yield from _first(check(operation, good))
    for ask in (_random, _range, _commutes, _sizes_of_results, _local, _in_place, _names):
        yield from ask(operation, good)
    yield from operation_units.problems(operation, good)


def _first(found: Iterable[str]) -> Iterator[str]:
    """One sentence of a kind is enough."""
    yield from list(found)[:1]


def _refusals(operation: Operation, runs: Runs) -> Iterator[str]:
    for dtype in _REFUSABLE:
        # Other samples show what is given back unchanged.
        main = [one for one in runs if one.call == runs[0].call]
        tried = [one for one in main if one.dtype == dtype and one.able and _depends(one)]
        if not tried:
            continue
        refused = all(one.error for one in tried)
        if operation.accepts(dtype) and refused:  # type: ignore[arg-type]
            yield f"it refuses {dtype}: {tried[0].error}"
        if not operation.accepts(dtype) and not refused:  # type: ignore[arg-type]
            yield f"it does not refuse {dtype}"


def _depends(one: Run) -> bool:
    """Whether anything in a call depends on the dtype in question."""
    return bool(re.search(r"\b(x|pos|u|square|spd)\(", one.call))


def _gives(operation: Operation, runs: Runs) -> Iterator[str]:
    for one in runs:
        given = operation.gives
        result = one.result
        fits = {
            "tensor": isinstance(result, torch.Tensor),
            "varies": isinstance(result, torch.Tensor | tuple),
            "tuple": isinstance(result, tuple) and not isinstance(result, torch.Size),
            "sequence": isinstance(result, tuple | list) and all(isinstance(part, torch.Tensor) for part in result),
            "size": isinstance(result, tuple),
            "number": isinstance(result, int | float | complex) and not isinstance(result, bool),
            "bool": isinstance(result, bool),
            "list": isinstance(result, list),
            "none": result is None,
            "other": not isinstance(result, torch.Tensor | bool | int | float),
        }[given]
        if given == "number" and one.dtype == "bool":
            fits = True
        if not fits:
            yield f"{one.spelling} gives {type(result).__name__}, not {given}"
        lost = [name for name in operation.fields.split() if given == "tuple" and not hasattr(result, name)]
        if lost:
            yield f"{one.spelling} has no field {lost[0]}"


def _several(operation: Operation, runs: Runs) -> Iterator[str]:
    """One tensor unless an argument asks for more, and several results where one does."""
    asking = operation.several_with.split()
    if asking and operation.gives != "varies":
        yield f"it gives several results with {asking[0]}, so that what it gives varies"
    for argument in asking:
        found = _asked(argument, runs)
        if not any(isinstance(one.result, tuple) for one in found):
            yield f"{argument} does not make it give several results"
        fields = operation.fields.split()
        if fields and not any(all(hasattr(one.result, name) for name in fields) for one in found):
            yield f"there are no fields {operation.fields}"
    if asking and not all(isinstance(one.result, torch.Tensor) for one in runs):
        yield f"it gives several results without {asking[0]}"
    for argument in _SEVERAL if operation.gives == "tensor" else ():
        if any(isinstance(one.result, tuple) for one in _asked(argument, runs)):
            yield f"{argument} makes it give several results"


def _asked(argument: str, runs: Runs) -> list[Run]:
    """The runs with one more argument, of spellings that have it."""
    tried = [one for one in runs if one.dtype == "float" and argument in _parameters(one.spelling)]
    more = f", {argument}={_SEVERAL[argument]}"
    return [one for one in (run(each.spelling, each.call + more, "float") for each in tried) if not one.error]


def _parameters(spelling: str) -> frozenset[str]:
    return frozenset(parameter.name for overload in signatures.overloads(spelling) for parameter in overload)


def _dtype(operation: Operation, runs: Runs) -> Iterator[str]:
    for one in runs:
        results = one.results
        wanted = _wanted(operation, one)
        if results and wanted is not None and (_depends(one) or not one.operands) and results[0].dtype != wanted:
            yield f"{one.spelling} of {one.dtype} is {results[0].dtype}, not {wanted}"


def _wanted(operation: Operation, one: Run) -> torch.dtype | None:
    """The dtype that a row promises of a run; None where it promises none."""
    given, says = DTYPES[one.dtype], operation.dtype
    if one.dtype == "bool" and operation.bools is not None:
        return getattr(torch, operation.bools)  # type: ignore[no-any-return]
    if says in ("argument", "other", "data") or operation.makes == "data":
        return None
    if says == "default":
        return torch.get_default_dtype()
    if says == "complex":
        return _COMPLEX.get(given, torch.complex64)
    if says in ("input", "promoted", "float", "sum"):
        exact = given.is_floating_point or given.is_complex
        kept = given if exact or says in ("input", "promoted") else torch.int64 if says == "sum" else torch.float32
        return _REAL.get(kept, kept) if operation.real else kept
    known: torch.dtype = getattr(torch, says)
    return torch.complex128 if given.is_complex and known == torch.float64 and not operation.casts else known


def _shape(operation: Operation, runs: Runs) -> Iterator[str]:
    for one in runs:
        rule, source = SHAPES.get(operation.shape), one.input
        for result in one.results[:1] if rule else ():
            wanted = rule(one, source) if rule and (source is not None or operation.shape in OF_NOTHING) else None
            if wanted is not None and tuple(result.shape) != tuple(wanted):
                yield f"{one.spelling}({one.call}) has the shape {tuple(result.shape)}, not {tuple(wanted)}"


def _elements(operation: Operation, runs: Runs) -> Iterator[str]:
    for one in runs:
        source = one.input
        if not operation.elements or source is None or operation.kind != "function":
            continue
        made = torch.cat([result.flatten() for result in one.results])
        mine, theirs = _sorted(source), _sorted(made)
        if operation.elements == "same" and not torch.equal(source.flatten().to(made.dtype), made):
            yield f"{one.spelling} has other elements in some places"
        if operation.elements == "moved" and (mine.shape != theirs.shape or not torch.equal(mine, theirs)):
            yield f"{one.spelling} has other elements"
        if operation.elements in ("some", "repeated") and not set(theirs.tolist()) <= set(mine.tolist()):
            yield f"{one.spelling} has elements that the input has not"
        if operation.elements == "repeated" and made.numel() < source.numel():
            yield f"{one.spelling} has fewer elements than the input"


def _sorted(tensor: torch.Tensor) -> torch.Tensor:
    flat = tensor.detach().flatten()
    return (torch.view_as_real(flat).flatten() if flat.is_complex() else flat).sort().values


def _view(operation: Operation, runs: Runs) -> Iterator[str]:
    seen = {_shares(one) for one in runs if one.operands and one.results}
    if not seen or operation.kind == "initialiser":
        return
    if operation.view is True and seen != {True}:
        yield "a result does not share memory with the input"
    if operation.view is False and True in seen:
        yield "a result shares memory with an operand"
    if operation.view == "sometimes" and True not in seen:
        yield "no result shares memory with the input"


def _shares(one: Run) -> bool:
    places = {operand.untyped_storage().data_ptr() for operand in one.operands if operand.numel()}
    return any(result.numel() and result.untyped_storage().data_ptr() in places for result in one.results)


def _strides(operation: Operation, runs: Runs) -> Iterator[str]:
    """Whether strides are seen, and what they are of results of transposed inputs."""
    results = [result for one in runs for result in one.results]
    contiguous = bool(results) and all(result.is_contiguous() for result in results)
    if operation.contiguous and not contiguous:
        yield "a result is not contiguous"
    for one in runs if operation.gives not in ("tensor", "none") else ():
        other = run(one.spelling, one.call, one.dtype, dense=False)
        plain = not one.results and not other.results and one.spelling.startswith("torch.Tensor.")
        if plain and isinstance(one.result, _PLAIN) and one.result != other.result and not operation.strides:
            yield f"{one.spelling} is {one.result} of a contiguous tensor and {other.result} of a transposed one"


_PLAIN = (int, bool, tuple, str)


def _writes(operation: Operation, runs: Runs) -> Iterator[str]:
    for one in runs:
        changed = [
            index
            for index, (operand, before, version) in enumerate(zip(one.operands, one.before, one.versions, strict=True))
            if operand._version != version or not _equal(operand, before)
        ]
        wanted = {"input": [0], "tensor": [0]}.get(operation.writes, [])
        extra = [index for index in changed if index not in wanted and not operation.writes.startswith("running")]
        if extra:
            yield f"{one.spelling}({one.call}) writes operand {extra[0]}"
        if wanted and not changed:
            yield f"{one.spelling}({one.call}) writes nothing"


def _equal(a: torch.Tensor, b: torch.Tensor) -> bool:
    return a.shape == b.shape and torch.equal(torch.nan_to_num(a.detach()), torch.nan_to_num(b))


def close(a: torch.Tensor, b: torch.Tensor) -> bool:
    """Whether two results agree but for last bits, which LAPACK and vectorised loops choose by memory and threads."""
    if a.shape != b.shape:
        return False
    if not (a.is_floating_point() or a.is_complex()):
        return torch.equal(a, b)
    return torch.allclose(a.detach(), b.detach(), rtol=1e-4, atol=1e-6, equal_nan=True)


def _grad(operation: Operation, runs: Runs) -> Iterator[str]:
    for one in runs:
        if one.dtype != "float" or operation.writes in ("input", "tensor") or operation.dtype == "argument":
            continue
        seen = _gradient(one)
        if seen is not None and seen != operation.grad:
            yield f"{one.spelling}: a gradient goes through it: {seen}"


def _gradient(one: Run) -> bool | str | None:
    """Whether one goes through the results: False if they need none, `zero` if it is zero; None if nothing shows it."""
    arguments, named = Samples("float").arguments(one.call)
    leaves = [operand for operand in tensors_in(arguments) if operand.is_floating_point() and operand.is_leaf]
    if not leaves or not one.results or any(result.is_complex() for result in one.results):
        return None
    for leaf in leaves:
        leaf.requires_grad_()
    try:
        found = [part for part in tensors_in(resolve(one.spelling)(*arguments, **named)) if part.requires_grad]
        if not found:
            return False
        total = sum((part * torch.arange(1.0, part.numel() + 1).reshape(part.shape)).sum() for part in found)
        given = torch.autograd.grad(total, leaves, allow_unused=True)  # type: ignore[arg-type]
    except (RuntimeError, NotImplementedError):
        return None
    return True if any(part is not None and part.nan_to_num().any() for part in given) else "zero"


def _saves(operation: Operation, runs: Runs) -> Iterator[str]:
    yield from operation_gradients.problems(operation.saves, [] if operation.writes else runs)


_CHECKS = (_gives, _several, _dtype, _shape, _elements, _view, _strides, _writes, _grad, _saves)


def _random(operation: Operation, runs: Runs) -> Iterator[str]:
    one = runs[0]
    other = run(one.spelling, one.call, one.dtype, seed=1)
    differs = any(not close(a, b) for a, b in zip(one.results, other.results, strict=False))
    # What is in new memory is nobody's choice.
    if not operation.blank and differs != bool(operation.random):
        yield f"another seed gives {'another result' if differs else 'the same result'}"


def _range(operation: Operation, runs: Runs) -> Iterator[str]:
    if operation.range not in _BOUNDS and not operation.whole:
        return
    for scale in (0.01, 2.0, 40.0):
        for one in runs[:1]:
            again = run(one.spelling, one.call, "float", scale=scale)
            for result in again.results[:1]:
                low, high = _BOUNDS.get(operation.range, (-math.inf, math.inf))
                numbers = result.detach().double()[~result.detach().double().isnan()]
                slack = 1e-6
                if numbers.numel() and not (numbers.min() >= low - slack and numbers.max() <= high + slack):
                    lowest, highest = float(numbers.min()), float(numbers.max())
                    yield f"its results are from {lowest:g} to {highest:g}, not {operation.range}"
                    return
                if operation.whole and not torch.equal(numbers, numbers.round()):
                    yield "its results are not whole"


def _commutes(operation: Operation, runs: Runs) -> Iterator[str]:
    if operation.commutes:
        one = next(one for one in runs if len(one.operands) == 2)
        a, b = one.operands
        if not close(resolve(one.spelling)(a, b), resolve(one.spelling)(b, a)):
            yield "its operands may not be exchanged"


def _sizes_of_results(operation: Operation, runs: Runs) -> Iterator[str]:
    """What is said of how large results are, compared with the elements that they are computed from."""
    one = next(iter(runs))
    if operation.upper:
        largest = max(operand.max().item() for operand in one.operands)
        if one.results[0].max().item() < largest - 1e-6:
            yield "an element is larger than the result"
    if operation.lower:
        smallest = min(operand.min().item() for operand in one.operands)
        if one.results[0].min().item() > smallest + 1e-6:
            yield "an element is smaller than the result"
    if operation.affine and not _is_linear(one):
        yield "it is not linear in its input"
    if operation.loss and _broadcasts(one) != operation.broadcasts:
        yield f"it {'broadcasts' if not operation.broadcasts else 'does not broadcast'} its input and target"
    if operation.sums:
        negated = run(one.spelling, one.call, one.dtype, scale=-2.0).results[0]
        if negated.dtype != one.results[0].dtype or not torch.allclose(negated, -one.results[0], equal_nan=True):
            yield "it is not a sum"


def _is_linear(one: Run) -> bool:
    """Whether twice and minus the input give twice and minus the result."""
    function, (first, *rest) = resolve(one.spelling), one.arguments
    made = function(first, *rest)
    scaled = ((function(factor * first, *rest), factor * made) for factor in (2, -1))
    return all(torch.allclose(found, wanted, atol=1e-4) for found, wanted in scaled)


def _broadcasts(one: Run) -> bool:
    """Whether a loss of (3, 1) and (3,) is one of (3, 3)."""
    given = [torch.rand(3, 1), *(torch.rand(3) for _ in one.operands[1:])]
    try:
        return bool(resolve(one.spelling)(*given, reduction="none").shape == (3, 3))
    except (RuntimeError, ValueError, TypeError, IndexError):
        return False


def _local(operation: Operation, runs: Runs) -> Iterator[str]:
    """Whether a change of the first element changes the first element of the result alone."""
    one = next((one for one in runs if one.operands and one.results and one.dtype != "complex"), None)
    if one is None or operation.random or operation.writes or not operation.elementwise:
        return
    arguments, named = Samples(one.dtype).arguments(one.call)
    source = next(operand for operand in tensors_in(arguments) if operand.dtype == DTYPES[one.dtype])
    rest = []
    for value in (7, -5, 1) if one.dtype != "bool" else (True, False):
        source[(0,) * source.ndim] = value
        rest.append(next(tensors_in(resolve(one.spelling)(*arguments, **named))).detach().flatten()[1:].clone())
    if not all(close(other, rest[0]) for other in rest):
        yield "an element of the result depends on other elements of the input"


def _in_place(operation: Operation, runs: Runs) -> Iterator[str]:
    name = operation.name
    there = hasattr(torch.Tensor, f"{name}_") and not name.endswith("_") and hasattr(torch.Tensor, name)
    if there and not operation.in_place:
        yield f"there is a method {name}_"
    if operation.in_place and not hasattr(torch.Tensor, f"{name}_"):
        yield f"there is no method {name}_"


def _names(operation: Operation, runs: Runs) -> Iterator[str]:
    if operation.tensors_only and any(callable(getattr(other, operation.name, None)) for other in _OTHERS):
        yield "others have a method of the name, too"
    if operation.tensors_only and not hasattr(torch.Tensor, operation.name):
        yield "tensors have no method of the name"
