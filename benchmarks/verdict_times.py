"""What a verdict on one fix costs: `python -m benchmarks.verdict_times` (needs torch).

Rewrites of several kinds are judged in this process, as the worker of `torchlint --verify` does once it is warm.
Printed are CPU milliseconds, the least and the median of `--runs` rounds: the least is nearest to what a quiet machine
would need.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from statistics import median
from typing import Any

# What is judged: name, before, after; each of one tensor or number `h0`.
_REWRITES = (
    ("the same operations", "1.5 - torch.exp(h0)", "1.5 - h0.exp()"),
    ("equal up to rounding", "h0.pow(2).sum(-1)", "(h0 * h0).sum(-1)"),
    ("more accurate", "torch.log(torch.softmax(h0, dim=1))", "torch.log_softmax(h0, dim=1)"),
    ("without a gradient", "h0.softmax(1).argmax(1)", "h0.argmax(1)"),
    ("refused", "torch.exp(h0) - 1", "torch.exp(h0) - 2"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    # Optional: torch may be missing.
    import torch

    from torchlint.verify.instance.validate import warm_up

    torch.set_num_threads(1)
    warm_up()
    print(f"{'rewrite':24} {'verdict':12} {'least ms':>9} {'median ms':>10}")
    for name, before, after in _REWRITES:
        verdict, costs = _measured(_request(before, after, options.tier), options.runs)
        print(f"{name:24} {verdict:12} {min(costs):9.1f} {median(costs):10.1f}", flush=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.verdict_times", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--tier", choices=("fast", "full"), default="fast", help="how many inputs are tried [fast]")
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="rounds over each rewrite [5]")
    return parser


def _request(before: str, after: str, tier: str) -> dict[str, Any]:
    hole = {"name": "h0", "kinds": ("float", "number", "long"), "rank": None, "sizes": None, "sure": False}
    texts = {name: f"def {name}(h0):\n    return {text}\n" for name, text in (("before", before), ("after", after))}
    return {**texts, "holes": [hole], "tier": tier, "device": "cpu"}


def _measured(request: dict[str, Any], runs: int) -> tuple[str, list[float]]:
    """The verdict, and the CPU milliseconds of each round."""
    # Optional: it imports torch.
    from torchlint.verify.instance.validate import validate

    costs, verdict = [], ""
    for _ in range(runs):
        started = time.process_time()
        verdict = validate(request)["verdict"]
        costs.append((time.process_time() - started) * 1e3)
    return verdict, costs


if __name__ == "__main__":
    raise SystemExit(main())
