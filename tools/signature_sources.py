"""How a torch callable says what it takes: by its Python signature, a stub, or an operator schema.

An overload is rendered as a parameter list of Python. Annotations are the few words that tell overloads apart:
`Tensor`, `tensors`, `int`, `ints`, `float`, `number`, `numbers`, `bool`, `str`, `dtype`, `device`, `None`.
`*size: ints` takes integers or one sequence of them, `*modules` takes what it is given. `None` is written only where
it is not also the default. A default that is not a literal is `...`.
"""

from __future__ import annotations

import ast
import inspect
import pathlib
import re
import typing
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch._jit_internal import boolean_dispatched

PLAIN, KEYWORD = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY
STAR, STARS = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD

STUBS = pathlib.Path(torch.__file__).parent / "_C"

WORDS = {
    **{
        word: word
        for word in ("Tensor", "tensors", "int", "ints", "float", "number", "bool", "str", "dtype", "device", "None")
    },
    **dict.fromkeys(
        ("list[Tensor]", "tuple[Tensor, ...]", "list[Tensor | None]", "tuple[Tensor | None, ...]"), "tensors"
    ),
    **dict.fromkeys(("List[Tensor]", "List[Optional[Tensor]]"), "tensors"),
    **dict.fromkeys(("_int", "SymInt", "torch.SymInt", "IntLikeType"), "int"),
    **dict.fromkeys(
        ("_size", "_symsize", "Sequence[int]", "Sequence[_int | SymInt]", "tuple[_int, ...]", "List[int]"), "ints"
    ),
    **dict.fromkeys(("_float",), "float"),
    **dict.fromkeys(("Number", "_complex", "torch.SymFloat"), "number"),
    **dict.fromkeys(("Sequence[float]", "Sequence[_float]", "Sequence[Number | _complex]"), "numbers"),
    **dict.fromkeys(("List[float]", "List[number]"), "numbers"),
    **dict.fromkeys(("_bool",), "bool"),
    **dict.fromkeys(("Literal['left', 'right']"), "str"),
    **dict.fromkeys(("_dtype", "ScalarType"), "dtype"),
    **dict.fromkeys(("DeviceLikeType", "_device", "Device"), "device"),
}


SEQUENCES = {"int": "ints", "Tensor": "tensors"}


@dataclass(frozen=True)
class Parameter:
    """One parameter; `style` is one of `inspect.Parameter`'s kinds, `words` is empty where anything is taken."""

    name: str
    style: Any = PLAIN
    words: tuple[str, ...] = ()
    default: str | None = None

    @property
    def positional(self) -> bool:
        return self.style in (inspect.Parameter.POSITIONAL_ONLY, PLAIN)

    def __str__(self) -> str:
        stars = {STAR: "*", STARS: "**"}.get(self.style, "")
        words = [word for word in self.words if word != "None" or self.default != "None"]
        text = f"{stars}{self.name}" + (": " + " | ".join(words) if words else "")
        if self.default is None:
            return text
        return f"{text} = {self.default}" if words else f"{text}={self.default}"


Overload = tuple[Parameter, ...]


def render(overload: Overload) -> str:
    """The parameter list, with the bare star where keyword-only parameters need one."""
    parts: list[str] = []
    starred = False
    for parameter in overload:
        if parameter.style is KEYWORD and not starred:
            parts.append("*")
            starred = True
        starred = starred or parameter.style is STAR
        parts.append(str(parameter))
    return ", ".join(parts)


def literal(value: object) -> str:
    """`value` as it is written in the table: a literal, or `...`."""
    if value is None or isinstance(value, bool | int | str) or (isinstance(value, float) and abs(value) < 1e300):
        return repr(value)
    if isinstance(value, tuple | list) and all(isinstance(one, bool | int | float) for one in value):
        return repr(tuple(value))
    return "..."


def words(annotation: str) -> tuple[str, ...]:
    """The words of a stub's annotation; none where a part of it is not among `WORDS`: then anything may be meant."""
    parts = [part.strip() for part in re.split(r"\|(?![^\[]*\])", annotation)]
    found = [WORDS.get(part) for part in parts]
    return tuple(dict.fromkeys(word for word in found if word)) if None not in found else ()


# Sources


def from_python(thing: Callable[..., Any], method: bool = False) -> list[Overload]:
    """Overloads of what is written in Python; `method` drops the first parameter."""
    while thing in boolean_dispatched:
        thing = boolean_dispatched[thing]["if_false"]
    overloads: Sequence[Callable[..., Any]] = [thing]
    if inspect.isclass(thing):
        written = typing.get_overloads(thing.__init__) if inspect.isfunction(thing.__init__) else []
        method = bool(written)
        overloads = [
            one for one in written if not {"args", "kwargs"} <= set(inspect.signature(one).parameters)
        ] or overloads
    result = []
    for one in overloads:
        try:
            parameters = list(inspect.signature(one).parameters.values())[1 if method else 0 :]
        except ValueError:
            return []
        result.append(
            tuple(
                Parameter(each.name, each.kind, (), None if each.default is each.empty else literal(each.default))
                for each in parameters
            )
        )
    return result


def from_stub(definition: ast.arguments, method: bool) -> Overload:
    """One definition of a stub; `self` of a function is called `input` in the Python API."""

    def make(argument: ast.arg, style: Any, default: ast.expr | None = None) -> Parameter:
        name = "input" if argument.arg == "self" else argument.arg
        meaning = words(ast.unparse(argument.annotation)) if argument.annotation else ()
        if style is STAR:
            meaning = tuple(SEQUENCES.get(word, word) for word in meaning)
        return Parameter(name, style, meaning, written(default) if default else None)

    plain = definition.posonlyargs + definition.args
    defaults = [*[None] * (len(plain) - len(definition.defaults)), *definition.defaults]
    pairs = list(zip(plain, defaults, strict=True))[1 if method else 0 :]
    result = [make(argument, PLAIN, default) for argument, default in pairs]
    if definition.vararg:
        result.append(make(definition.vararg, STAR))
    keywords = zip(definition.kwonlyargs, definition.kw_defaults, strict=True)
    return tuple(result + [make(argument, KEYWORD, default) for argument, default in keywords])


