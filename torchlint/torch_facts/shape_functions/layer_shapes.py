"""Layers that normalise, embed, remember or attend, and their functions."""

from __future__ import annotations

from torchlint.torch_facts.dims import ANY, Shape, Size, certainly_differ, unknown
from torchlint.torch_facts.shape_functions.elementwise_shapes import broadcast
from torchlint.torch_facts.shape_functions.refusal import UNSURE, Given, Refusal, sizes_of

Several = tuple["Shape | tuple[Shape, ...]", ...]


def layer_norm(given: Given) -> Shape:
    """The last sizes are those that are normalised.

    Raises `Refusal` where they are not.
    """
    shape, wanted = given.tensor(), sizes_of(given.get("normalized_shape", UNSURE))
    if wanted is None:
        return shape
    refused = Refusal(f"its input has shape {shape}, and it normalises last sizes of {Shape(wanted)}")
    if shape.rank is not None and shape.rank < len(wanted):
        raise refused
    for has, takes in zip(reversed(shape.sizes), reversed(wanted), strict=False):
        if certainly_differ(has, takes):
            raise refused
    return shape


def batch_norm_layer(given: Given) -> Shape:
    """A layer that normalises each channel: dim 1, or dim 0 of a rank without a batch.

    Raises `Refusal` where there are not as many as it has.
    """
    shape, takes = given.tensor(), given.size("num_features")
    ranks = _NORMALISED.get(given.name, ())
    if shape.rank is None:
        return shape
    if shape.rank not in ranks:
        wanted = " or ".join(map(str, ranks))
        raise Refusal(f"it takes a tensor of {wanted} dims, and its input has shape {shape}")
    return _channels(shape, 1, takes)


def function_norm(given: Given) -> Shape:
    """`batch_norm` and its like: channels are dim 1, as many as there are running means.

    Raises `Refusal` where they are not.
    """
    shape = given.tensor()
    if shape.rank is not None and given.name == "batch_norm" and given.has("running_mean") and shape.rank > 1:
        means = given.tensor("running_mean")
        if means.rank == 1:
            return _channels(shape, 1, means.sizes[0])
    return shape


_NORMALISED = {"BatchNorm1d": (2, 3), "BatchNorm2d": (4,), "BatchNorm3d": (5,)}


def _channels(shape: Shape, dim: int, takes: Size) -> Shape:
    has = shape.sizes[dim]
    if certainly_differ(has, takes):
        raise Refusal(f"it takes {takes} channels, and its input has {has}: its shape is {shape}")
    return shape


def group_norm(given: Given) -> Shape:
    """Channels are dim 1, and as many as it has, or a multiple of the groups.

    Raises `Refusal` where they are not.
    """
    shape = given.tensor()
    if shape.rank is None:
        return shape
    if shape.rank < 2:
        raise Refusal(f"it takes a tensor of two dims at least, and its input has shape {shape}")
    if given.has("num_channels"):
        return _channels(shape, 1, given.size("num_channels"))
    groups, has = given.number("num_groups"), shape.sizes[1]
    if groups and isinstance(has, int) and has % groups:
        raise Refusal(f"{has} channels cannot be divided into {groups} groups: its input has shape {shape}")
    return shape


def embedding_layer(given: Given) -> Shape:
    """A vector for each label, in a new last dim."""
    shape = given.tensor()
    return Shape((*shape.sizes, given.size("embedding_dim")), shape.open)


def embedding(given: Given) -> Shape:
    """The same, of a weight (number, features)."""
    shape, weight = given.tensor(), given.tensor("weight")
    if weight.rank is not None and weight.rank != 2:
        raise Refusal(f"its weight has two dims, and is given shape {weight}")
    return Shape((*shape.sizes, weight.sizes[-1] if weight.sizes else unknown()), shape.open)


def recurrent(given: Given) -> Several:
    """RNN, GRU and LSTM: a state for each step, and the last states of each layer and direction.

    Raises `Refusal` where the last size is not `input_size`.
    """
    shape, hidden = given.tensor(), given.size("hidden_size")
    _check_ranks(shape, 2, 3)
    _check_features(shape, given.size("input_size"))
    double, proj = given.flag("bidirectional"), given.get("proj_size", 0)
    state: Size = hidden if proj == 0 else proj if isinstance(proj, int) else unknown()
    given_out: Size = unknown() if double is None else state * (1 + double)
    output = Shape((*shape.sizes[:-1], given_out), shape.open)
    layers = given.get("num_layers", 1)
    count = layers * (1 + double) if isinstance(layers, int) and double is not None else unknown()
    first = given.flag("batch_first")
    if shape.rank is None or first is None:
        return (output, (ANY, ANY)) if given.name == "LSTM" else (output, ANY)
    batch = () if shape.rank == 2 else (shape.sizes[0 if first else 1],)
    last = Shape((count, *batch, state))
    cells = Shape((count, *batch, hidden))
    return (output, (last, cells)) if given.name == "LSTM" else (output, last)


