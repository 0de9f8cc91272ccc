"""What wraps models and computes what they compute."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from torchlint.values.interpret import classes
from torchlint.values.interpret.arguments import Arguments
from torchlint.values.interpret.frame import Frame
from torchlint.values.value import Call, External, Instance, Items, Layer, Method, Super, Unknown, Value

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
    }
)
# And these, of models: they have other weights then, but give the same kind of thing.
_COPIES = frozenset({"copy.deepcopy", "copy.copy"})
_TABLES = frozenset({"builtins.dict", "collections.OrderedDict"})
_OF_TABLES = frozenset({"state_dict", "copy"})
# The attribute under which a wrapper keeps the model.
INNER = frozenset({"module", "_orig_mod"})
# These return what they are given, in the same order, wrapped.
_PREPARERS = frozenset({"apex.amp.initialize", "accelerate.Accelerator.prepare"})


def wrapped(qualname: str, arguments: Arguments) -> Value | None:
    """The model that a call wraps; None where the call does something else."""
    if qualname in _COPIES and arguments.values and _is_table(arguments.values[0]):
        return None
    if qualname in _WRAPPERS | _COPIES:
        named = arguments.keywords.get("module") or arguments.keywords.get("model")
        return arguments.values[0] if arguments.values else named
    if qualname not in _PREPARERS or not arguments.known or not arguments.values:
        return None
    # Their optimisers step and clear gradients in ways of their own.
    models = [value if isinstance(value, Layer | Instance) else Unknown(value.node) for value in arguments.values]
    return models[0] if len(models) == 1 else Items(models, "tuple", None, None)


def _is_table(value: Value) -> bool:
    """Whether a value may be a table of weights, of which a copy is something else."""
    if isinstance(value, Call) and isinstance(value.callee, Method):
        return value.callee.name in _OF_TABLES
    return isinstance(value.node, ast.DictComp) or (isinstance(value, Call) and value.qualname in _TABLES)


def sequential_of(frame: Frame, instance: Instance) -> Layer | None:
    """The `Sequential` that an instance of a class derived from it is; None where more may be added to it."""
    lineage = list(classes.lineage(frame, instance.cls))
    if not any(isinstance(base, External) and base.qualname == "torch.nn.Sequential" for base in lineage):
        return None
    children = _given_to_base(frame, instance)
    if children is None or instance.cls.writers:
        return None
    layer = Layer("Sequential", {}, {}, instance.node, instance.frame)
    layer.children = tuple(children)
    return layer


def _given_to_base(frame: Frame, instance: Instance) -> Sequence[Value] | None:
    """What `super().__init__(..)` is given, or the constructor where the class has none of its own."""
    if classes.find_method(frame, instance.cls, "__init__") is None:
        return instance.args
    init = classes.constructed(frame, instance)
    calls = [(call, callee) for call, callee in init.callees.items() if isinstance(callee, Method)] if init else []
    own = [(call, callee) for call, callee in calls if callee.receiver in (instance, init and init.instance)]
    given = [call for call, callee in calls if isinstance(callee.receiver, Super) and callee.name == "__init__"]
    if init is None or own or len(given) != 1:
        return None
    made = init.values.get(given[0])
    return made.args if isinstance(made, Call) else None