def from_text(text: str) -> Overload:
    """An overload written as in the table."""
    definition = ast.parse(f"def f({text}): ...").body[0]
    assert isinstance(definition, ast.FunctionDef)
    return from_stub(definition.args, method=False)


def written(node: ast.expr) -> str:
    """A default as it is written in the table."""
    try:
        return literal(ast.literal_eval(node))
    except ValueError:
        return "..."


def read_stub(file: str, scope: str | None = None) -> dict[str, list[Overload]]:
    """Overloads by name of a stub file, or of the class `scope` in it."""
    body: list[ast.stmt] = ast.parse((STUBS / file).read_text(encoding="utf-8")).body
    if scope:
        body = next(node.body for node in body if isinstance(node, ast.ClassDef) and node.name == scope)
    found: dict[str, list[Overload]] = {}
    for node in body:
        if isinstance(node, ast.FunctionDef):
            found.setdefault(node.name, []).append(from_stub(node.args, method=scope is not None))
    return {name: [one for one in overloads if usable(one)] for name, overloads in found.items()}


def from_schemas(operator: str) -> list[Overload]:
    """Overloads of an `aten` operator. Variants with `out` say only whether `out` is taken."""
    schemas = torch._C._jit_get_schemas_for_operator(f"aten::{operator}")
    takes_out = any(argument.is_out for schema in schemas for argument in schema.arguments)
    result = []
    for schema in schemas:
        if any(argument.is_out for argument in schema.arguments):
            continue
        parameters = [from_argument(argument) for argument in schema.arguments]
        extra = ["requires_grad"] if any(one.name == "pin_memory" for one in parameters) else []
        extra += ["out"] if takes_out else []
        parameters += [Parameter(name, KEYWORD, (), "None") for name in extra]
        result.append(tuple(parameters))
    return result


def from_argument(argument: Any) -> Parameter:
    """A schema's argument. `int[1]` takes an integer as well as a sequence of them."""
    text = str(argument.real_type)
    inner = re.fullmatch(r"Optional\[(.*)\]", text)
    meaning = words(f"{inner[1]} | None" if inner else text)
    if "ints" in meaning and argument.N is not None:
        meaning = ("int", *meaning)
    style = KEYWORD if argument.kwarg_only else PLAIN
    default = literal(argument.default_value) if argument.has_default_value() else None
    return Parameter("input" if argument.name == "self" else argument.name, style, meaning, default)


def complete(overloads: list[Overload], operator: str) -> list[Overload]:
    """Stubs write some defaults as `...`; the operator's schema has them."""
    known = {one.name: one.default for overload in from_schemas(operator) for one in overload if one.default}

    def fill(parameter: Parameter) -> Parameter:
        return replace(parameter, default=known.get(parameter.name, "...")) if unknown(parameter) else parameter

    def unknown(parameter: Parameter) -> bool:
        return parameter.default == "..." and parameter.name != "memory_format"

    return [tuple(map(fill, overload)) for overload in overloads]


# From overloads to entries


def usable(overload: Overload) -> bool:
    """Whether to bind to an overload: not one by dimension names, nor the deprecated `add(input, alpha, other)`."""
    required = [one.name for one in overload if one.positional and one.default is None]
    factors = {"alpha", "beta", "value"}
    deprecated = factors & set(required) and required[-1] not in factors
    return not deprecated and not any(one.name == "names" for one in overload)


def merge(first: Overload, second: Overload) -> Overload | None:
    """One overload for two that name their positional parameters alike, or None.

    Keyword-only parameters that one of them lacks become optional: what binds to either binds alike to the union.
    """
    if [shape(one) for one in first if spread(one)] != [shape(one) for one in second if spread(one)]:
        return None
    mine, other = ({one.name: one for one in overload if not spread(one)} for overload in (first, second))
    plain = [join(one, two) for one, two in zip(filter(spread, first), filter(spread, second), strict=True)]
    keywords = []
    for name in [*mine, *(name for name in other if name not in mine)]:
        one, two = mine.get(name), other.get(name)
        if one and two:
            keywords.append(join(one, two))
        else:
            only = one or two
            assert only
            keywords.append(replace(only, default=only.default or "None"))
    return tuple(plain + keywords)


def spread(parameter: Parameter) -> bool:
    return parameter.positional or parameter.style is STAR


def shape(parameter: Parameter) -> tuple[str, bool]:
    return parameter.name, parameter.default is None


def join(one: Parameter, two: Parameter) -> Parameter:
    """A parameter for both; `*size: ints` also takes the one sequence that `size: ints` takes."""
    style = STAR if STAR in (one.style, two.style) else one.style
    meaning = tuple(dict.fromkeys(one.words + two.words)) if one.words and two.words else ()
    return Parameter(one.name, style, meaning, two.default if one.default is None else one.default)


def entry(overloads: Iterable[Overload]) -> list[Overload]:
    """The overloads, merged where their positional parameters have the same names."""
    result: list[Overload] = []
    for overload in overloads:
        for position, earlier in enumerate(result):
            union = merge(earlier, overload)
            if union is not None:
                result[position] = union
                break
        else:
            result.append(overload)
    return result
