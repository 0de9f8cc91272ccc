"""Compares the table of operations with an installed torch, by calling each operation.

    python -m tools.check_operations            all rows
    python -m tools.check_operations exp svd    some of them

Every spelling is called on tensors of several dtypes, strides and magnitudes. What is compared: kinds and number of
results, dtypes, refusals, shapes, ranges, shared memory, what is written, randomness, gradients, and whether elements
depend on other elements. `operation_samples.py` says what operations are called with.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping

from tools import layer_checks, operation_checks, operation_runs
from torchlint.torch_facts.operations.index import expanded
from torchlint.torch_facts.ops import Operation

# Without an accelerator there is nothing to see; sparse tensors have no memory to compare.
_NOT_HERE = frozenset({"cuda", "xpu", "pin_memory", "sparse_coo_tensor"})


def problems(name: str, facts: Mapping[str, object]) -> list[str]:
    """What a row says that is not so."""
    operation = Operation(name, facts)
    if operation.kind == "layer":
        return list(layer_checks.problems(operation))
    if operation.kind in ("python", "context", "state") or name in _NOT_HERE or not operation_runs.spellings(name):
        return []
    return list(operation_checks.problems(operation))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    table = expanded()
    names: list[str] = parser.parse_args().names or list(table)
    wrong = [(name, sentence) for name in names for sentence in problems(name, table[name])]
    for name, sentence in wrong:
        print(f"{name}: {sentence}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
