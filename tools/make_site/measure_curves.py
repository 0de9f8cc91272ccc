"""Measure the error curves of the site: `python -m tools.make_site.measure_curves [CODE ..]` (needs torch).

Runs the rewrites of these rules, or of all whose certificates say that float32 results get better, as
`torchlint verify --tier full` does. Each curve is kept at once; those of rewrites that there are no more go.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping

import torch

from torchlint import registry
from torchlint.digests import pair_digest
from torchlint.verify.judge.observation import Worst
from torchlint.verify.judge.unit_verdict import verify_pair

from .error_curves import DTYPE, QUANTITIES, TABLE, Measured, wanted


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("codes", nargs="*", metavar="CODE")
    codes = parser.parse_args(argv).codes
    torch.set_num_threads(1)
    shown = {row["digest"] for rule in registry.rules() for row in wanted(rule.code)}
    known: dict[str, Measured] = json.loads(TABLE.read_text(encoding="utf-8")) if TABLE.exists() else {}
    kept = {digest: measured for digest, measured in known.items() if digest in shown}
    for code in codes or [rule.code for rule in registry.rules() if wanted(rule.code)]:
        for pair in getattr(registry.load(code), "pairs", ()):
            digest = pair_digest(pair)
            if digest in shown:
                print(code, pair.before.__name__, flush=True)
                kept[digest] = _points(verify_pair(pair, "cpu", "full").record.curves)
                _write(kept)


def _write(kept: Mapping[str, Measured]) -> None:
    lines = [f"  {json.dumps(digest)}: {json.dumps(measured)}" for digest, measured in sorted(kept.items())]
    TABLE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def _points(curves: Mapping[tuple[str, str, float], Worst]) -> Measured:
    found: Measured = {}
    for (dtype, quantity, size), worst in sorted(curves.items()):
        if dtype == DTYPE and quantity in QUANTITIES:
            numbers = (worst.ulps_before, worst.ulps_after, worst.nonfinite_before, worst.nonfinite_after)
            # JSON has no infinity.
            point = [size, *(float(f"{min(number, 1e300):.3g}") for number in numbers)]
            found.setdefault(quantity, []).append(point)
    return found


if __name__ == "__main__":
    main()
