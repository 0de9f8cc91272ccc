"""Deprecated names whose successors take or give something else: what to use is said, and left to the reader.

Where torch does not say since when, `deprecated` is 2.3 for what 2.3 already warned of.
"""

from __future__ import annotations

from torchlint.rule import INFO, WARNING, Severity

from .api_table import MODULE, SCHEDULER, TENSOR, Row

_C10D = "distributed/"
_FSDP = "torch.distributed.fsdp.FullyShardedDataParallel"
_STATE_DICT = "torch.distributed.checkpoint.state_dict"
_FSDP_HOME = "distributed/fsdp/fully_sharded_data_parallel.py"


def _said(
    old: str,
    new: str,
    advice: str,
    deprecated: str,
    lowest: str,
    source: str,
    severity: Severity | None = None,
) -> Row:
    """A name, the best one for it, and what has to be known to use that."""
    message = f"`{old.removeprefix(TENSOR)}` {{state}}: {advice}"
    return Row(
        old,
        new,
        fix=False,
        severity=severity,
        message=message,
        deprecated=deprecated,
        lowest=lowest,
        source=source,
    )


def _keyword(old: str, keyword: str, advice: str, deprecated: str, lowest: str, source: str, place: int = -1) -> Row:
    """A keyword that means something else now, or that another function takes."""
    message = f"`{keyword}` of `{old}` {{state}}: {advice}"
    return Row(
        old,
        keyword=keyword,
        place=place,
        fix=False,
        message=message,
        deprecated=deprecated,
        lowest=lowest,
        source=source,
    )


def _module(old: str, new: str, deprecated: str, lowest: str, source: str, severity: Severity | None = INFO) -> Row:
    """A module that lies elsewhere now, or nowhere."""
    return Row(
        old,
        new,
        module=True,
        fix=False,
        severity=severity,
        message=f"`{old}` {{state}}: use `{new}`",
        deprecated=deprecated,
        lowest=lowest,
        source=source,
    )