def cell(given: Given) -> Shape:
    """One step of an RNN or GRU."""
    shape = given.tensor()
    _check_ranks(shape, 1, 2)
    _check_features(shape, given.size("input_size"))
    return Shape((*shape.sizes[:-1], given.size("hidden_size")), shape.open) if shape.sizes else ANY


def lstm_cell(given: Given) -> Several:
    """One step of an LSTM: the state and the memory."""
    state = cell(given)
    return state, state


def _check_ranks(shape: Shape, least: int, most: int) -> None:
    if shape.at_least > most or (shape.rank is not None and shape.rank < least):
        raise Refusal(f"it takes a tensor of {least} or {most} dims, and its input has shape {shape}")


def _check_features(shape: Shape, takes: Size) -> None:
    if shape.sizes and certainly_differ(shape.sizes[-1], takes):
        raise Refusal(f"its input has shape {shape}, and it takes {takes} features in the last dim")


def attention_layer(given: Given) -> Several:
    """`MultiheadAttention`: the query's shape, and the weights.

    Raises `Refusal` where the last size of one of the three is not what it takes.
    """
    takes = given.size("embed_dim")
    query = given.tensor("query") if "query" in given.arguments else ANY
    own = {"query": takes, "key": takes, "value": takes}
    for name, other in (("key", "kdim"), ("value", "vdim")):
        if given.has(other):
            own[name] = given.size(other)
    for name, size in own.items():
        shape = given.tensor(name) if name in given.arguments else ANY
        _check_ranks(shape, 2, 3)
        if shape.sizes and certainly_differ(shape.sizes[-1], size):
            raise Refusal(f"its {name} has shape {shape}, and it takes {size} features in the last dim")
    return query if query.open else Shape((*query.sizes[:-1], takes)), ANY


def transformer_layer(given: Given) -> Shape:
    """A layer of a Transformer keeps the shape of its input, whose last size is `d_model`."""
    shape = given.tensor("tgt") if "tgt" in given.arguments else given.tensor()
    takes = given.size("d_model")
    _check_ranks(shape, 2, 3)
    _check_features(shape, takes)
    return shape


def transformer(given: Given) -> Shape:
    """`Transformer`: the shape of its target; both it and the source have a last size of `d_model`.

    Raises `Refusal` where they have not.
    """
    takes = given.size("d_model", 512)
    for name in ("src", "tgt"):
        shape = given.tensor(name)
        _check_ranks(shape, 2, 3)
        _check_features(shape, takes)
    return given.tensor("tgt")


def attention(given: Given) -> Shape:
    """`scaled_dot_product_attention`: (..., L, E), (..., S, E) and (..., S, V) make (..., L, V)."""
    query, key, value = (given.tensor(name) for name in ("query", "key", "value"))
    if min(shape.at_least for shape in (query, key, value)) < 2:
        return ANY
    if certainly_differ(query.sizes[-1], key.sizes[-1]):
        raise Refusal(f"query {query} and key {key} have another last size")
    if certainly_differ(key.sizes[-2], value.sizes[-2]):
        return ANY  # some kernels read beyond the end instead of raising
    if query.open or key.open or value.open or given.flag("enable_gqa") is not False:
        return Shape((query.sizes[-2], value.sizes[-1]), True)
    front = broadcast(*(Shape(shape.sizes[:-2]) for shape in (query, key, value)))
    return Shape((*front.sizes, query.sizes[-2], value.sizes[-1]))


def shuffled_channels(given: Given) -> Shape:
    """`channel_shuffle`: channels are a multiple of the groups."""
    shape, groups = given.tensor(), given.number("groups")
    if shape.rank is None or shape.rank < 3 or not groups:
        return shape
    has = shape.sizes[1]
    if isinstance(has, int) and has % groups:
        raise Refusal(f"{has} channels cannot be divided into {groups} groups: its input has shape {shape}")
    return shape


def folded_view(given: Given) -> Shape:
    """The half of a last dim of pairs: `view_as_complex`."""
    shape = given.tensor()
    if not shape.sizes:
        return ANY
    if certainly_differ(shape.sizes[-1], 2):
        raise Refusal(f"its input has shape {shape}, and it takes a last size of 2")
    return Shape(shape.sizes[:-1], shape.open)
