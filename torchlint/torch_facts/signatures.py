"""What torch's callables name their parameters, and which of their names are one operation.

The facts are in `data/signatures.json`, which `tools/make_signatures.py` writes from an installed torch. It is read
when a question is first asked, and an overload is parsed when it is first bound to. Nothing here imports torch.

Names are qualified by their public homes: `torch.softmax`, `torch.Tensor.softmax` (without `self`), `torch.nn.Softmax`
(its constructor), `torch.nn.functional.softmax`, `torch.nn.Module.zero_grad`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum, auto
from functools import cache, lru_cache
from typing import Any, Generic, Literal, NamedTuple, NoReturn, TypeVar

from torchlint import data

A = TypeVar("A")
Bound = dict[str, A | tuple[A, ...]]

_NAMESPACES = {"torch": "torch", "F": "torch.nn.functional", "Tensor": "torch.Tensor"}
_FLAT = ("torch", "torch.Tensor", "torch.nn.functional", "torch.special")
NUMPY_NAMES = {"axis": "dim", "keepdims": "keepdim", "x": "input", "a": "input", "x1": "input", "x2": "other"}
_ELEMENTS = {"ints": "int", "numbers": "number", "tensors": "Tensor"}
SEQUENCES = frozenset(_ELEMENTS)


class Kind(Enum):
    """What is known of an argument. UNKNOWN fits every parameter, so it may leave a call ambiguous."""

    INT = auto()
    FLOAT = auto()
    BOOL = auto()
    STR = auto()
    NONE = auto()
    TENSOR = auto()
    SEQUENCE = auto()
    DTYPE = auto()
    DEVICE = auto()
    UNKNOWN = auto()


class Style(Enum):
    PLAIN = auto()
    STAR = auto()
    KEYWORD = auto()
    STARS = auto()


class Parameter(NamedTuple):
    """A parameter of an overload.

    `words` are those of its annotation, none where it takes anything. `default` is `...` where there is no literal one.
    """

    name: str
    style: Style
    words: frozenset[str]
    required: bool
    default: object


Overload = tuple[Parameter, ...]


class _Fit(Enum):
    NO = auto()
    MAYBE = auto()
    YES = auto()


_YES = {
    Kind.INT: frozenset({"int", "float", "number", "device"}),
    Kind.FLOAT: frozenset({"float", "number"}),
    Kind.BOOL: frozenset({"bool", "float", "number"}),
    Kind.STR: frozenset({"str", "device"}),
    Kind.NONE: frozenset({"None"}),
    Kind.TENSOR: frozenset({"Tensor"}),
    Kind.SEQUENCE: frozenset(),
    Kind.DTYPE: frozenset({"dtype"}),
    Kind.DEVICE: frozenset({"device"}),
    Kind.UNKNOWN: frozenset(),
}

# A tensor of one element is taken for a number, a sequence may hold anything.
_MAYBE = {Kind.TENSOR: frozenset({"int", "float", "number", "bool"}), Kind.SEQUENCE: SEQUENCES}


def known(qualname: str) -> bool:
    """Whether the table has a callable of this name."""
    return qualname in _table()["signatures"]


def public(qualname: str) -> str:
    """The public name of a callable that is called by the module that defines it: `torch.utils.data.DataLoader` for
    `torch.utils.data.dataloader.DataLoader`. Other names stay as they are."""
    module, _, name = qualname.rpartition(".")
    home = _table()["homes"].get(module)
    return f"{home}.{name}" if home is not None and known(f"{home}.{name}") else qualname


@cache
def overloads(qualname: str) -> tuple[Overload, ...]:
    """The overloads of a callable in the order in which torch tries them; none if it is not known."""
    return tuple(_parse(text) for text in _table()["signatures"].get(qualname, ()))


def bind(
    qualname: str, positional: Sequence[A], keywords: Mapping[str, A], kind: Callable[[A], Kind]
) -> Bound[A] | None:
    """The arguments of a call by parameter name, or None where no overload fits or several name them differently.

    Values are the given arguments. What a starred parameter takes is a tuple, even of one, but a single argument that
    may itself be the sequence stays as it is: `zeros(2, 3)` and `zeros(2)` bind `size` to tuples of arguments,
    `zeros(shape)` to the argument `shape`. What was not given is absent, and so are names with a leading underscore.
    """
    layout = _layout(qualname, len(positional), tuple(keywords))
    if layout.settled:
        return None if layout.places is None else _placed(layout.places, positional, keywords)
    candidates = overloads(qualname)
    found: dict[str, _Slot[A]] | None = None
    for overload in candidates:
        slots = assign(overload, positional, keywords, kind)
        fit = _Fit.NO if slots is None else _Fit.YES if len(candidates) == 1 else _fit(slots, kind)
        if slots is None or fit is _Fit.NO:
            continue
        if found is not None and not _same(found, slots):
            return None
        found = slots if found is None else found
        if fit is _Fit.YES:
            break
    return None if found is None else _bound(qualname, found)


class _Layout(NamedTuple):
    """Where the arguments of a call go: for each parameter the position or keyword, or several of a starred one.

    `settled` is False where that depends on the kinds of the arguments, `places` None where they fit nowhere.
    """

    settled: bool
    places: Bound[int | str] | None


@lru_cache(maxsize=4096)
def _layout(qualname: str, count: int, keywords: tuple[str, ...]) -> _Layout:
    """Most callables have one overload and most calls the same few forms: one answer for all calls of a form."""
    candidates = overloads(qualname)
    if not candidates:
        return _Layout(True, None)
    if len(candidates) > 1:
        return _Layout(False, None)
    positions: tuple[int | str, ...] = tuple(range(count))
    named: dict[str, int | str] = {keyword: keyword for keyword in keywords}
    try:
        slots = assign(candidates[0], positions, named, _no_kind)
    except _KindNeededError:
        return _Layout(False, None)
    return _Layout(True, None if slots is None else _bound(qualname, slots))


class _KindNeededError(Exception):
    """The parameters that arguments go to depend on their kinds."""


def _no_kind(argument: int | str) -> NoReturn:
    raise _KindNeededError


def _placed(places: Bound[int | str], positional: Sequence[A], keywords: Mapping[str, A]) -> Bound[A]:
    def at(place: int | str) -> A:
        return positional[place] if isinstance(place, int) else keywords[place]

    return {name: tuple(map(at, place)) if isinstance(place, tuple) else at(place) for name, place in places.items()}


def _bound(qualname: str, slots: Mapping[str, _Slot[A]]) -> Bound[A]:
    renames = _table()["renames"].get(qualname, {})
    public = {renames.get(name, name): slot for name, slot in slots.items() if not name.startswith("_")}
    return {name: slot.arguments if slot.many else slot.arguments[0] for name, slot in public.items()}


def names_of(qualname: str) -> tuple[str, ...]:
    """All parameters of a callable that can be given by keyword, those of all overloads."""
    found = [one.name for overload in overloads(qualname) for one in overload if one.style is not Style.STARS]
    return tuple(dict.fromkeys(name for name in found if not name.startswith("_")))


def version() -> str:
    """The torch that the signatures are of."""
    return str(_table()["torch"])


@cache
def positional(qualname: str) -> tuple[str, ...]:
    """The names of the parameters that take positional arguments, in order; none where overloads differ in them."""
    renames = _table()["renames"].get(qualname, {})
    orders = {
        tuple(renames.get(one.name, one.name) for one in overload if one.style is Style.PLAIN)
        for overload in overloads(qualname)
    }
    return orders.pop() if len(orders) == 1 else ()


@cache
def takes_sizes(qualname: str) -> bool:
    """Whether the sizes of a shape may be passed one by one, as to `x.view(2, -1)`, and as one tuple, too."""
    return any(one and one[0].style is Style.STAR and "ints" in one[0].words for one in overloads(qualname))


@cache
def defaults(qualname: str) -> Mapping[str, object]:
    """Defaults that are literals, by parameter name; where overloads differ, the first that has one."""
    renames = _table()["renames"].get(qualname, {})
    found: dict[str, object] = {}
    for overload in overloads(qualname):
        for parameter in overload:
            if not parameter.required and parameter.default is not ...:
                found.setdefault(renames.get(parameter.name, parameter.name), parameter.default)
    return found


@cache
def canonical(qualname: str) -> str:
    """The name of the operation: `softmax` for all its spellings, `add_`, `linalg.norm`, `nn.Softmax`."""
    exception: str | None = _table()["canonical"].get(qualname)
    if exception is not None:
        return exception
    space, _, last = qualname.rpartition(".")
    return last if space in _FLAT else qualname.removeprefix("torch.")


def qualnames(operation: str) -> tuple[str, ...]:
    """All qualified names of an operation, given by its canonical name."""
    return _operations().get(operation, ())


def spellings(operation: str) -> frozenset[str]:
    """The identifiers under which an operation can be written: `{"mul", "multiply"}` for `mul`."""
    return frozenset(name.rpartition(".")[2] for name in qualnames(operation))


def available(operation: str, namespace: Literal["torch", "F", "Tensor"]) -> bool:
    """Whether an operation can be written as an attribute of a namespace, as `torch.softmax` or `torch.linalg.norm`."""
    return f"{_NAMESPACES[namespace]}.{operation}" in qualnames(operation)


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = data.read("signatures.json")
    return table


@cache
def _operations() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for name in _table()["signatures"]:
        found.setdefault(canonical(name), []).append(name)
    return {operation: tuple(names) for operation, names in found.items()}


@cache
def _parse(text: str) -> Overload:
    definition = ast.parse(f"def f({text}): ...").body[0]
    assert isinstance(definition, ast.FunctionDef)
    return tuple(_parameters(definition.args))


def _parameters(arguments: ast.arguments) -> Iterator[Parameter]:
    absent = [None] * (len(arguments.args) - len(arguments.defaults))
    for argument, default in zip(arguments.args, [*absent, *arguments.defaults], strict=True):
        yield _parameter(argument, Style.PLAIN, default)
    if arguments.vararg:
        yield _parameter(arguments.vararg, Style.STAR, None)
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        yield _parameter(argument, Style.KEYWORD, default)
    if arguments.kwarg:
        yield _parameter(arguments.kwarg, Style.STARS, None)


def _parameter(argument: ast.arg, style: Style, default: ast.expr | None) -> Parameter:
    words = frozenset(_words(argument.annotation)) if argument.annotation else frozenset()
    value = ast.literal_eval(default) if default else ...
    if words and value is None:
        words |= {"None"}
    return Parameter(argument.arg, style, words, default is None, value)


def _words(annotation: ast.expr) -> Iterator[str]:
    """The words of `int | ints | None`."""
    for node in ast.walk(annotation):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Constant):
            yield str(node.value)


class _Slot(NamedTuple, Generic[A]):
    """What a parameter is given: one argument, or `many` for a starred parameter that takes a tuple of them."""

    parameter: Parameter
    arguments: tuple[A, ...]
    many: bool = False


def assign(
    overload: Overload, positional: Sequence[A], keywords: Mapping[str, A], kind: Callable[[A], Kind]
) -> dict[str, _Slot[A]] | None:
    """Arguments by parameter as Python and torch's parser assign them, whatever their types; None if they cannot."""
    slots: dict[str, _Slot[A]] = {}
    rest = tuple(positional)
    for parameter in overload:
        if parameter.style is Style.PLAIN and rest:
            slots[parameter.name] = _Slot(parameter, rest[:1])
            rest = rest[1:]
        elif parameter.style is Style.STAR and (rest or not parameter.words):
            slots[parameter.name] = _Slot(parameter, rest, not _alone(parameter, rest, kind))
            rest = ()
    if rest or not _assign_keywords(overload, keywords, slots):
        return None
    required = (one.name for one in overload if one.required and one.style is not Style.STARS)
    return slots if all(name in slots for name in required) else None


