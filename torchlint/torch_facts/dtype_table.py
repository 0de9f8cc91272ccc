"""Dtypes: their names, and what their elements are."""

from __future__ import annotations

from typing import Literal

Kind = Literal["float", "int", "bool", "complex"]

# What the elements are, by dtype.
KINDS: dict[str, Kind] = {
    **dict.fromkeys(["float16", "bfloat16", "float32", "float64"], "float"),
    **dict.fromkeys(["uint8", "int8", "int16", "int32", "int64"], "int"),
    **dict.fromkeys(["complex32", "complex64", "complex128"], "complex"),
    "bool": "bool",
}
# The dtype that an attribute of torch is: `torch.long` is int64.
NAMES: dict[str, str] = {
    **{name: name for name in KINDS},
    **{"half": "float16", "float": "float32", "double": "float64"},
    **{"short": "int16", "int": "int32", "long": "int64"},
    **{"chalf": "complex32", "cfloat": "complex64", "cdouble": "complex128"},
}
FLOATING = frozenset(name for name, kind in KINDS.items() if kind == "float")
