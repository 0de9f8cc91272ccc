"""One call of torch, and the shapes that come out, or what it says."""

from __future__ import annotations

import warnings
from typing import Any

import torch

from torchlint.torch_facts import ops
from torchlint.torch_facts.dims import ANY, Shape
from torchlint.torch_facts.shape_functions import Result
from torchlint.torch_facts.shape_functions.refusal import Span

# On the meta device these accept what the CPU refuses, or the other way round.
_ON_CPU = frozenset(
    {
        *("cross_entropy", "nll_loss", "binary_cross_entropy", "binary_cross_entropy_with_logits"),
        *("one_hot", "gather", "index_select", "embedding", "Embedding", "tensor", "randperm"),
        *("softmax", "log_softmax", "softmin", "sort", "argsort"),
        *("kthvalue", "mode", "median", "nanmedian", "normalize", "logit", "max_pool1d", "addmm", "baddbmm"),
        *("RNN", "GRU", "LSTM", "RNNCell", "GRUCell", "LSTMCell"),
        *(f"ConvTranspose{dims}d" for dims in (1, 2, 3)),
        *(f"conv_transpose{dims}d" for dims in (1, 2, 3)),
        *(f"adaptive_{kind}_pool{dims}d" for dims in (1, 2, 3) for kind in ("avg", "max")),
    }
)
_FACTORIES = frozenset(
    {"zeros", "ones", "empty", "rand", "randn", "full", "randint", "eye", "linspace", "randperm", "arange"}
)
# Arguments that are labels or places.
_WHOLE = frozenset(
    {
        *(("gather", "index"), ("index_select", "index"), ("embedding", "input"), ("Embedding", "input")),
        *(("one_hot", "input"), ("cross_entropy", "target"), ("nll_loss", "target")),
    }
)
_BOOLS = frozenset({("where", "condition"), ("masked_fill", "mask"), ("masked_fill_", "mask")})
_ATTRIBUTES = ("T", "mT")
_METHODS_OF_SIZES = {"view": "shape", "reshape": "shape", "expand": "size", "permute": "dims", "repeat": "repeats"}


def outcome(name: str, arguments: dict[str, object]) -> Result | str:
    """The shapes of the results; the text of an error, with the class of it in front."""
    device = "cpu" if name in _ON_CPU or name.endswith("_") else "meta"
    given = {key: _built(name, key, value, device) for key, value in arguments.items()}
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            return _shapes(_called(name, given, device))
    except (RuntimeError, IndexError, ValueError, TypeError, AssertionError) as error:
        return f"{type(error).__name__}: {error}"


def _built(name: str, key: str, value: object, device: str) -> Any:
    if isinstance(value, Shape):
        dtype = torch.int64 if (name, key) in _WHOLE else torch.bool if (name, key) in _BOOLS else torch.float32
        if name.startswith("logical"):
            dtype = torch.bool
        return torch.zeros([int(str(size)) for size in value.sizes], dtype=dtype, device=device)
    if isinstance(value, Span):
        return slice(*value.parts)
    if isinstance(value, tuple):
        return tuple(_built(name, key, part, device) for part in value)
    return value


def _called(name: str, given: dict[str, Any], device: str) -> Any:
    if name == "getitem":
        return given["input"][given["index"]]
    if name in _ATTRIBUTES:
        return getattr(given["input"], name)
    if name == "einsum":
        return torch.einsum(given["equation"], *given["operands"])
    if name[:1].isupper():
        return _of_layer(name, given, device)
    if name in _METHODS_OF_SIZES:
        return getattr(given["input"], name)(given[_METHODS_OF_SIZES[name]])
    if name in _FACTORIES:
        return getattr(torch, name)(**given, device=device)
    for home in (torch.nn.functional, torch):
        function = getattr(home, name, None)
        if callable(function) and name not in _ONLY_METHODS and not name.endswith("_"):
            return _with_names(function, given)
    if name.startswith("linalg."):
        return getattr(torch.linalg, name.partition(".")[2])(_first(given), **given)
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


def _of_layer(name: str, given: dict[str, Any], device: str) -> Any:
    inputs = ops.forward_parameters(name)
    if name in ("MultiheadAttention",):
        inputs = ("query", "key", "value")
    settings = {key: value for key, value in given.items() if key not in inputs}
    parameterless = name.endswith(("Pad1d", "Pad2d", "Pad3d")) or name in ("Identity", "Unflatten")
    if name.startswith("InstanceNorm"):
        settings["num_features"] = 3
    layer = getattr(torch.nn, name)(**settings, **({} if parameterless else {"device": device}))
    layer.train(False)
    return layer(*(given[key] for key in inputs if key in given))


def _shapes(value: Any) -> Result:
    if isinstance(value, torch.Tensor):
        return Shape(tuple(value.shape))
    return tuple(ANY if part is None else _shapes(part) for part in value)
