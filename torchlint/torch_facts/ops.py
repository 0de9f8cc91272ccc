"""Questions to the table of operations.

    of("softmax").range                      what is known of one operation
    that(view=True) & that(elements="moved") the names of all of which facts hold
    VIEWS | CASTS                            families that have a name

Names are canonical ones: `softmax` for `torch.softmax`, `torch.Tensor.softmax`, `F.softmax` and `nn.Softmax`, `add_`
for the in-place form, `linalg.norm`, `nn.init.zeros_`; classes of `torch.nn` that are not a function under their own
name, `Linear`. `torchlint.torch_facts.signatures.canonical` gives them for qualified names.

The rows are in `torchlint.torch_facts.operations`, which writes them into `data/operations.json` by fact: importing
them all takes eight milliseconds of CPU, and every run asks. `tools/check_operations.py` compares them with what an
installed torch does.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from torchlint import data

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from typing import Literal

    from torchlint.torch_facts import terms

Names = frozenset[str]


class Operation:
    """What is known of one operation. Where a row says nothing, the default below holds.

    The meanings of words are in `torchlint.torch_facts.terms`.
    """

    name: str
    kind: terms.Kind = "function"
    # What a call returns: a tensor, or what else. `fields` are the names of several results. Where it `varies`, it is
    # several where one of the arguments `several_with` is given, or one where one of `single_with` is.
    gives: terms.Gives = "tensor"
    fields: str = ""
    several_with: str = ""
    single_with: str = ""
    # The dtype of the (first) result. `bools`: that of a bool input, where it is not what `dtype` says.
    # `real`: the result is real where the input is complex.
    dtype: terms.Dtype = "input"
    bools: terms.Dtype | None = None
    real: bool = False
    # The dtypes on which it raises: of `float`, `int`, `bool`, `complex`.
    raises: str = ""
    # The shape of the result, where its elements lie, and whether they are whole numbers in a floating-point tensor.
    shape: terms.Shape = ""
    range: terms.Range = ""
    whole: bool = False
    # What the numbers of the result are, and what becomes of what those of the input are: `torchlint.values.units`.
    unit: terms.Unit = ""
    turns: terms.Turns = ""
    # Each element of the result is computed from the elements of the operands in the same place, and from no other.
    elementwise: bool = False
    elements: terms.Elements = ""
    # Whether the result shares memory with the input: always, never, or as the strides, dtypes and devices have it.
    # A tensor in which nothing is to be done is returned itself.
    view: Literal[True, False, "sometimes"] = False
    # Its result, or whether it raises, shows the strides of the input.
    strides: bool = False
    # The result is contiguous whatever the strides of the input are.
    contiguous: bool = False
    # The arguments that are written whenever it is called; see `written` for `out` and `inplace`.
    writes: str = ""
    # There is a method of the same name with an underscore.
    in_place: bool = False
    random: Literal[True, False, "training"] = False
    # It computes its results and does nothing else: no files, devices, hooks, global state, calls of Python functions.
    # What it writes among its arguments is in `writes`; random numbers are drawn.
    pure: bool = True
    # Whether a gradient goes through it: it is cut, or it is zero everywhere.
    grad: Literal[True, False, "zero"] = True
    # Its results are views that nobody may write to in place while they have a graph.
    frozen_views: bool = False
    # What autograd keeps of a call to compute the gradient: its operands, its result, neither or both. Who writes to
    # that in place has no gradient. None: not known.
    saves: terms.Saves | None = None
    makes: terms.Makes = ""
    casts: bool = False
    moves: bool = False
    # It waits for the device: its result is a number of Python's, or has a shape that depends on the elements.
    syncs: bool = False
    commutes: bool = False
    # No element that it is computed from is larger than the result, or smaller.
    upper: bool = False
    lower: bool = False
    # A sum or a mean of elements.
    sums: bool = False
    # A weighted sum of the elements of the input, plus a bias: it may have any value.
    affine: bool = False
    # New memory, with whatever is in it.
    blank: bool = False
    # Only tensors have a method of this name that takes these arguments; NumPy, pandas, lists and texts have none.
    tensors_only: bool = False
    # A softmax or its logarithm: whether the order of the elements along the dim is kept, reversed, or random.
    normalises: Literal["", "kept", "reversed", "random"] = ""
    # The arguments that no element of the result lies beyond: `min max`, or one of them.
    clamps: str = ""
    # Negative elements become zero.
    rectifies: bool = False
    loss: bool = False
    # A loss of scores of classes, which are in dim 1, or in dim 0 of a single sample.
    classes: bool = False
    # It is computed of inputs and targets of two shapes, broadcast to one.
    broadcasts: bool = False
    # The arguments that the `forward` of its layer is called with; all others are settings of the layer.
    takes: str = "input"
    # What arguments hold: `index:labels dim:dim`. Kinds of inputs of the harness, alternatives by `|`.
    arguments: str = ""
    # Of layers: the function that they are, and the settings whose defaults are not the function's.
    function: str = ""
    settings: dict[str, object] = {}  # noqa: RUF012  # shared by all rows that have none
    weights: bool = False
    container: bool = False
    # What to use instead; the deprecated names of an operation that has a better one.
    deprecated: str = ""
    was: str = ""

    def __init__(self, name: str, facts: Mapping[str, object]) -> None:
        self.__dict__.update(facts)
        self.name = name

    def __repr__(self) -> str:
        return f"<operation {self.name}>"

    @property
    def is_tensor(self) -> bool:
        """Whether a result may be a tensor, or consists of tensors."""
        return self.gives in ("tensor", "tuple", "sequence", "varies")

    @property
    def places(self) -> Names:
        """The arguments that say where, not what: indices, masks and dims. No gradient goes through them."""
        kinds = (part.split(":") for part in self.arguments.split())
        return frozenset(name for name, kind in kinds if kind in ("labels", "bool", "dim"))

    def accepts(self, dtype: Literal["float", "int", "bool", "complex"]) -> bool:
        """Whether it takes an input of a dtype at all; it may promote it."""
        return dtype not in self.raises.split()

    def gives_tensor(self, given: Collection[str] = ()) -> bool | None:
        """Whether a call with these arguments returns a single tensor; None where that is not known."""
        if self.gives != "varies":
            return self.gives == "tensor"
        if self.several_with:
            return True if set(given).isdisjoint(self.several_with.split()) else None
        return True if self.single_with and not set(given).isdisjoint(self.single_with.split()) else None

    def written(self, given: Collection[str] = ()) -> Names:
        """What a call with these arguments may write: `input` for `relu_(x)` and `relu(x, inplace=True)`."""
        found = {"out"} & set(given) | set(self.writes.split())
        return frozenset(found | {"input"} if "inplace" in given else found)


@cache
def of(name: str) -> Operation | None:
    """What is known of an operation by its canonical name; None if it is not in the table."""
    if name not in everything() and name not in LAYERS:
        return None
    return Operation(name, {fact: said[name] for fact in _table()["facts"] if name in (said := column(fact))})


@cache
def column(fact: str) -> Mapping[str, Any]:
    """What the rows that mention a fact say of it, by operation."""
    values = _table()["facts"][fact]
    return {name: value for text, names in values.items() for value in (json.loads(text),) for name in names.split()}


def shape(name: str) -> str:
    """How the shape of an operation's result follows from its arguments; empty where that is not known."""
    rule: str = column("shape").get(name, "")
    return rule


