"""What wraps a model and computes what the model computes."""

from __future__ import annotations

from torchlint.analysis.arguments import Arguments
from torchlint.analysis.values import Instance, Items, Layer, Unknown, Value

# These return their first argument, as far as its outputs are concerned.
_WRAPPERS = frozenset(
    {
        "torch.compile",
        "torch.jit.script",
        "torch.jit.trace",
        "torch.jit.freeze",
        "torch.nn.DataParallel",
        "torch.nn.SyncBatchNorm.convert_sync_batchnorm",
        "torch.nn.parallel.DataParallel",
        "torch.nn.parallel.DistributedDataParallel",
        "torch.distributed.fsdp.FullyShardedDataParallel",
        "torch.optim.swa_utils.AveragedModel",
        "torch.nn.utils.weight_norm",
        "torch.nn.utils.spectral_norm",
        "torch.nn.utils.parametrizations.weight_norm",
        "torch.nn.utils.parametrizations.spectral_norm",
        "apex.parallel.DistributedDataParallel",
        "apex.parallel.convert_syncbn_model",
        "copy.deepcopy",
        "copy.copy",
    }
)
# The attribute under which a wrapper keeps the model.
INNER = frozenset({"module", "_orig_mod"})
# These return what they are given, in the same order, wrapped.
_PREPARERS = frozenset({"apex.amp.initialize", "accelerate.Accelerator.prepare"})


def wrapped(qualname: str, arguments: Arguments) -> Value | None:
    """The model that a call wraps; None where the call does something else."""
    if qualname in _WRAPPERS:
        named = arguments.keywords.get("module") or arguments.keywords.get("model")
        return arguments.values[0] if arguments.values else named
    if qualname not in _PREPARERS or not arguments.known or not arguments.values:
        return None
    # Their optimisers step and clear gradients in ways of their own.
    models = [value if isinstance(value, Layer | Instance) else Unknown(value.node) for value in arguments.values]
    return models[0] if len(models) == 1 else Items(models, "tuple", None, None)
