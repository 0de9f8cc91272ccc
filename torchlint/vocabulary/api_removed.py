"""Names that torch had once, and does not have or refuses now: the line raises, so each fix is a change."""

from __future__ import annotations

from .api_linalg import REMOVED_SOLVERS
from .api_table import SCHEDULER, Row

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


def _without(
    old: str, advice: str, removed: str, deprecated: str = "", *, lowest: str = "", source: str = _STUBS
) -> Row:
    """A name that no single other one replaces."""
    name = old.removeprefix(SCHEDULER)
    return Row(
        old,
        fix=False,
        message=f"`{name}` {{state}}: {advice}",
        deprecated=deprecated,
        removed=removed,
        lowest=lowest,
        source=source,
    )


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
        source="notes of release 2.7",
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
    _gone("torch.is_deterministic", "torch.are_deterministic_algorithms_enabled", "1.10", "1.8", deprecated="1.8"),
    *(
        _without("torch.ao.quantization.quantize_pt2e." + name, "use `torchao.quantization.pt2e`", "2.11", "2.8")
        for name in ("prepare_pt2e", "prepare_qat_pt2e", "convert_pt2e")
    ),
    _without("torch.autograd.function.traceable", "drop it, it had no effect", "2.4"),
    _without("torch.align_tensors", "named tensors have no successor", "2.13"),
    _without("torch.functional.align_tensors", "named tensors have no successor", "2.13"),
    *(
        _without(f"torch.onnx.{name}", "use the module `logging` with the logger `torch.onnx`", "2.6")
        for name in ("enable_log", "disable_log", "is_onnx_log_enabled", "log", "set_log_stream")
    ),
    _without(f"{SCHEDULER}print_lr", "print `get_last_lr()`", "2.7", "2.2", source="notes of release 2.7"),
    _without("torch.gels", "use `torch.linalg.lstsq(A, B).solution`", "1.3", "1.2", lowest="1.9"),
    *(
        _without(
            f"torch.{name}",
            f"use `torch.fft.{name}`, whose result is complex; `torch.view_as_real` gives the last dimension of 2",
            "1.8",
            "1.7",
            lowest="1.7",
        )
        for name in ("rfft", "irfft", "ifft")
    ),
    *(
        Row(
            f"torchvision.transforms.{old}",
            f"torchvision.transforms.{new}",
            arguments,
            message=f"`{old}` was removed in torchvision 0.12, which goes with torch 1.11, so this raises: use `{new}`",
            changes=_RUNS,
            removed="1.11",
            lowest="1.0",
            source="torchvision pull request 5386",
        )
        for old, new, arguments in (
            ("Scale", "Resize", "size interpolation"),
            ("RandomSizedCrop", "RandomResizedCrop", "size"),
        )
    ),
    Row(
        "torchtext.legacy",
        module=True,
        fix=False,
        message="`torchtext.legacy` was removed in torchtext 0.12, which goes with torch 1.11, so this raises, and "
        "torchtext itself is no longer developed: use `torch.utils.data` and a tokenizer of your choice",
        removed="1.11",
        source="torchtext, release 0.12",
    ),
    _gone("torch.set_deterministic", "torch.use_deterministic_algorithms", "1.10", "1.8", deprecated="1.8"),
)