def outputs(name: str, given: Collection[str]) -> tuple[str, ...]:
    """The field names of the results of a call with these arguments, where there are several of them."""
    row = of(name)
    if row is None or not row.fields or row.gives_tensor(given) is True:
        return ()
    return tuple(row.fields.split())


def that(**facts: object) -> Names:
    """The names of the operations of which all these facts hold; of a tuple of values, one has to.

    A layer that is a function is not among them: in the values of a program it is the function.
    """
    found = everything()
    for fact, wanted in facts.items():
        values = wanted if isinstance(wanted, tuple) else (wanted,)
        found = found.intersection(frozenset().union(*(_holding(fact, value) for value in values)))
    return found


@cache
def everything() -> Names:
    """The names of all operations, except for layers that are a function."""
    names: str = _table()["names"]
    return frozenset(names.split())


def _holding(fact: str, value: object) -> Names:
    text = json.dumps(value)
    if value != getattr(Operation, fact):
        return _said(fact, text)
    return everything().difference(*(_said(key, other) for key, other in _index() if key == fact and other != text))


@cache
def _said(fact: str, text: str) -> Names:
    """The operations whose rows say so; values are JSON."""
    return frozenset(_index().get((fact, text), "").split())


@cache
def _index() -> dict[tuple[str, str], str]:
    return {(fact, value): names for fact, values in _table()["facts"].items() for value, names in values.items()}


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = data.read("operations.json")
    return table


