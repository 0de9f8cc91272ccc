"""What rows of layers say, compared with layers of an installed torch."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator
from typing import Any

import torch

from tools.operation_checks import close
from tools.operation_runs import Samples, calls, resolve, spellings, tensors_in
from torchlint.torch_facts.ops import Operation

# Settings and inputs of layers that are not a function. Functions have theirs in `operation_samples.py`.
_MADE = {
    "Identity": ("", "x(3, 4)"),
    "Unflatten": ("1, (2, 2)", "x(3, 4)"),
    **{f"ZeroPad{n}d": ("1", f"x({'2, ' * (n + 1)}2)") for n in (1, 2, 3)},
    **{f"ConstantPad{n}d": ("1, 0.5", f"x({'2, ' * (n + 1)}2)") for n in (1, 2, 3)},
    **{f"CircularPad{n}d": ("1", f"x({'2, ' * (n + 1)}2)") for n in (1, 2, 3)},
    **{f"ReflectionPad{n}d": ("1", f"x({'2, ' * (n + 1)}2)") for n in (1, 2, 3)},
    **{f"ReplicationPad{n}d": ("1", f"x({'2, ' * (n + 1)}2)") for n in (1, 2, 3)},
    **dict.fromkeys(("UpsamplingBilinear2d", "UpsamplingNearest2d"), ("scale_factor=2", "x(2, 3, 4, 4)")),
    "FractionalMaxPool2d": ("3, output_size=5", "x(2, 3, 8, 8)"),
    "FractionalMaxPool3d": ("3, output_size=5", "x(2, 3, 8, 8, 8)"),
    "Linear": ("4, 5", "x(3, 4)"),
    "LazyLinear": ("5", "x(3, 4)"),
    "Bilinear": ("4, 5, 6", "x(3, 4), x(3, 5)"),
    **{f"{way}{n}d": ("3, 4, 3", f"x(2, 3{', 4' * n})") for n in (1, 2, 3) for way in ("Conv", "ConvTranspose")},
    **{f"Lazy{way}{n}d": ("4, 3", f"x(2, 3{', 4' * n})") for n in (1, 2, 3) for way in ("Conv", "ConvTranspose")},
    **{f"{way}Norm{n}d": ("3", f"x(2, 3{', 4' * n})") for n in (1, 2, 3) for way in ("Batch", "Instance")},
    **{f"Lazy{way}Norm{n}d": ("", f"x(2, 3{', 4' * n})") for n in (1, 2, 3) for way in ("Batch", "Instance")},
    "SyncBatchNorm": ("3", "x(2, 3, 4)"),
    "PReLU": ("", "x(3, 4)"),
    "LayerNorm": ("4", "x(3, 4)"),
    "RMSNorm": ("4", "x(3, 4)"),
    "GroupNorm": ("2, 4", "x(3, 4)"),
    "Embedding": ("5, 4", "i(2, 3, n=5)"),
    "EmbeddingBag": ("5, 4", "i(2, 3, n=5)"),
    **dict.fromkeys(("RNN", "GRU", "LSTM"), ("4, 5, num_layers=2, dropout=0.5", "x(2, 3, 4)")),
    **dict.fromkeys(("RNNCell", "GRUCell", "LSTMCell"), ("4, 5", "x(3, 4)")),
    "MultiheadAttention": ("4, 2, dropout=0.5", "x(3, 2, 4), x(3, 2, 4), x(3, 2, 4)"),
    "Transformer": ("4, 2, 1, 1, 8", "x(3, 2, 4), x(3, 2, 4)"),
    "TransformerEncoderLayer": ("4, 2, 8", "x(3, 2, 4)"),
    "TransformerDecoderLayer": ("4, 2, 8", "x(3, 2, 4), x(3, 2, 4)"),
    "TransformerEncoder": ("torch.nn.TransformerEncoderLayer(4, 2, 8), 1", "x(3, 2, 4)"),
    "TransformerDecoder": ("torch.nn.TransformerDecoderLayer(4, 2, 8), 1", "x(3, 2, 4), x(3, 2, 4)"),
    "AdaptiveLogSoftmaxWithLoss": ("4, 6, [2]", "x(3, 4), i(3, n=6)"),
    "Sequential": ("torch.nn.Identity()", "x(3, 4)"),
}


def problems(operation: Operation) -> Iterator[str]:
    """What the row of a class of `torch.nn` says that is not so, a sentence each."""
    if not hasattr(torch.nn, operation.name):
        yield "torch.nn has no such class"
    elif operation.function:
        yield from _function(operation)
    elif operation.name in _MADE:
        yield from _made(operation)
    elif not operation.container or operation.gives != "other":
        yield "nothing is known of how it is called"


def _function(operation: Operation) -> Iterator[str]:
    """A layer that is a function: parameters and results are the function's."""
    layer = getattr(torch.nn, operation.name)
    names = [name for name in spellings(operation.function) if "Tensor" not in name]
    functional = next((name for name in names if "functional" in name), names[0])
    mine = _parameters(layer.__init__)
    theirs = _parameters(resolve(functional))
    given = list(inspect.signature(layer.forward).parameters)[1:]
    required = {name for name, parameter in mine.items() if parameter.default is inspect.Parameter.empty}
    if theirs and required - theirs.keys() - {"self"}:
        yield f"the function has no parameter {min(required - theirs.keys() - {'self'})}"
    # `PoissonNLLLoss.forward` has another name for the first one, and some take more, but the places are the same.
    if len(given) < len(operation.takes.split()):
        yield f"it takes {' '.join(given)}, not {operation.takes}"
    for name, default in operation.settings.items():
        if name in mine and mine[name].default is not inspect.Parameter.empty and mine[name].default != default:
            yield f"the default of {name} is {mine[name].default}, not {default}"
    if next(iter(_weights(layer, mine)), None):
        yield "it has parameters of its own"
    yield from _defaults(operation, mine, theirs)
    yield from _results(operation, layer, resolve(functional))


