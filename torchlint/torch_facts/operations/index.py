"""The table as it is read: for each fact and value, the operations of which it is true."""

from __future__ import annotations

import json
from collections import defaultdict

from torchlint.torch_facts.operations import ROWS

_DTYPES = ("float", "int", "bool", "complex")
# What is true of `relu_`, whatever is true of `relu`.
_IN_PLACE: dict[str, object] = {
    **{"gives": "tensor", "dtype": "input", "bools": None, "real": False, "shape": "same", "elements": ""},
    **{"view": True, "writes": "input", "in_place": False, "commutes": False},
}


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
    return facts | _IN_PLACE | {"raises": " ".join(dtype for dtype in _DTYPES if dtype in refused)}


def render() -> str:
    """The text of the generated table."""
    table = expanded()
    facts: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for name, said in table.items():
        for fact, value in said.items():
            facts[fact][json.dumps(value)].append(name)
    names = " ".join(name for name, said in table.items() if "function" not in said)
    lines = (
        f"{json.dumps(fact)}: {{\n  "
        + ",\n  ".join(
            f"{json.dumps(value)}: {json.dumps(' '.join(sorted(facts[fact][value])))}" for value in sorted(facts[fact])
        )
        + "\n }"
        for fact in sorted(facts)
    )
    return f'{{\n"names": {json.dumps(names)},\n"facts": {{\n ' + ",\n ".join(lines) + "\n}\n}\n"
