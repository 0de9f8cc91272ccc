"""`torchlint verify --shapes`: each shape function on many random calls, and what came of them."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from torchlint import data
from torchlint.terminal import complain
from torchlint.torch_facts.shape_functions import FUNCTIONS, proof_digests
from torchlint.verify.report.row import torch_version
from torchlint.verify.shape_proofs.drawn import makers
from torchlint.verify.shape_proofs.shape_proof import Proof, prove

_SHOWN = 3


def prove_shapes(patterns: Sequence[str], calls: int, write: bool, budget: float | None = None) -> int:
    """Compare the shape functions of some operations, or of all, with torch.

    With `write` each result is kept at once, and what was already proven by as many calls is not proven again: a run
    that was stopped goes on where it was. After `budget` seconds nothing more is begun. Returns 1 if a function said
    what is not so, 2 for a pattern that fits no operation.
    """
    names = [name for name in sorted(makers()) if not patterns or any(fnmatch(name, each) for each in patterns)]
    unknown = [each for each in patterns if not any(fnmatch(name, each) for name in names)]
    if unknown:
        complain(f"error: no shape function is tried for: {', '.join(unknown)}")
        return 2
    table = Table()
    if write:
        names = [name for name in names if table.calls(name) < calls]
    end = time.monotonic() + budget if budget is not None else None
    proofs: list[Proof] = []
    for name in names:
        if end is not None and time.monotonic() > end:
            complain(f"{len(names) - len(proofs)} operations were not begun within {budget:g} s")
            break
        proofs.append(prove(name, calls))
        _complain(proofs[-1])
        if write:
            table.put(proofs[-1])
            table.write()
    if write:
        table.write()
    print(_summary(proofs))
    return int(any(proof.contradictions for proof in proofs))


class Table:
    """What was proven: `data/shapes.json`. Of each operation that no call contradicted it has the calls, how many of
    them were distinct, those that torch took, whose shape was known, that torch raised for, that were refused; and what
    the function was, see `proof_digests`."""

    def __init__(self) -> None:
        # Now, since somebody may write into the files of a run that takes long.
        self._modules = proof_digests.text_rows(FUNCTIONS.values())
        content: dict[str, Any] = data.read("shapes.json")
        self._found: dict[str, list[Any]] = dict(content["calls"])
        rows = {name: row[-1] for name, row in self._found.items()}
        same_torch = content["torch"] == torch_version()
        self._current = {*proof_digests.current(rows, content["modules"], FUNCTIONS)} if same_torch else set()

    def calls(self, name: str) -> int:
        """How many calls have proven the function of an operation as it is now."""
        return int(self._found[name][0]) if name in self._current else 0

    def put(self, proof: Proof) -> None:
        self._found.pop(proof.name, None)
        if not proof.contradictions:
            counts = (proof.calls, proof.distinct, proof.accepted, proof.known, proof.raised, proof.refused)
            self._found[proof.name] = [*counts, proof_digests.digest(FUNCTIONS[proof.name])]
            self._current.add(proof.name)

    def write(self) -> None:
        known = {name: row for name, row in self._found.items() if name in makers()}
        rows = ",\n".join(f"  {json.dumps(name)}: {json.dumps(row)}" for name, row in sorted(known.items()))
        texts = ",\n".join(f"  {json.dumps(name)}: {json.dumps(digests)}" for name, digests in self._modules.items())
        text = (
            f'{{\n "torch": {json.dumps(torch_version())},\n'
            f' "modules": {{\n{texts}\n }},\n "calls": {{\n{rows}\n }}\n}}\n'
        )
        path = Path(data.path("shapes.json"))
        beside = path.with_suffix(".new")
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)


def _complain(proof: Proof) -> None:
    if proof.contradictions:
        print(f"{proof.name}: {len(proof.contradictions)} contradictions")
        print(*(f"  {line}" for line in proof.contradictions[:_SHOWN]), sep="\n", flush=True)


def _summary(proofs: Sequence[Proof]) -> str:
    accepted, known = sum(proof.accepted for proof in proofs), sum(proof.known for proof in proofs)
    raised, refused = sum(proof.raised for proof in proofs), sum(proof.refused for proof in proofs)
    return (
        f"{len(proofs)} operations, {sum(proof.calls for proof in proofs)} calls: of {accepted} that torch accepts, "
        f"the shapes of {known} are known; of {raised} that it refuses, {refused} are refused"
    )
