"""The shape that each operation gives, from the shapes that it is given; and what it certainly refuses.

Pure functions of a `Given`: sizes are numbers, symbols, or not known, and so may be the number of dims. A function
answers with `ANY` where it does not know, and raises `Refusal` only where torch raises for all that the shapes may be.
`torchlint verify --shapes` compares them with torch.
"""

from __future__ import annotations

from functools import cache

from torchlint import data
from torchlint.torch_facts import ops
from torchlint.torch_facts.dims import ANY
from torchlint.torch_facts.shape_functions import proof_digests
from torchlint.torch_facts.shape_functions.function_table import FUNCTIONS, RANKS, Result
from torchlint.torch_facts.shape_functions.refusal import Given

__all__ = ["FUNCTIONS", "Result", "proven", "result", "takes_ranks"]


def result(given: Given) -> Result:
    """The shape of what an operation gives; any shape where nothing is known.

    Raises `Refusal` where torch certainly raises.
    """
    function = FUNCTIONS.get(given.name)
    return ANY if function is None else function(given)


@cache
def proven() -> frozenset[str]:
    """The operations whose functions, as they are written now, were compared with torch: only these are used when
    linting. What moves a tensor to another device leaves its shape alone, and not every machine can be asked."""
    table = data.read("shapes.json")
    rows = {name: row[-1] for name, row in table["calls"].items()}
    compared = proof_digests.current(rows, table["modules"], FUNCTIONS)
    return frozenset(compared) | ops.that(moves=True).intersection(FUNCTIONS)


def takes_ranks(name: str) -> tuple[int, ...]:
    """The ranks that the input of an operation may have, where only few are accepted."""
    return RANKS.get(name, ())
