"""Names that torch had once, and does not have or refuses now: the line raises, so each fix is a change."""

from __future__ import annotations

from .api_linalg import REMOVED_SOLVERS
from .api_table import Row

_RUNS = "code runs that raised"
_STUBS = "stubs of both releases"
_SCHEDULERS = [
    "LambdaLR",
    "MultiplicativeLR",
    "StepLR",
    "MultiStepLR",
    "ConstantLR",
    "LinearLR",
    "ExponentialLR",
    "CosineAnnealingLR",
    "PolynomialLR",
    "ChainedScheduler",
    "SequentialLR",
    "ReduceLROnPlateau",
    "CyclicLR",
    "CosineAnnealingWarmRestarts",
    "OneCycleLR",
]


def _gone(old: str, new: str, removed: str, lowest: str, deprecated: str = "") -> Row:
    return Row(old, new, fix=False, deprecated=deprecated, removed=removed, lowest=lowest, source=_STUBS)


def _verbose(scheduler: str) -> Row:
    """Schedulers no longer print the rate; `get_last_lr()` tells it."""
    name = f"torch.optim.lr_scheduler.{scheduler}"
    return Row(
        name,
        keyword="verbose",
        message=f"`verbose` of `{scheduler}` {{state}}: drop it, and print `get_last_lr()` where the rate is wanted",
        changes=_RUNS,
        deprecated="2.2",
        removed="2.7",
        lowest="1.4",
        source="optim/lr_scheduler.py",
    )


REMOVED = (
    *REMOVED_SOLVERS,
    *map(_verbose, _SCHEDULERS),
    Row(
        "torch.export.export_for_training",
        "torch.export.export",
        fix=False,
        deprecated="2.9",
        removed="2.11",
        lowest="2.1",
        source=_STUBS,
    ),
    _gone("torch.export.dynamic_dim", "torch.export.Dim", "2.5", "2.2"),
    _gone("torch.onnx.dynamo_export", "torch.onnx.export", "2.9", "2.5", deprecated="2.5"),
    _gone("torch.onnx.ExportOptions", "torch.onnx.export", "2.9", "2.5", deprecated="2.8"),
    _gone("torch.distributed.pipeline.sync.Pipe", "torch.distributed.pipelining", "2.4", "2.4"),
    _gone("torch.cuda.profiler.init", "torch.profiler.profile", "2.11", "1.9"),
    _gone("torch.set_deterministic", "torch.use_deterministic_algorithms", "1.10", "1.8", deprecated="1.8"),
)
