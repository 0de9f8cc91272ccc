"""The shapes of columns and tables of pandas, and of the data that scikit-learn makes, loads and splits.

Of their sizes nothing is known, of their ranks all: a column is a vector, whatever was read into it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from torchlint.torch_facts.dims import Shape, unknown
from torchlint.values.value import Call, Constant, Element, Field, Items, Method, Op, Value

Single = Callable[[Value], object]

_TABLES = frozenset({"DataFrame", "read_csv", "read_excel", "read_json", "read_parquet", "read_pickle", "read_table"})
# Methods that give a table of a table.
_STILL_TABLES = frozenset(
    [
        *("drop", "dropna", "fillna", "sample", "reset_index", "set_index", "copy", "astype", "head", "tail"),
        *("sort_values", "drop_duplicates", "rename", "select_dtypes", "query", "replace", "apply", "round"),
    ]
)
# Methods that give a column of a column.
_STILL_COLUMNS = frozenset({"astype", "fillna", "map", "copy", "reset_index", "replace", "clip", "round"})
_SCALER = re.compile(r"sklearn\.preprocessing\.(?:\w+\.)?\w+Scaler$")
_ARRAYS = frozenset({"to_numpy"})
_MADE = frozenset({"make_regression", "make_classification", "make_moons", "make_circles", "make_blobs"})
_LOADED = frozenset(
    [
        *("load_iris", "load_digits", "load_wine", "load_breast_cancer", "load_diabetes"),
        *("fetch_california_housing", "fetch_covtype"),
    ]
)


def of_field(value: Field) -> Shape | None:
    """The shape of `df["y"].values`, `df.values` and `load_iris().target`."""
    if value.name == "values":
        return _array_of(value.base)
    base = value.base
    if isinstance(base, Call) and _is_of(base, "sklearn.datasets", _LOADED) and not base.keywords:
        return {"data": _dims(2), "target": _dims(1)}.get(value.name)
    return None


def of_call(call: Call, single: Single) -> object:
    """The shape of `df["y"].to_numpy()`, of scaled data, and what scikit-learn makes or splits; None for others."""
    if isinstance(call.callee, Method):
        receiver = call.callee.receiver
        if call.callee.name in _ARRAYS:
            return _array_of(receiver)
        is_scaled = isinstance(receiver, Call) and call.callee.name in ("fit_transform", "transform")
        return _dims(2) if is_scaled and _SCALER.match(getattr(receiver, "qualname", "")) else None
    if _is_of(call, "sklearn.datasets", _MADE):
        return (_dims(2), _dims(1)) if "n_targets" not in call.keywords and call.known else None
    if _is_of(call, "sklearn.datasets", _LOADED):
        asked = call.keywords.get("return_X_y")
        both = isinstance(asked, Constant) and asked.value is True and len(call.keywords) == 1
        return (_dims(2), _dims(1)) if both else None
    if _is_of(call, "sklearn.model_selection", frozenset({"train_test_split"})) and call.known:
        return _split(call, single)
    return None


def _split(call: Call, single: Single) -> object:
    """Two parts of each array: rows of it."""
    parts: list[object] = []
    for value in call.args:
        whole = single(value)
        whole = whole if isinstance(whole, Shape) else _array_of(value)
        is_known = isinstance(whole, Shape) and whole.sizes and not whole.open
        part = Shape((unknown(), *whole.sizes[1:])) if isinstance(whole, Shape) and is_known else None
        parts += [part, part]
    return tuple(parts) if parts and all(part is not None for part in parts) else None


def _array_of(value: Value) -> Shape | None:
    """The shape of the array behind a column or a table."""
    if _is_table(value):
        return _dims(2)
    return _dims(1) if _is_column(value) else None


def _is_table(value: Value) -> bool:
    """Whether a value is certainly a table of pandas."""
    while isinstance(value, Call) and isinstance(value.callee, Method):
        if value.callee.name not in _STILL_TABLES:
            return False
        value = value.callee.receiver
    if _located(value) == 2:
        return True
    if isinstance(value, Op) and value.name == "getitem":
        return isinstance(value.args.get("index"), Items) and _is_table(value.input)
    return isinstance(value, Call) and value.qualname.startswith("pandas.") and _leaf(value) in _TABLES


def _is_column(value: Value) -> bool:
    """Whether a value is certainly one column of such a table: `df["y"]`."""
    while isinstance(value, Call) and isinstance(value.callee, Method):
        if value.callee.name == "pop" and _is_table(value.callee.receiver):
            return True
        if value.callee.name not in _STILL_COLUMNS:
            return False
        value = value.callee.receiver
    return (isinstance(value, Element) and isinstance(value.key, str) and _is_table(value.base)) or _located(value) == 1


def _located(value: Value) -> int | None:
    """The number of dims of `df.iloc[:, :-1]` and `df.iloc[:, -1]`."""
    place = value.input if isinstance(value, Op) and value.name == "getitem" else None
    index = value.args.get("index") if isinstance(value, Op) else None
    if not isinstance(place, Field) or place.name not in ("iloc", "loc") or not _is_table(place.base):
        return None
    if not isinstance(index, Items) or len(index.items) != 2:
        return None
    ranges = [isinstance(part, Op) and part.name == "slice" for part in index.items]
    labels = [isinstance(part, Constant) and isinstance(part.value, int | str) for part in index.items]
    return sum(ranges) if all(a or b for a, b in zip(ranges, labels, strict=True)) else None


def _dims(count: int) -> Shape:
    return Shape(tuple(unknown() for _ in range(count)))


def _is_of(call: Call, module: str, names: frozenset[str]) -> bool:
    return call.qualname.startswith(f"{module}.") and _leaf(call) in names


def _leaf(call: Call) -> str:
    return call.qualname.rpartition(".")[2]
