"""The words that rows of the table are written with. Only type checkers import this."""

from __future__ import annotations

from typing import Literal, Protocol, TypedDict, Unpack

# What stands in a row: a function or method, a class of `torch.nn`, an attribute of tensors, a context manager or
# decorator, a function of `torch.nn.init`, what has to do with global state or files, or an operator of Python's that
# has no other name.
Kind = Literal["function", "layer", "attribute", "context", "initialiser", "state", "python"]

# What is returned. `tuple`: a fixed number of results. `sequence`: tensors, as many as the input has parts.
# `varies`: a tensor or a tuple, which the arguments decide (`several_with`, `single_with`).
Gives = Literal["tensor", "tuple", "sequence", "varies", "number", "bool", "size", "list", "none", "other"]

# The dtype of the result, or of the first one.
# `input`: that of the input. `promoted`: what the operands promote to. `float`: the same, and the default dtype for
# integers. `sum`: that of the input, int64 for integers. `default`: the default dtype. `data`: what the numbers are
# that the tensor is made of. `argument`: what an argument says. `other`: that of another argument. `complex`: the
# complex dtype of the input's precision.
Dtype = Literal[
    "input",
    "promoted",
    "float",
    "sum",
    "default",
    "data",
    "argument",
    "other",
    "complex",
    "bool",
    "uint8",
    "int8",
    "int16",
    "int32",
    "int64",
    "float16",
    "bfloat16",
    "float32",
    "float64",
    "complex32",
]

# Where all elements lie, for every input of which the result is not NaN: [0, 1], [-1, 1], (0, inf) before rounding,
# [0, inf), (-inf, 0].
Range = Literal["", "unit", "signed unit", "positive", "nonnegative", "nonpositive"]

# What the numbers of the result are, whatever the input is. Probabilities of the classes along a dim, which sum to 1,
# or their logarithms; chances, each of which is a probability by itself, or their logarithms.
Unit = Literal["", "probabilities", "log-probabilities", "chances", "log-chances"]

# What becomes of what the numbers of the input are: `exp` and `log` lead from logarithms to numbers and back, `not`
# from what is kept to what is dropped.
Turns = Literal["", "exp", "log", "not"]

# The shape of the result.
# `same`: that of the input. `same rank`: other sizes, as many. `spatial`: the same, and
# the first size, where it is that of a batch, stays. `last dim`: the last size is another. `sequence`: the same in the
# first of several results. `broadcast`: of all operands. `reduced`: without `dim`, or 0-d where none is given.
# `one dim`: without one dim, always. `loss`: 0-d unless `reduction="none"`. `scalar`: 0-d. `size`: the argument of that
# name. `wanted`: the same with a -1 that is filled in. `like other`, `like index`: that of the argument. `vector`,
# `steps` (of so many elements), `matrix`: rank 1 or 2. `data`: of the lists that it is made of.
Shape = Literal[
    "",
    "same",
    "same rank",
    "spatial",
    "last dim",
    "sequence",
    "broadcast",
    "reduced",
    "one dim",
    "loss",
    "scalar",
    "size",
    "wanted",
    "like other",
    "like index",
    "vector",
    "steps",
    "matrix",
    "data",
    "one more",
    "one less",
    "swapped",
    "permuted",
    "unsqueezed",
    "squeezed",
    "flattened",
    "indexed",
    "joined",
    "stacked",
    "parts",
    "slices",
    "repeated",
    "product",
    "matrix product",
    "batched product",
]

# Whose elements the result has: each of the input's in its place, moved to another place, several times, or some.
Elements = Literal["", "same", "moved", "repeated", "some"]

# What a tensor is made from: a size, another tensor's size, another tensor's dtype and device, a number of steps,
# numbers that are there already.
Makes = Literal["", "size", "like", "new", "steps", "data"]
# What is kept for the gradient.
Saves = Literal["", "operands", "result", "operands result"]


class Facts(TypedDict, total=False):
    """What a row may say. `torchlint.torch_facts.ops.Operation` has the meanings and the defaults."""

    kind: Kind
    gives: Gives
    fields: str
    several_with: str
    single_with: str
    dtype: Dtype
    bools: Dtype
    real: bool
    raises: str
    shape: Shape
    range: Range
    unit: Unit
    turns: Turns
    whole: bool
    elementwise: bool
    elements: Elements
    view: Literal[True, False, "sometimes"]
    strides: bool
    contiguous: bool
    writes: str
    in_place: bool
    random: Literal[True, False, "training"]
    pure: bool
    grad: Literal[True, False, "zero"]
    frozen_views: bool
    saves: Saves
    makes: Makes
    casts: bool
    moves: bool
    syncs: bool
    commutes: bool
    upper: bool
    lower: bool
    sums: bool
    affine: bool
    blank: bool
    tensors_only: bool
    normalises: Literal["", "kept", "reversed", "random"]
    clamps: str
    rectifies: bool
    loss: bool
    classes: bool
    broadcasts: bool
    takes: str
    arguments: str
    function: str
    settings: dict[str, object]
    weights: bool
    container: bool
    deprecated: str
    was: str


Row = tuple[str, Facts]


class Writer(Protocol):
    """What writes the rows of a family: the name of an operation, and its facts where they are not the family's."""

    def __call__(self, name: str, **facts: Unpack[Facts]) -> Row: ...
