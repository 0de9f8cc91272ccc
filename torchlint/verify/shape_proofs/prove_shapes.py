"""`torchlint verify --shapes`: each shape function on many random calls, and what came of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from torchlint import data
from torchlint.terminal import complain
from torchlint.verify.report.row import torch_version
from torchlint.verify.shape_proofs.drawn import makers
from torchlint.verify.shape_proofs.shape_proof import Proof, prove

_SHOWN = 3


def prove_shapes(names: Sequence[str], calls: int, write: bool) -> int:
    """Compare shape functions with torch. Returns 1 if one said what is not so, 2 for a name that there is not."""
    unknown = [name for name in names if name not in makers()]
    if unknown:
        complain(f"error: no shape function is tried for: {', '.join(unknown)}")
        return 2
    proofs = [prove(name, calls) for name in sorted(names or makers())]
    wrong = [proof for proof in proofs if proof.contradictions]
    for proof in wrong:
        print(f"{proof.name}: {len(proof.contradictions)} contradictions")
        print(*(f"  {line}" for line in proof.contradictions[:_SHOWN]), sep="\n")
    print(_summary(proofs))
    if write:
        _write(proofs, complete=not names)
    return 1 if wrong else 0


def _summary(proofs: Sequence[Proof]) -> str:
    accepted, known = sum(proof.accepted for proof in proofs), sum(proof.known for proof in proofs)
    raised, refused = sum(proof.raised for proof in proofs), sum(proof.refused for proof in proofs)
    return (
        f"{len(proofs)} operations, {sum(proof.calls for proof in proofs)} calls: of {accepted} that torch accepts, "
        f"the shapes of {known} are known; of {raised} that it refuses, {refused} are refused"
    )


def _write(proofs: Sequence[Proof], complete: bool) -> None:
    """Keep what was proven: the calls, those whose shape was known, and those that were refused, of each operation."""
    found = {} if complete else data.read("shapes.json")["calls"]
    for proof in proofs:
        found.pop(proof.name, None)
        if not proof.contradictions:
            found[proof.name] = [proof.calls, proof.known, proof.refused]
    rows = ",\n".join(f"  {json.dumps(name)}: {json.dumps(counts)}" for name, counts in sorted(found.items()))
    text = f'{{\n "torch": {json.dumps(torch_version())},\n "calls": {{\n{rows}\n }}\n}}\n'
    Path(data.path("shapes.json")).write_text(text, encoding="utf-8")
