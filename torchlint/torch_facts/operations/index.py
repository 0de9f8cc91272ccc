"""The table as it is read: for each fact and value, the operations of which it is true."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection

from torchlint import data
from torchlint.torch_facts.operations import ROWS

_DTYPES = ("float", "int", "bool", "complex")
# What is true of `relu_`, whatever is true of `relu`.
_IN_PLACE: dict[str, object] = {
    **{"gives": "tensor", "dtype": "input", "bools": None, "real": False},
    **{"view": True, "writes": "input", "in_place": False, "commutes": False},
}
# And what is not where the tensor only gets another shape, as by `unsqueeze_`.
_WRITTEN: dict[str, object] = {"shape": "same", "elements": ""}


def expanded() -> dict[str, dict[str, object]]:
    """The facts of all operations: of the in-place forms, too, and of layers those of the function that they are."""
    said = {name: dict(facts) for name, facts in ROWS}
    found: dict[str, dict[str, object]] = {}
    for name, facts in said.items():
        function = facts.get("function")
        inherited = said[function] if isinstance(function, str) else {}
        found[name] = {key: value for key, value in inherited.items() if key != "in_place"} | facts
        if facts.get("in_place") and f"{name}_" not in said:
            found[f"{name}_"] = _in_place(facts)
    return found


def _in_place(facts: dict[str, object]) -> dict[str, object]:
    """The facts of `exp_`: those of `exp`, which it refuses where its result would be of another dtype."""
    refused = set(str(facts.get("raises", "")).split())
    if facts.get("dtype") == "float":
        refused |= {"int", "bool"}
    if facts.get("dtype") == "float64":
        refused |= {"float", "int", "bool", "complex"}
    if facts.get("dtype") == "sum" or "bools" in facts:
        refused |= {"bool"}
    if facts.get("real"):
        refused |= {"complex"}
    written = {} if facts.get("view") else _WRITTEN
    return facts | _IN_PLACE | written | {"raises": " ".join(dtype for dtype in _DTYPES if dtype in refused)}


def _aliases(table: Collection[str]) -> dict[str, set[str]]:
    """The other identifiers of operations, such as `clip` of `clamp`, as the table of signatures has them."""
    found: dict[str, set[str]] = defaultdict(set)
    for qualname, name in data.read("signatures.json")["canonical"].items():
        word = qualname.rpartition(".")[2]
        if name in table and word != name.rpartition(".")[2]:
            found[name].add(word)
    return found


def render() -> str:
    """The text of the generated table."""
    table = expanded()
    facts: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for name, said in table.items():
        for fact, value in said.items():
            facts[fact][json.dumps(value)].append(name)
    names = " ".join(name for name, said in table.items() if "function" not in said)
    other = {name: " ".join(sorted(found)) for name, found in sorted(_aliases(table).items())}
    lines = (
        f"{json.dumps(fact)}: {{\n  "
        + ",\n  ".join(
            f"{json.dumps(value)}: {json.dumps(' '.join(sorted(facts[fact][value])))}" for value in sorted(facts[fact])
        )
        + "\n }"
        for fact in sorted(facts)
    )
    return (
        f'{{\n"names": {json.dumps(names)},\n"aliases": {json.dumps(other)},\n"facts": {{\n '
        + ",\n ".join(lines)
        + "\n}\n}\n"
    )
