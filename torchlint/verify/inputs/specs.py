"""What a parameter takes: the small language of annotations such as `"float N C"` and `"labels N < C"`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_type_hints

from torchlint.claims import Input

# Floating-point kinds and the values they take.
FLOAT_KINDS = {
    "float": "any value",
    "positive": "values above 0",
    "negative": "values below 0",
    "prob": "softmax over the last dim",
    "unit": "values in (0, 1)",
    "inner": "values in (-1, 1)",
    "binary": "0. or 1.",
    "weight": "values in [0.5, 1.5)",
    "onehot": "one 1. in each row of the last dim",
    "regular": "square matrices with a small condition number",
    "ill": "square matrices with a condition number of 1e6",
    "spd": "symmetric positive definite matrices",
}
INTEGER_KINDS = {"labels": "int64 in [0, bound)", "long": "int64", "bool": "bool"}
SCALAR_KINDS = {"dim": "a dim of the first tensor", "flag": "bool", "size": "int", "number": "float"}
# Kinds whose values are not something one differentiates by.
CONSTANT_KINDS = frozenset({"binary", "weight", "onehot", "labels", "long", "bool"})


MATRIX_KINDS = frozenset({"regular", "ill", "spd"})


class InputError(Exception):
    """A parameter whose input cannot be generated; the message names it and says why."""


@dataclass(frozen=True, slots=True)
class Spec:
    """The input of one parameter.

    `shape` holds numbers, names (`N`), multiples of names (`2D`) and `...`; None means every shape that runs. For a
    scalar kind it holds the values to try (`number 1e-8 1e-6`, `dim 1`), None means the usual ones.
    `bound` is the exclusive upper limit of integer values.
    """

    name: str
    kind: str
    shape: tuple[str, ...] | None = None
    bound: str | None = None

    @property
    def choices(self) -> tuple[float | int, ...]:
        """The values that a scalar kind names, if it names any."""
        if self.shape is None or self.is_tensor:
            return ()
        return tuple(float(word) if self.kind == "number" else int(word) for word in self.shape)

    @property
    def is_tensor(self) -> bool:
        return self.kind not in SCALAR_KINDS

    @property
    def is_float(self) -> bool:
        return self.kind in FLOAT_KINDS

    @property
    def is_differentiable(self) -> bool:
        return self.is_float and self.kind not in CONSTANT_KINDS

    def text(self) -> str:
        """The annotation, as it is written."""
        parts = [self.kind, *(self.shape or ())]
        return " ".join(parts + (["<", self.bound] if self.bound else []))


def parse(name: str, text: str) -> Spec:
    """The spec of a parameter from its input string. Raises `InputError`."""
    head, _, bound = text.partition("<")
    words = head.split()
    if not words:
        raise InputError(f"parameter {name} has an empty input string")
    kind, *shape = words
    if kind not in FLOAT_KINDS and kind not in INTEGER_KINDS and kind not in SCALAR_KINDS:
        raise InputError(f"parameter {name} has the unknown kind {kind!r}")
    if kind in SCALAR_KINDS and bound:
        raise InputError(f"parameter {name}: a {kind} has no bound")
    if bound and kind not in INTEGER_KINDS:
        raise InputError(f"parameter {name}: only integers have a bound")
    if kind in MATRIX_KINDS and len(shape) < 2:
        raise InputError(f"parameter {name}: a {kind} matrix needs two sizes")
    return Spec(name, kind, tuple(shape) or None, bound.strip() or None)


def parse_all(inputs: Mapping[str, str]) -> tuple[Spec, ...]:
    return tuple(parse(name, text) for name, text in inputs.items())


def _input_text(annotation: Any) -> str | None:
    """The input string in an annotation: a plain string or `Annotated[..., Input(kind)]`."""
    if isinstance(annotation, str):
        return annotation
    for entry in getattr(annotation, "__metadata__", ()):
        if isinstance(entry, Input):
            return entry.kind
    return None


def of_function(function: Callable[..., Any]) -> tuple[Spec, ...]:
    """The specs of a rewrite's function from its `Annotated` parameters. Raises `InputError`."""
    try:
        hints = get_type_hints(function, include_extras=True)
    except (NameError, TypeError):
        # `-> Tensor` under TYPE_CHECKING cannot be resolved; the parameters can.
        hints = _resolve_one_by_one(function)
    return _specs(function, hints)


def _resolve_one_by_one(function: Callable[..., Any]) -> dict[str, Any]:
    hints: dict[str, Any] = {}
    for name, annotation in function.__annotations__.items():
        if not isinstance(annotation, str):
            hints[name] = annotation
            continue
        try:
            hints[name] = eval(annotation, getattr(function, "__globals__", {}))
        except Exception as error:
            if name != "return":
                raise InputError(f"parameter {name}: annotation {annotation!r} cannot be read: {error}") from None
    return hints


def of_program(function: Callable[..., Any]) -> tuple[Spec, ...]:
    """The specs of a fixture program, whose annotations are input strings. Raises `InputError`.

    With `from __future__ import annotations` an annotation arrives as its own source text: `'"float 5"'`.
    """
    annotations = getattr(function, "__annotations__", None)
    if annotations is None:
        raise InputError("it is compiled and has no annotations")
    hints = {name: _unquote(annotation) for name, annotation in annotations.items()}
    return _specs(function, hints)


def _unquote(annotation: Any) -> Any:
    if isinstance(annotation, str) and annotation[:1] in ("'", '"') and annotation[-1:] == annotation[:1]:
        return annotation[1:-1]
    return annotation


def _specs(function: Callable[..., Any], hints: Mapping[str, Any]) -> tuple[Spec, ...]:
    specs = []
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise InputError(f"parameter {name} takes any number of arguments")
        text = _input_text(hints.get(name))
        if text is None and parameter.default is not parameter.empty:
            continue
        if text is None:
            raise InputError(f"parameter {name} has no input annotation")
        specs.append(parse(name, text))
    return tuple(specs)
