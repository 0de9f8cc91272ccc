"""Which opposites of its inputs the fix of a pair is proven against, by the names that certificates have for them."""

from __future__ import annotations

from torchlint.claims import Pair
from torchlint.fixing.proof.fixes import TENSORS, input_kinds
from torchlint.rule import Rewrite

_OF_DIMS = {"dims": "a tuple of dims", "no dim": "no dim"}
_OF_LAYOUT = ("transposed tensors", "expanded tensors")


def declared_needs(rule: type[Rewrite], pair: Pair) -> frozenset[str]:
    """What does not happen to the inputs where a fix is safe: what the rule is not `also_for`, and what the pair
    excludes."""
    kinds = list(input_kinds(pair).values())
    tensors = sum(kind in TENSORS for kind in kinds)
    found = set(pair.excluded)
    if tensors:
        found |= {"tuples of tensors", "lists of tensors"}
        found |= {f"{kind} tensors" for kind in ("int", "bool", "complex") if kind not in rule.also_for}
        found.update(() if "layout" in rule.also_for else _OF_LAYOUT)
    if tensors > 1:
        found.add("tensors of two dtypes")
    if "Dim" in kinds:
        found |= {name for word, name in _OF_DIMS.items() if word not in rule.also_for}
    return frozenset(found)
