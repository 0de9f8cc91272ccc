"""One call of torch, and the shapes that come out, or what it says."""

from __future__ import annotations

import warnings
from typing import Any

import torch

from torchlint.torch_facts import ops
from torchlint.torch_facts.dims import ANY, Shape
from torchlint.torch_facts.shape_functions import Result
from torchlint.torch_facts.shape_functions.refusal import Mask, Places, Span

_FACTORIES = frozenset(
    {"zeros", "ones", "empty", "rand", "randn", "full", "randint", "eye", "linspace", "randperm", "arange"}
)
# Arguments that are labels or places, whatever the operation is, and those of single operations.
_PLACES = frozenset({"index", "indices", "index_tensor"})
_WHOLE = frozenset(
    {
        *(("embedding", "input"), ("Embedding", "input"), ("EmbeddingBag", "input"), ("one_hot", "input")),
        *(("cross_entropy", "target"), ("nll_loss", "target"), ("bincount", "input")),
        *(("multi_margin_loss", "target"), ("multilabel_margin_loss", "target")),
    }
)
_BOOLS = frozenset({"condition", "mask"})
_OF_INTEGERS = ("bitwise", "gcd", "lcm")
_ATTRIBUTES = ("T", "mT", "H", "mH")
_METHODS_OF_SIZES = {"view": "shape", "reshape": "shape", "expand": "size", "permute": "dims", "repeat": "repeats"}


def outcome(name: str, arguments: dict[str, object]) -> Result | str:
    """The shapes of the results; the text of an error, with the class of it in front.

    The CPU is asked: it refuses more than the meta device does, and tensors of a few elements cost less there.
    """
    given = {key: _built(name, key, value) for key, value in arguments.items()}
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            return _shapes(_called(name, given))
    except (RuntimeError, IndexError, ValueError, TypeError, AssertionError) as error:
        return f"{type(error).__name__}: {error}"


def _built(name: str, key: str, value: object) -> Any:
    if isinstance(value, Mask | Places):
        dtype = torch.bool if isinstance(value, Mask) else torch.int64
        return torch.zeros(_numbers(value.shape), dtype=dtype)
    if isinstance(value, Shape):
        dtype = _dtype(name, key)
        # Weights of 0 have no samples; the first place is the one that there always is.
        make = torch.zeros if dtype == torch.int64 else torch.ones
        return make(_numbers(value), dtype=dtype)
    if isinstance(value, Span):
        return slice(*value.parts)
    if isinstance(value, tuple):
        return tuple(_built(name, key, part) for part in value)
    return value


def _numbers(shape: Shape) -> list[int]:
    return [int(str(size)) for size in shape.sizes]


def _dtype(name: str, key: str) -> torch.dtype:
    if name.startswith("logical") or key in _BOOLS:
        return torch.bool
    if name.startswith(_OF_INTEGERS) or key in _PLACES or (name, key) in _WHOLE:
        return torch.int64
    return torch.complex64 if name in _OF_COMPLEX else torch.float32


_OF_COMPLEX = frozenset({"view_as_real", "fft.irfft", "fft.hfft"})


def _called(name: str, given: dict[str, Any]) -> Any:
    if name == "getitem":
        return given["input"][given["index"]]
    if name == "broadcast_tensors":
        return torch.broadcast_tensors(*given["tensors"])  # type: ignore[no-untyped-call]
    if name == "meshgrid":
        return torch.meshgrid(*given["tensors"], indexing=given["indexing"])
    if name in _ATTRIBUTES:
        return getattr(given["input"], name)
    if name == "einsum":
        return torch.einsum(given["equation"], *given["operands"])
    if name[:1].isupper():
        return _of_layer(name, given)
    if name in _METHODS_OF_SIZES:
        return getattr(given["input"], name)(given[_METHODS_OF_SIZES[name]])
    if name in _FACTORIES:
        return getattr(torch, name)(**given)
    for module in (torch.nn.functional, torch, torch.special):
        function = getattr(module, name, None)
        if callable(function) and name not in _ONLY_METHODS and not name.endswith("_"):
            return _with_names(function, given)
    home, _, inner = name.partition(".")
    if inner and home in ("linalg", "fft"):
        return getattr(getattr(torch, home), inner)(**given)
    if name == "nn.functional.unfold":
        return torch.nn.functional.unfold(**given)
    return getattr(_first(given), name)(**_renamed(name, given))


_ONLY_METHODS = frozenset({"unfold", "split"})


def _renamed(name: str, given: dict[str, Any]) -> dict[str, Any]:
    return {"split_size": given["split_size_or_sections"], "dim": given["dim"]} if name == "split" else given


def _first(given: dict[str, Any]) -> Any:
    return given.pop("input")


def _with_names(function: Any, given: dict[str, Any]) -> Any:
    """The first argument by its place: functions call it by several names."""
    first = next(iter(given))
    rest = {name: value for name, value in given.items() if name != first}
    if first in ("tensors", "data", "query", "condition"):
        return function(given[first], **rest)
    if first == "input":
        return function(given["input"], **rest)
    return function(**given)


# What layers are called with, where the table of operations names one input.
_INPUTS = {
    "MultiheadAttention": ("query", "key", "value"),
    "Transformer": ("src", "tgt"),
    "TransformerDecoderLayer": ("tgt", "memory"),
    "Bilinear": ("input1", "input2"),
}


def _of_layer(name: str, given: dict[str, Any]) -> Any:
    inputs = _INPUTS.get(name, ops.forward_parameters(name))
    settings = {key: value for key, value in given.items() if key not in inputs}
    if name.startswith("InstanceNorm"):
        settings["num_features"] = 3
    layer = getattr(torch.nn, name)(**settings)
    layer.train(False)
    return layer(*(given[key] for key in inputs if key in given))


def _shapes(value: Any) -> Result:
    if isinstance(value, torch.Tensor):
        return Shape(tuple(value.shape))
    return tuple(ANY if part is None else _shapes(part) for part in value)