# The layers that are a function: class of `torch.nn` -> operation.
LAYERS: Mapping[str, str] = column("function")


def layers_of(name: str) -> Names:
    """The classes of `torch.nn` that are an operation."""
    return frozenset(layer for layer, function in LAYERS.items() if function == name)


def layer_settings(layer: str) -> Mapping[str, object]:
    """What a layer sets where its function has another default."""
    row = of(layer)
    return {} if row is None else row.settings


def forward_parameters(layer: str) -> tuple[str, ...]:
    """The parameters that a layer is called with, as its function calls them."""
    row = of(layer)
    return ("input",) if row is None else tuple(row.takes.split())


def refusing(*dtypes: str) -> Names:
    """What raises on all of these dtypes."""
    return frozenset(name for name, refused in column("raises").items() if {*dtypes} <= set(refused.split()))


def words(*names: str) -> Names:
    """The identifiers under which operations may be written: `clamp` and `clip`, `softmax` and `Softmax`."""
    aliases = _table()["aliases"]
    found = {word for name in names for word in (name.rpartition(".")[2], *aliases.get(name, "").split())}
    return frozenset(found.union(*map(layers_of, names)))


def cast_dtype(name: str) -> str | None:
    """The dtype that a method of this name casts to, `int64` for `long`; None if it is none that does."""
    dtype: str | None = column("dtype").get(name) if name in column("casts") else None
    return None if dtype in ("argument", "other") else dtype


def methods(*names: str) -> Names:
    """The names of methods that are these operations."""
    aliases = _table()["aliases"]
    return frozenset(word for name in names for word in (name, *aliases.get(name, "").split()))


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Names:
        """A family of operations, put together when it is first asked for."""
        if name not in _FAMILIES:
            raise AttributeError(name)
        found = globals()[name] = _FAMILIES[name]()
        return found


def _qualified(names: Names) -> Names:
    """Contexts under both of their names."""
    return frozenset(f"{space}.{name}" for space in ("torch", "torch.autograd") for name in names)