_MISSING = (
    Row(
        "torch.stft",
        keyword="return_complex",
        absent=True,
        place=9,
        fix=False,
        message="`torch.stft` of a real input raises without `return_complex`: give `return_complex=True`, and take "
        "`torch.view_as_real` of the result where real and imaginary part are wanted as a last dimension",
        deprecated="1.8",
        lowest="1.7",
        source="functional.py",
    ),
    *(
        Row(
            name,
            keyword="dim",
            absent=True,
            place=place,
            fix=False,
            message="`cross` without `dim` takes the first dimension of size 3, which depends on the batch, and is "
            "deprecated: give `dim`, or use `torch.linalg.cross`, which takes the last one",
            deprecated="1.13",
            lowest="1.0",
            source="lib/libtorch_cpu.so, message",
        )
        for name, place in (("torch.cross", 2), (f"{TENSOR}cross", 1))
    ),
)
_TENSORS = (
    _said(f"{TENSOR}resize", f"{TENSOR}reshape", "use `reshape`, or `resize_`", "0.4", "0.4", "_tensor.py"),
    _said(f"{TENSOR}resize_as", f"{TENSOR}reshape", "use `reshape`, or `resize_as_`", "0.4", "0.4", "_tensor.py"),
    _said(
        f"{TENSOR}storage",
        f"{TENSOR}untyped_storage",
        "use `untyped_storage()`, whose elements are bytes",
        *("2.0", "2.0", "_tensor.py", INFO),
    ),
    _said("torch.TypedStorage", "torch.UntypedStorage", "use it", "2.0", "2.0", "storage.py", INFO)._replace(
        message="`torch.TypedStorage` {state}: use `torch.UntypedStorage`, whose elements are bytes"
    ),
    *(
        Row(
            f"{TENSOR}{name}",
            keyword="device",
            deprecated="2.8",
            lowest="1.0",
            source="lib/libtorch_cpu.so, message",
            message=f"`device` of `{name}` {{state}}: drop it, the device is that of the current accelerator",
        )
        for name in ("pin_memory", "is_pinned")
    ),
)
_NN = (
    _said(
        f"{MODULE}register_backward_hook",
        f"{MODULE}register_full_backward_hook",
        "use `register_full_backward_hook`, which is given the gradients of all inputs of the module",
        *("1.8", "1.8", "nn/modules/module.py"),
    ),
    _said(
        "torch.nn.modules.module.register_module_backward_hook",
        "torch.nn.modules.module.register_module_full_backward_hook",
        "use `register_module_full_backward_hook`, which is given the gradients of all inputs of the module",
        *("1.8", "1.8", "nn/modules/module.py"),
    ),
    _keyword(
        f"{MODULE}state_dict",
        "destination",
        "give `destination=`, `prefix=` and `keep_vars=` by name",
        *("1.12", "1.0", "nn/modules/module.py"),
        place=0,
    ),
    Row("torch.nn.Container", "torch.nn.Module", fix=False, deprecated="2.3", lowest="1.0", source="nn/modules/"),
    Row(
        "torch.nn.modules.rnn.apply_permutation",
        f"{TENSOR}index_select",
        signature="tensor permutation dim=1",
        message="`apply_permutation` {state}: use `tensor.index_select(dim, permutation)`",
        fix=False,
        deprecated="2.3",
        lowest="1.0",
        source="nn/modules/rnn.py",
    ),
    Row(
        "torch.nn.parallel.DistributedDataParallelCPU",
        "torch.nn.parallel.DistributedDataParallel",
        "module",
        deprecated="2.3",
        lowest="1.1",
        source="nn/parallel/__init__.py",
    ),
    Row(
        "torch.nn.parallel.scatter_gather.is_namedtuple",
        fix=False,
        message="`is_namedtuple` {state}: ask for a tuple with `_fields`",
        deprecated="2.3",
        source="nn/parallel/scatter_gather.py",
    ),
    Row(
        "torch.nn.parallel.DistributedDataParallel",
        keyword="broadcast_buffers",
        renamed="forward_sync_buffers",
        severity=INFO,
        deprecated="2.13",
        lowest="2.13",
        source="nn/parallel/distributed.py",
    ),
    Row(
        "torch.ao.nn.quantized.functional.upsample", "torch.ao.nn.quantized.functional.interpolate", fix=False
    )._replace(deprecated="2.3", lowest="1.13", source="ao/nn/quantized/functional.py"),
)
_SCHEDULERS = (
    _keyword(
        f"{SCHEDULER}step",
        "epoch",
        "call `step()` once an epoch; a scheduler that begins later is given `last_epoch=`",
        *("1.4", "1.1", "optim/lr_scheduler.py"),
        place=0,
    ),
)
_FLAGS = tuple(
    Row(
        f"torch.{old}",
        f"torch.backends.{new}",
        called=True,
        deprecated="2.1",
        lowest="1.12" if "mps" in new else "1.8",
        source="__init__.py",
    )
    for old, new in (
        ("has_mps", "mps.is_built"),
        ("has_cuda", "cuda.is_built"),
        ("has_cudnn", "cudnn.is_available"),
        ("has_mkldnn", "mkldnn.is_available"),
    )
)
_AUTOGRAD = (
    *(
        Row(
            f"torch.autograd.gradcheck.{name}",
            "torch.autograd.functional.jacobian",
            fix=False,
            deprecated="1.9",
            lowest="1.5",
            source="autograd/gradcheck.py",
        )
        for name in ("get_numerical_jacobian", "get_analytical_jacobian")
    ),
    Row(
        "torch.autograd.profiler_legacy.profile",
        "torch.profiler.profile",
        fix=False,
        deprecated="2.4",
        lowest="1.9",
        source="autograd/profiler_legacy.py",
    ),
    _keyword(
        "torch.autograd.profiler.profile",
        "use_cuda",
        'give `use_device="cuda"`, or use `torch.profiler.profile`',
        *("2.1", "2.1", "autograd/profiler.py"),
    ),
    _keyword(
        "torch.profiler.profile",
        "use_cuda",
        "list the devices in `activities=`",
        *("1.9", "1.9", "profiler/profiler.py"),
    ),
    Row(
        "torch._vmap_internals.vmap",
        "torch.vmap",
        "func in_dims out_dims",
        deprecated="2.4",
        lowest="2.0",
        source="_vmap_internals.py",
    ),
)
_OTHERS = (
    _keyword(
        "torch.multiprocessing.spawn",
        "start_method",
        "use `torch.multiprocessing.start_processes`",
        *("2.4", "1.5", "multiprocessing/spawn.py"),
    ),
    _keyword("torch.cuda.nccl.reduce", "outputs", "give one `output=`", "2.3", "1.5", "cuda/nccl.py"),
    _keyword(
        "torch.sparse.to_sparse_semi_structured",
        "transposed",
        "drop it, and transpose the result where it is used",
        *("2.4", "2.1", "sparse/semi_structured.py"),
    ),
    _keyword(
        "torch.onnx.export",
        "dynamic_axes",
        "give `dynamic_shapes=`, which the exporter takes that is the default since torch 2.9",
        *("2.9", "2.5", "onnx/__init__.py"),
    )._replace(severity=INFO),
    _keyword(
        "torch.nn.attention.flex_attention.flex_attention",
        "return_lse",
        "give `return_aux=AuxRequest(lse=True)`",
        *("2.13", "2.13", "nn/attention/flex_attention.py"),
    ),
    _said("torch._check_is_size", "torch._check", "use `torch._check(i >= 0)`", "2.11", "2.1", "__init__.py"),
    _said(
        "torch.fx.experimental.symbolic_shapes.guard_size_oblivious",
        "torch.fx.experimental.symbolic_shapes.guard_or_false",
        "use `guard_or_false` or `guard_or_true`",
        *("2.11", "2.8", "fx/experimental/symbolic_shapes.py"),
    ),
    Row(
        "torch._custom_op.impl.custom_op",
        "torch.library.custom_op",
        fix=False,
        deprecated="2.5",
        lowest="2.4",
        source="_custom_op/impl.py",
    ),
    *(
        _said(
            f"torch._streambase.{old}",
            f"torch.{new}",
            f"use `torch.{new}`",
            *("2.6", "2.6", "_streambase.py"),
        )
        for old, new in (("_StreamBase", "Stream"), ("_EventBase", "Event"))
    ),
    _said(
        "torch.utils.data.graph_settings.apply_shuffle_seed",
        "torch.utils.data.graph_settings.apply_random_seed",
        "use `apply_random_seed`, which sets the seeds of all data pipes",
        *("1.12", "1.13", "utils/data/graph_settings.py"),
    ),
    Row(
        "torch.utils.data.backward_compatibility.worker_init_fn",
        fix=False,
        message="`backward_compatibility.worker_init_fn` {state}: drop it, `DataLoader` shards data pipes itself",
        deprecated="2.3",
        source="utils/data/backward_compatibility.py",
    ),
    Row(
        "torch.utils.data.datapipes.iter.RoutedDecoder",
        fix=False,
        message="`RoutedDecoder` {state}: decode in a function that `map` is given",
        deprecated="1.12",
        source="utils/data/datapipes/iter/routeddecoder.py",
    ),
    _said(
        "torch.utils.data.graph.traverse",
        "torch.utils.data.graph.traverse_dps",
        "use `traverse_dps`, which looks at data pipes only",
        *("1.13", "1.13", "utils/data/graph.py"),
    ),
    *(
        _said(
            f"torch.utils._pytree.{old}",
            f"torch.utils._pytree.{new}",
            f"use `{new}`",
            *(version, version, "utils/_pytree.py"),
        )
        for old, new, version in (
            ("pytree_to_str", "treespec_dumps", "2.3"),
            ("str_to_pytree", "treespec_loads", "2.3"),
            ("_is_namedtuple_instance", "is_namedtuple_instance", "2.8"),
        )
    ),
    *(
        Row(
            f"torch.ao.quantization.{old}",
            f"torch.ao.quantization.{new}",
            fix=False,
            deprecated="1.12",
            lowest="1.13",
            source="ao/quantization/qconfig.py",
        )
        for old, new in (
            ("QConfigDynamic", "QConfig"),
            ("get_default_qconfig_dict", "get_default_qconfig_mapping"),
            ("get_default_qat_qconfig_dict", "get_default_qat_qconfig_mapping"),
        )
    ),
    _said(
        "torchvision.transforms.v2.ToTensor",
        "torchvision.transforms.v2.ToImage",
        "use `v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])`",
        *("2.1", "2.1", "torchvision 0.16, transforms/v2/_deprecated.py"),
    ),
)
_DISTRIBUTED = (
    _said(
        "torch.distributed.distributed_c10d._get_global_rank",
        "torch.distributed.get_global_rank",
        "use `torch.distributed.get_global_rank`",
        *("2.3", "2.0", f"{_C10D}distributed_c10d.py"),
    ),
    *(
        Row(
            f"torch.distributed._functional_collectives.{old}",
            f"torch.distributed._functional_collectives.{new}",
            fix=False,
            severity=INFO,
            deprecated="2.13",
            lowest="2.13",
            source=f"{_C10D}_functional_collectives.py",
        )
        for old, new in (
            ("all_gather_tensor", "all_gather_single"),
            ("reduce_scatter_tensor", "reduce_scatter_single"),
        )
    ),
    Row(
        "torch.distributed._symmetric_memory.enable_symm_mem_for_group",
        fix=False,
        message="`enable_symm_mem_for_group` {state}: drop the call, nothing has to be enabled",
        deprecated="2.11",
        source=f"{_C10D}_symmetric_memory/__init__.py",
    ),
    _said(
        "torch.distributed.elastic.metrics.profile",
        "torch.distributed.elastic.metrics.prof",
        "use `@prof`",
        *("2.3", "1.9", f"{_C10D}elastic/metrics/api.py"),
    ),
    _said(
        "torch.distributed.elastic.metrics.publish_metric",
        "torch.distributed.elastic.metrics.put_metric",
        "use `put_metric(metric_name, metric_value, metric_group)`",
        *("2.3", "1.9", f"{_C10D}elastic/metrics/api.py"),
    ),
    *(
        _said(
            f"{_FSDP}.{old}",
            f"{_STATE_DICT}.{new}",
            f"use `{new}` of `{_STATE_DICT}`",
            *("2.2", "2.2", _FSDP_HOME),
        )
        for old, new in (("state_dict_type", "get_state_dict"), ("set_state_dict_type", "get_state_dict"))
    ),
    *(
        _said(f"{_FSDP}.{old}", f"{_FSDP}.{new}", f"use `FSDP.{new}`", "2.1", "2.0", _FSDP_HOME)
        for old, new in (
            ("full_optim_state_dict", "optim_state_dict"),
            ("sharded_optim_state_dict", "optim_state_dict"),
            ("shard_full_optim_state_dict", "optim_state_dict_to_load"),
            ("flatten_sharded_optim_state_dict", "optim_state_dict_to_load"),
        )
    ),
    _said(
        "torch.distributed.fsdp.ShardingStrategy.NO_SHARD",
        "torch.nn.parallel.DistributedDataParallel",
        "use `torch.nn.parallel.DistributedDataParallel`",
        *("2.3", "1.0", f"{_C10D}fsdp/_init_utils.py"),
    ),
    *(
        _keyword(
            f"{_STATE_DICT}.{name}",
            "submodules",
            "call it on the submodule",
            *("2.4", "2.2", f"{_C10D}checkpoint/state_dict.py"),
        )
        for name in ("get_model_state_dict", "get_optimizer_state_dict", "get_state_dict")
    ),
)
_MODULES = (
    _module("torch.quantization", "torch.ao.quantization", "1.10", "1.10", "quantization/__init__.py"),
    _module("torch.nn.quantized", "torch.ao.nn.quantized", "1.13", "1.13", "nn/quantized/__init__.py"),
    _module("torch.nn.qat", "torch.ao.nn.qat", "1.13", "1.13", "nn/qat/__init__.py"),
    _module("torch.nn.intrinsic", "torch.ao.nn.intrinsic", "1.13", "1.13", "nn/intrinsic/__init__.py"),
    _module("torch.distributed._tensor", "torch.distributed.tensor", "2.5", "2.5", f"{_C10D}_tensor/__init__.py"),
    _module(
        "torch._functorch.pytree_hacks", "torch.utils._pytree", "2.3", "2.0", "_functorch/pytree_hacks.py", WARNING
    ),
    _module(
        "torch.distributed._sharding_spec",
        "torch.distributed._shard.sharding_spec",
        *("2.3", "1.12", f"{_C10D}_sharding_spec/__init__.py", WARNING),
    ),
    _module(
        "torch.distributed._sharded_tensor",
        "torch.distributed._shard.sharded_tensor",
        *("2.3", "1.12", f"{_C10D}_sharded_tensor/__init__.py", WARNING),
    ),
    _module(
        "torch.distributed._shard.checkpoint",
        "torch.distributed.checkpoint",
        *("2.3", "2.0", f"{_C10D}_shard/checkpoint/__init__.py", WARNING),
    ),
    Row(
        "torch.utils.model_dump",
        module=True,
        fix=False,
        message="`torch.utils.model_dump` {state}: nothing replaces it",
        deprecated="2.6",
        source="utils/model_dump/__init__.py",
    ),
    _module(
        "torch.distributed.nn.functional", "torch.distributed._functional_collectives", "2.12", "2.1", f"{_C10D}nn/"
    ),
)
REPORTED = (
    *_MISSING,
    *_TENSORS,
    *_NN,
    *_SCHEDULERS,
    *_FLAGS,
    *_AUTOGRAD,
    *_OTHERS,
    *_DISTRIBUTED,
    *_MODULES,
)
