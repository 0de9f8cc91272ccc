"""Deprecated names whose successors take or give something else: what to use is said, and left to the reader.

Where torch does not say since when, `deprecated` is 2.3 for what 2.3 already warned of.
"""

from __future__ import annotations

from torchlint.rule import INFO

from .api_distributed import DISTRIBUTED, MODULES
from .api_rows import keyword, said
from .api_table import MODULE, SCHEDULER, TENSOR, Row

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
        lowest="1.8",
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
            source="lib/libtorch_cpu.so, message",
        )
        for name, place in (("torch.cross", 2), (f"{TENSOR}cross", 1))
    ),
)
_TENSORS = (
    said(f"{TENSOR}resize", f"{TENSOR}reshape", "use `reshape`, or `resize_`", "0.4", "0.4", "_tensor.py"),
    said(f"{TENSOR}resize_as", f"{TENSOR}reshape", "use `reshape`, or `resize_as_`", "0.4", "0.4", "_tensor.py"),
    said(
        f"{TENSOR}storage",
        f"{TENSOR}untyped_storage",
        "use `untyped_storage()`, whose elements are bytes",
        *("2.0", "2.0", "_tensor.py", INFO),
    ),
    said("torch.TypedStorage", "torch.UntypedStorage", "use it", "2.0", "2.0", "storage.py", INFO)._replace(
        message="`torch.TypedStorage` {state}: use `torch.UntypedStorage`, whose elements are bytes"
    ),
    *(
        Row(
            f"{TENSOR}{name}",
            keyword="device",
            deprecated="2.8",
            source="lib/libtorch_cpu.so, message",
            message=f"`device` of `{name}` {{state}}: drop it, the device is that of the current accelerator",
        )
        for name in ("pin_memory", "is_pinned")
    ),
)
_NN = (
    said(
        f"{MODULE}register_backward_hook",
        f"{MODULE}register_full_backward_hook",
        "use `register_full_backward_hook`, which is given the gradients of all inputs of the module",
        *("1.8", "1.8", "nn/modules/module.py"),
    ),
    said(
        "torch.nn.modules.module.register_module_backward_hook",
        "torch.nn.modules.module.register_module_full_backward_hook",
        "use `register_module_full_backward_hook`, which is given the gradients of all inputs of the module",
        *("1.8", "1.8", "nn/modules/module.py"),
    ),
    keyword(
        f"{MODULE}state_dict",
        "destination",
        "give `destination=`, `prefix=` and `keep_vars=` by name",
        *("1.12", "", "nn/modules/module.py"),
        place=0,
    ),
    Row("torch.nn.Container", "torch.nn.Module", fix=False, deprecated="2.3", lowest="1.9", source="nn/modules/"),
    Row(
        "torch.nn.modules.rnn.apply_permutation",
        f"{TENSOR}index_select",
        signature="tensor permutation dim=1",
        message="`apply_permutation` {state}: use `tensor.index_select(dim, permutation)`",
        fix=False,
        deprecated="2.3",
        lowest="1.9",
        source="nn/modules/rnn.py",
    ),
    Row(
        "torch.nn.parallel.DistributedDataParallelCPU",
        "torch.nn.parallel.DistributedDataParallel",
        "module",
        deprecated="2.3",
        lowest="1.9",
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
    keyword(
        f"{SCHEDULER}step",
        "epoch",
        "call `step()` once an epoch; a scheduler that begins later is given `last_epoch=`",
        *("1.4", "", "optim/lr_scheduler.py"),
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
            lowest="1.9",
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
    keyword(
        "torch.autograd.profiler.profile",
        "use_cuda",
        'give `use_device="cuda"`, or use `torch.profiler.profile`',
        *("2.1", "2.1", "autograd/profiler.py"),
    ),
    keyword(
        "torch.profiler.profile",
        "use_cuda",
        "list the devices in `activities=`",
        *("1.8.1", "1.8.1", "profiler/profiler.py"),
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
    keyword(
        "torch.multiprocessing.spawn",
        "start_method",
        "use `torch.multiprocessing.start_processes`",
        *("2.4", "2.4", "multiprocessing/spawn.py"),
    ),
    keyword("torch.cuda.nccl.reduce", "outputs", "give one `output=`", "2.3", "2.3", "cuda/nccl.py"),
    keyword(
        "torch.sparse.to_sparse_semi_structured",
        "transposed",
        "drop it, and transpose the result where it is used",
        *("2.4", "", "sparse/semi_structured.py"),
    ),
    keyword(
        "torch.onnx.export",
        "dynamic_axes",
        "give `dynamic_shapes=`, which the exporter takes that is the default since torch 2.9",
        *("2.9", "2.9", "onnx/__init__.py"),
    )._replace(severity=INFO),
    keyword(
        "torch.nn.attention.flex_attention.flex_attention",
        "return_lse",
        "give `return_aux=AuxRequest(lse=True)`",
        *("2.13", "2.13", "nn/attention/flex_attention.py"),
    ),
    said("torch._check_is_size", "torch._check", "use `torch._check(i >= 0)`", "2.11", "2.11", "__init__.py"),
    said(
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
        lowest="2.5",
        source="_custom_op/impl.py",
    ),
    *(
        said(
            f"torch._streambase.{old}",
            f"torch.{new}",
            f"use `torch.{new}`",
            *("2.6", "2.6", "_streambase.py"),
        )
        for old, new in (("_StreamBase", "Stream"), ("_EventBase", "Event"))
    ),
    said(
        "torch.utils.data.graph_settings.apply_shuffle_seed",
        "torch.utils.data.graph_settings.apply_random_seed",
        "use `apply_random_seed`, which sets the seeds of all data pipes",
        *("1.12", "1.12", "utils/data/graph_settings.py"),
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
    said(
        "torch.utils.data.graph.traverse",
        "torch.utils.data.graph.traverse_dps",
        "use `traverse_dps`, which looks at data pipes only",
        *("1.13", "1.13", "utils/data/graph.py"),
    ),
    *(
        said(
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
    said(
        "torchvision.transforms.v2.ToTensor",
        "torchvision.transforms.v2.ToImage",
        "use `v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])`",
        *("2.1", "2.1", "torchvision 0.16, transforms/v2/_deprecated.py"),
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
    *DISTRIBUTED,
    *MODULES,
)