_FAMILIES: dict[str, Callable[[], Names]] = {
    # Results that share, or may share, the memory of an argument, or are the argument itself.
    "VIEWS": lambda: that(view=(True, "sometimes")),
    # Each element of the input in its place: copies, casts to floating-point dtypes, moves.
    "SAME_ELEMENTS": lambda: that(elements="same"),
    # All elements of the result are elements of the input.
    "CARRIERS": lambda: that(elements=("same", "moved", "repeated", "some"), gives=("tensor", "varies")),
    # As many tensors as the arguments say.
    "SEQUENCES": lambda: that(gives="sequence"),
    # What is not a tensor.
    "NO_TENSORS": lambda: that(gives=("number", "bool", "size", "list", "none", "other")),
    # Tensors that the input is split into.
    "PARTS": lambda: that(elements="some", gives="sequence"),
    # What changes one of its arguments whenever it is called: `relu_`, `copy_`, `nn.init.zeros_`, batch norms.
    "IN_PLACE": lambda: everything() - that(writes=""),
    # An element for each element of the operands, in the same place.
    "ELEMENTWISE": lambda: that(elementwise=True),
    "BINARY": lambda: that(elementwise=True, shape="broadcast"),
    "COMPARISONS": lambda: that(elementwise=True, shape="broadcast", dtype="bool"),
    "REDUCTIONS": lambda: that(shape="reduced"),
    "SUMS": lambda: that(sums=True),
    # What goes no further than an argument says: the results are at most `max`, or at least `min`.
    "CLAMPS_ABOVE": lambda: that(clamps=("min max", "max")),
    "CLAMPS_BELOW": lambda: that(clamps=("min max", "min")),
    "RECTIFIERS": lambda: that(rectifies=True),
    # Products of matrices and vectors.
    "PRODUCTS": lambda: that(shape=("product", "batched product")),
    # One tensor of several, one after the other along a dim that they have, or that is new.
    "JOINS": lambda: that(shape=("joined", "stacked")),
    # The same elements under any shape that the arguments say.
    "RESHAPES": lambda: that(shape="wanted"),
    # The places of the elements that are not zero.
    "PLACES": lambda: that(shape="matrix", syncs=True),
    # Probabilities along a dim, in the order of the scores that they are made of.
    "SOFTMAXES": lambda: that(normalises=("kept", "random"), unit="probabilities"),
    # Softmaxes and their logarithms that keep the order.
    "ORDER_KEEPING": lambda: that(normalises="kept"),
    "LOSSES": lambda: that(loss=True),
    "CLASS_LOSSES": lambda: that(classes=True),
    # The identifiers under which a loss may be written.
    "LOSS_WORDS": lambda: words(*that(loss=True)),
    # The identifiers by which a file may be told to train or evaluate something.
    "TRAINING_WORDS": lambda: words("backward", *that(kind="context", grad=False)),
    # Layers that hold others, and lists of parameters.
    "CONTAINERS": lambda: that(container=True),
    # New tensors, whose elements come from no operation.
    "FACTORIES": lambda: everything() - that(makes=""),
    # Floating-point results, or complex ones of complex inputs: integers become floats, or are refused.
    "FLOATS": lambda: that(dtype=("float", "default")) | (that(dtype=("input", "promoted")) & refusing("int", "bool")),
    "CASTS": lambda: that(casts=True),
    "MOVES": lambda: that(moves=True),
    # Their results need no gradient, whatever they are given.
    "CUTS": lambda: that(grad=False) | that(gives=("number", "bool", "size", "list", "none", "other")),
    # What leaves out elements in training, and nothing else.
    "DROPOUTS": lambda: that(kind="function", random="training", shape="same", elementwise=False),
    # Contexts and decorators that are entered without an argument, by qualified name.
    "CONTEXTS": lambda: _qualified(that(kind="context", takes="")),
    # Contexts and decorators that may switch gradients on, by qualified name.
    "GRAD": lambda: _qualified(that(kind="context", grad=True, takes=("", "mode"))),
    # Contexts and decorators that switch gradients off, by qualified name.
    "NO_GRAD": lambda: _qualified(that(kind="context", grad=False)),
    # Numbers, sizes and other facts about a tensor, without an element of it.
    "QUESTIONS": lambda: that(gives=("number", "bool", "size"), syncs=False),
    # Other results at each call; `dropout` in training.
    "RANDOM": lambda: that(random=(True, "training")),
}
if TYPE_CHECKING:
    VIEWS: Names
    SAME_ELEMENTS: Names
    CARRIERS: Names
    SEQUENCES: Names
    NO_TENSORS: Names
    PARTS: Names
    IN_PLACE: Names
    ELEMENTWISE: Names
    BINARY: Names
    COMPARISONS: Names
    REDUCTIONS: Names
    SUMS: Names
    CLAMPS_ABOVE: Names
    CLAMPS_BELOW: Names
    RECTIFIERS: Names
    PRODUCTS: Names
    JOINS: Names
    RESHAPES: Names
    PLACES: Names
    SOFTMAXES: Names
    ORDER_KEEPING: Names
    LOSSES: Names
    LOSS_WORDS: Names
    TRAINING_WORDS: Names
    CLASS_LOSSES: Names
    CONTAINERS: Names
    FACTORIES: Names
    FLOATS: Names
    CASTS: Names
    MOVES: Names
    CUTS: Names
    DROPOUTS: Names
    CONTEXTS: Names
    GRAD: Names
    NO_GRAD: Names
    QUESTIONS: Names
    RANDOM: Names
