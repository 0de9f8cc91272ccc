"""Which of torch's names are one operation, and where they name its parameters differently.

`torch.softmax`, `torch.Tensor.softmax`, `torch.nn.functional.softmax` and `torch.special.softmax` are the operation
`softmax`: by default a name of these namespaces is the operation of its last part, and a name of any other is itself
without `torch.`. The exceptions are found here: documented aliases, and equal names that mean different things.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tools.signature_sources import Overload

Entries = Mapping[str, list[Overload]]

FLAT = ("torch", "torch.Tensor", "torch.nn.functional", "torch.special")

ALIAS = re.compile(r"Alias (?:for|of) :(?:func|meth):`~?([\w.]+)(?:\(\))?`")

# Aliases whose docstrings do not say so: `special_gammaln` calls `lgamma`.
UNDOCUMENTED = {"torch.special.gammaln": "torch.lgamma"}

DROPOUTS = ("dropout", "alpha_dropout", "feature_dropout", "feature_alpha_dropout")

# One operation, one set of parameter names: the second is the name under which an argument is bound.
RENAMES = {
    "torch.split": {"tensor": "input"},
    "torch.Tensor.split": {"split_size": "split_size_or_sections"},
    "torch.lu": {"A": "input"},
    **{f"torch.{name}{suffix}": {"train": "training"} for name in DROPOUTS for suffix in ("", "_")},
}

# What the in-place and the functional spelling of one operation may differ in.
EXTRAS = {"out", "inplace", "generator", "dtype", "decimals"}


def names(entries: Entries, things: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Canonical names that differ from the default, by qualified name, and renamed parameters by qualified name."""
    renames = {name: pairs for name, pairs in RENAMES.items() if name in entries}
    canonical = same_objects(things) | clashes(entries, renames)
    merged, renamed = documented(entries, things, canonical)
    for name in entries:
        if name in canonical:
            continue
        plain = default(name)
        base = plain.removesuffix("_")
        if plain in merged:
            canonical[name] = merged[plain]
        elif base in merged and f"torch.Tensor.{merged[base]}_" in entries:
            canonical[name] = f"{merged[base]}_"
        if name in canonical and base in renamed:
            renames[name] = renamed[base]
    return canonical, renames


def documented(
    entries: Entries, things: Mapping[str, Any], settled: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Aliases by default name, and how their parameters are called in what they are aliases of."""
    merged: dict[str, str] = {}
    renamed: dict[str, dict[str, str]] = {}
    for alias, target in aliases(entries, things):
        if target not in entries or alias in settled or target in settled or default(alias) == default(target):
            continue
        pairs = correspondence(entries[alias], entries[target])
        if pairs is None:
            continue
        first, second = sorted((alias, target), key=lambda name: (rank(name), name == alias))
        merged[default(second)] = default(first)
        if differences := oriented(pairs, second == alias):
            renamed[default(second)] = differences
    return merged, renamed


def default(name: str) -> str:
    """The canonical name of what is not an exception."""
    space, _, last = name.rpartition(".")
    return last if space in FLAT else name.removeprefix("torch.")


def rank(name: str) -> int:
    space = name.rpartition(".")[0]
    return FLAT.index(space) if space in FLAT else len(FLAT)


def same_objects(things: Mapping[str, Any]) -> dict[str, str]:
    """Names of an object that has been met before under another one (`torch.func.vmap`)."""
    first: dict[int, str] = {}
    found = {}
    for name, thing in things.items():
        original = first.setdefault(id(thing), name)
        if default(original) != default(name):
            found[name] = default(original)
    return found


def clashes(entries: Entries, renames: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Names of two operations, like `embedding(weight, indices)` and `torch.nn.functional.embedding(input, weight)`."""
    found = {}
    for name, overloads in entries.items():
        space, _, last = name.rpartition(".")
        if space != "torch.nn.functional":
            continue
        known = parameters(overloads) | EXTRAS
        if differs(entries.get(f"torch.{last}", []), known, renames.get(f"torch.{last}", {})):
            found[f"torch.{last}"] = f"torch.{last}"
        if differs(entries.get(f"torch.Tensor.{last}", []), known, {}):
            found[name] = name.removeprefix("torch.")
    return found


def differs(overloads: list[Overload], known: set[str], renamed: Mapping[str, str]) -> bool:
    """Whether there are parameters that are not `known`, or `reduction` as the integer that internal functions take."""
    each = {renamed.get(one.name, one.name) for overload in overloads for one in overload}
    return bool(each - known) or any(
        one.name == "reduction" and one.words == ("int",) for overload in overloads for one in overload
    )


def parameters(overloads: list[Overload]) -> set[str]:
    return {one.name for overload in overloads for one in overload}


def aliases(entries: Entries, things: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Pairs of an alias and what it is an alias of, as documented."""
    for name in entries:
        if name in UNDOCUMENTED:
            yield name, UNDOCUMENTED[name]
        text = getattr(things[name], "__doc__", None)
        if rank(name) < len(FLAT) or name.startswith("torch.linalg."):
            match = ALIAS.search(text[:300]) if isinstance(text, str) else None
            if match and not isinstance(things[name], type):
                yield name, complete(match[1], name)


def complete(target: str, name: str) -> str:
    """`abs`, `Tensor.clamp` and `torch.abs` as docstrings write them, qualified."""
    if target.startswith("torch."):
        return target
    return f"torch.{target}" if "." in target else f"{name.rpartition('.')[0]}.{target}"


def correspondence(alias: list[Overload], target: list[Overload]) -> list[tuple[str, str]] | None:
    """Pairs of parameter names at the same positions, or None where the two take different things."""
    mine, other = (
        [[(one.name, one.default) for one in overload if one.positional] for overload in each]
        for each in (alias, target)
    )
    if all(overload in other for overload in mine):
        return []
    if [default for _, default in mine[0]] != [default for _, default in other[0]]:
        return None
    return [(one, two) for (one, _), (two, _) in zip(mine[0], other[0], strict=True)]


def oriented(pairs: list[tuple[str, str]], forward: bool) -> dict[str, str]:
    found = dict(pairs) if forward else {other: mine for mine, other in pairs}
    return {mine: other for mine, other in found.items() if mine != other}