def _alone(parameter: Parameter, arguments: tuple[A, ...], kind: Callable[[A], Kind]) -> bool:
    """Whether what a starred parameter takes is one argument that may be the sequence itself."""
    if len(arguments) != 1 or not parameter.words & SEQUENCES:
        return False
    return "int" in parameter.words or kind(arguments[0]) in (Kind.SEQUENCE, Kind.UNKNOWN)


def _assign_keywords(overload: Overload, keywords: Mapping[str, A], slots: dict[str, _Slot[A]]) -> bool:
    """Adds the keyword arguments; False if one has no parameter. Numpy's names are understood, as torch does."""
    named = {one.name: one for one in overload if one.style in (Style.PLAIN, Style.KEYWORD) or one.words}
    extra = next((one for one in overload if one.style is Style.STARS), None)
    for keyword, value in keywords.items():
        parameter = named.get(keyword) or named.get(NUMPY_NAMES.get(keyword, keyword)) or extra
        if parameter is None:
            return False
        name = keyword if parameter is extra else parameter.name
        if name in slots:
            return False
        slots[name] = _Slot(parameter, (value,))
    return True


def _fit(slots: Mapping[str, _Slot[A]], kind: Callable[[A], Kind]) -> _Fit:
    """How the kinds of the arguments suit the parameters: the worst of all."""
    worst = _Fit.YES
    for parameter, arguments, many in slots.values():
        words = parameter.words | {_ELEMENTS[word] for word in parameter.words & SEQUENCES} if many else parameter.words
        for argument in arguments:
            fit = _suits(words, kind(argument))
            if fit is _Fit.NO:
                return fit
            worst = fit if fit is _Fit.MAYBE else worst
    return worst


def _suits(words: frozenset[str], kind: Kind) -> _Fit:
    if not words or words & _YES[kind]:
        return _Fit.YES
    if kind is Kind.UNKNOWN or words & _MAYBE.get(kind, frozenset()):
        return _Fit.MAYBE
    return _Fit.NO


def _same(first: Mapping[str, _Slot[A]], second: Mapping[str, _Slot[A]]) -> bool:
    """Whether two overloads bind the same names to the same arguments."""
    if first.keys() != second.keys():
        return False
    return all(
        slot.many == second[name].many
        and all(one is other for one, other in zip(slot.arguments, second[name].arguments, strict=True))
        for name, slot in first.items()
    )
