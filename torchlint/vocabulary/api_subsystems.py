"""Deprecated names of whole parts of torch: TorchScript, quantization, functorch, distributed, autocast."""

from __future__ import annotations

from torchlint.rule import INFO

from .api_table import Row

_BINDINGS = "lib/libtorch_python.so, message"
_C10D = "distributed/distributed_c10d.py"
_FUNCTORCH = "_functorch/deprecated.py"
_COMPILE = "torch.compile` or `torch.export"
_ANNOTATE = (
    "`torch.jit.annotate` is deprecated with TorchScript, and returns its second argument everywhere else: annotate "
    "the name, as in `x: list[Tensor] = []`"
)
_TORCHAO = "torchao"
_NEEDS_TORCHAO = "is deprecated: quantization moved to the package `torchao`"


def _jit(name: str, deprecated: str = "2.5", message: str = "") -> Row:
    """TorchScript as a whole is no longer developed; there is no other name for a part of it."""
    return Row(
        f"torch.jit.{name}",
        _COMPILE,
        fix=False,
        severity=INFO,
        message=message,
        deprecated=deprecated,
        lowest="2.1",
        source="jit/",
    )


def _quantization(name: str, deprecated: str = "2.8") -> Row:
    return Row(
        f"torch.ao.quantization.{name}",
        _TORCHAO,
        fix=False,
        severity=INFO,
        message=f"`torch.ao.quantization.{name}` {_NEEDS_TORCHAO}",
        deprecated=deprecated,
        source="ao/quantization/",
    )


def _autocast(old: str, new: str, device: str, arguments: str = "") -> Row:
    return Row(
        f"torch.{old}",
        f"torch.{new}",
        arguments,
        prepends=f'"{device}"',
        deprecated="2.4",
        lowest="2.4",
        source=_BINDINGS,
    )


def _functorch(name: str) -> Row:
    arguments = "func in_dims out_dims randomness"
    return Row(
        f"functorch.{name}",
        f"torch.func.{name}",
        arguments if name == "vmap" else "func argnums has_aux chunk_size primals strict",
        deprecated="2.0",
        lowest="2.0",
        source="_functorch/deprecated.py",
    )


SUBSYSTEMS = (
    Row("torch.distributed.reduce_op", "torch.distributed.ReduceOp", "", deprecated="1.0", lowest="1.0", source=_C10D),
    Row(
        "torch.distributed._all_gather_base",
        "torch.distributed.all_gather_into_tensor",
        fix=False,
        deprecated="1.13",
        lowest="1.13",
        source=_C10D,
    ),
    Row(
        "torch.distributed._reduce_scatter_base",
        "torch.distributed.reduce_scatter_tensor",
        fix=False,
        deprecated="1.13",
        lowest="1.13",
        source=_C10D,
    ),
    Row(
        "torch.distributed.all_gather_into_tensor",
        "torch.distributed.all_gather_single",
        fix=False,
        severity=INFO,
        deprecated="2.13",
        lowest="2.13",
        source=_C10D,
    ),
    Row(
        "torch.distributed.reduce_scatter_tensor",
        "torch.distributed.reduce_scatter_single",
        fix=False,
        severity=INFO,
        deprecated="2.13",
        lowest="2.13",
        source=_C10D,
    ),
    Row("torch.distributed.all_reduce_coalesced", "a coalescing manager", fix=False, deprecated="2.3", source=_C10D),
    Row("torch.distributed.all_gather_coalesced", "a coalescing manager", fix=False, deprecated="2.3", source=_C10D),
    Row(
        "torch.distributed.checkpoint.save_state_dict",
        "torch.distributed.checkpoint.save",
        fix=False,
        deprecated="2.2",
        lowest="2.2",
        source="distributed/checkpoint/",
    ),
    Row(
        "torch.distributed.checkpoint.load_state_dict",
        "torch.distributed.checkpoint.load",
        fix=False,
        deprecated="2.2",
        lowest="2.2",
        source="distributed/checkpoint/",
    ),
    *(
        _functorch(name)
        for name in ("vmap", "grad", "grad_and_value", "vjp", "jvp", "jacrev", "jacfwd", "hessian", "functionalize")
    ),
    Row(
        "functorch.make_functional",
        "torch.func.functional_call",
        fix=False,
        deprecated="2.0",
        lowest="2.0",
        source=_FUNCTORCH,
    ),
    Row(
        "functorch.make_functional_with_buffers",
        "torch.func.functional_call",
        fix=False,
        deprecated="2.0",
        lowest="2.0",
        source=_FUNCTORCH,
    ),
    Row(
        "functorch.combine_state_for_ensemble",
        "torch.func.stack_module_state",
        fix=False,
        deprecated="2.0",
        lowest="2.0",
        source=_FUNCTORCH,
    ),
    _autocast("get_autocast_gpu_dtype", "get_autocast_dtype", "cuda"),
    _autocast("set_autocast_gpu_dtype", "set_autocast_dtype", "cuda", "dtype"),
    _autocast("get_autocast_cpu_dtype", "get_autocast_dtype", "cpu"),
    _autocast("set_autocast_cpu_dtype", "set_autocast_dtype", "cpu", "dtype"),
    _autocast("is_autocast_cpu_enabled", "is_autocast_enabled", "cpu"),
    _autocast("set_autocast_cpu_enabled", "set_autocast_enabled", "cpu", "enabled"),
    _autocast("get_autocast_xla_dtype", "get_autocast_dtype", "xla"),
    _autocast("is_autocast_xla_enabled", "is_autocast_enabled", "xla"),
    _autocast("set_autocast_xla_dtype", "set_autocast_dtype", "xla", "dtype"),
    _autocast("set_autocast_xla_enabled", "set_autocast_enabled", "xla", "enabled"),
    _autocast("is_autocast_ipu_enabled", "is_autocast_enabled", "ipu"),
    _autocast("get_autocast_ipu_dtype", "get_autocast_dtype", "ipu"),
    _autocast("set_autocast_ipu_dtype", "set_autocast_dtype", "ipu", "dtype"),
    _autocast("set_autocast_ipu_enabled", "set_autocast_enabled", "ipu", "enabled"),
    *map(_quantization, ("prepare", "quantize", "quantize_dynamic", "prepare_qat", "quantize_qat", "convert")),
    *map(_quantization, ("quantize_fx.prepare_fx", "quantize_fx.prepare_qat_fx", "quantize_fx.convert_fx")),
    *(_jit(name) for name in ("script", "trace", "trace_module", "freeze", "fork", "wait")),
    *(_jit(name, "2.10") for name in ("save", "load", "script_method")),
    *(_jit(name) for name in ("optimize_for_inference", "script_if_tracing", "interface", "isinstance")),
    _jit("annotate", message=_ANNOTATE),
    *(_jit(name) for name in ("strict_fusion", "enable_onednn_fusion", "onednn_fusion_enabled", "set_fusion_strategy")),
)