def _results(operation: Operation, layer: Any, function: Any) -> Iterator[str]:
    """The same as the function gives, called with the sample of the function: inputs first, then settings."""
    samples = Samples("float")
    given, named = samples.arguments(calls(operation.function)[0])
    try:
        found, wanted = _both(operation, layer, function, given, named)
    except (TypeError, ValueError, RuntimeError) as error:
        yield f"it cannot be called as {operation.function} is: {error}"
        return
    pairs = zip(tensors_in(found), tensors_in(wanted), strict=True)
    if not all(a.shape == b.shape and torch.allclose(a, b, rtol=0, atol=0, equal_nan=True) for a, b in pairs):
        yield f"it is not {operation.function}"


def _both(
    operation: Operation, layer: Any, function: Any, given: tuple[Any, ...], named: dict[str, Any]
) -> tuple[Any, Any]:
    """What the layer and what the function give."""
    count = len(operation.takes.split())
    settings = operation.settings if count == len(given) else {}
    if operation.name.endswith("2d") and operation.settings:
        inputs, made, rest = (Samples("float").x(2, 3, 4, 4),), layer(), ()
        settings = operation.settings
    else:
        inputs, made, rest = given[:count], layer(*given[count:], **named), given[count:]
    return _seeded(made, *inputs), _seeded(function, *inputs, *rest, **settings, **named)


def _seeded(function: Any, *given: Any, **named: Any) -> Any:
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*[part.clone() if isinstance(part, torch.Tensor) else part for part in given], **named)


def _parameters(function: Any) -> dict[str, inspect.Parameter]:
    """Parameters by name; none where a function does not say which they are."""
    try:
        found = dict(inspect.signature(function).parameters)
    except ValueError:
        return {}
    return {} if any(parameter.kind in _STARRED for parameter in found.values()) else found


_STARRED = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def _defaults(operation: Operation, mine: dict[str, Any], theirs: dict[str, Any]) -> Iterator[str]:
    for name in mine.keys() & theirs.keys():
        one, other = mine[name].default, theirs[name].default
        same = one == other or inspect.Parameter.empty in (one, other)
        if not same and name not in operation.settings:
            yield f"the default of {name} is {one}, the function's {other}"


def _weights(layer: Any, parameters: dict[str, Any]) -> Iterator[Any]:
    """The parameters of a layer that can be made without settings."""
    required = [one for one in parameters.values() if one.default is inspect.Parameter.empty and one.name != "self"]
    if not any(one.kind == inspect.Parameter.POSITIONAL_OR_KEYWORD for one in required):
        yield from layer().parameters()


def _made(operation: Operation) -> Iterator[str]:
    settings, inputs = _MADE[operation.name]
    samples = Samples("float")
    made, named = samples.arguments(settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        layer = getattr(torch.nn, operation.name)(*made, **named)
    given, _ = samples.arguments(inputs)
    before = [tensor.clone() for tensor in given]
    results = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        results.append(layer(*given))
    result = results[0]
    first = result[0] if isinstance(result, tuple) else result
    kind = "tensor" if isinstance(result, torch.Tensor) else "tuple"
    if operation.gives not in (kind, "varies"):
        yield f"it gives a {kind}"
    if bool(list(layer.parameters())) != operation.weights and operation.name != "Sequential":
        yield "it has parameters" if list(layer.parameters()) else "it has no parameters"
    other = results[1][0] if isinstance(results[1], tuple) else results[1]
    if close(first, other) == bool(operation.random):
        yield f"another seed gives {'the same' if close(first, other) else 'another result'}"
    if any(not torch.equal(a, b) for a, b in zip(given, before, strict=True)):
        yield "it writes its input"
    wanted = {"same": given[0].shape, "last dim": (*given[0].shape[:-1], first.shape[-1])}.get(operation.shape)
    if wanted is not None and first.shape != wanted:
        yield f"its result has the shape {tuple(first.shape)}"
    if operation.shape == "spatial" and first.shape[:1] != given[0].shape[:1]:
        yield "its result has another number of samples"
    if operation.shape in ("same rank", "spatial") and first.ndim != given[0].ndim:
        yield f"its result has {first.ndim} dims"
    shares = first.untyped_storage().data_ptr() == given[0].untyped_storage().data_ptr()
    if shares != bool(operation.view) and operation.name != "Sequential":
        yield f"its result {'shares' if shares else 'does not share'} memory with the input"
    yield from _refusals(operation, layer, inputs)


def _refusals(operation: Operation, layer: Any, inputs: str) -> Iterator[str]:
    for dtype in ("int", "bool", "complex") if "x(" in inputs else ():
        given, _ = Samples(dtype).arguments(inputs)
        try:
            layer(*given)
            refused = False
        except (RuntimeError, NotImplementedError, ValueError):
            refused = True
        if refused == operation.accepts(dtype):
            yield f"it {'refuses' if refused else 'does not refuse'} {dtype}"
