"""Deprecated names of `torch.distributed`, and modules that lie elsewhere now or nowhere."""

from __future__ import annotations

from torchlint.rule import INFO, WARNING

from .api_rows import keyword, module, said
from .api_table import Row

_C10D = "distributed/"
_FSDP = "torch.distributed.fsdp.FullyShardedDataParallel"
_STATE_DICT = "torch.distributed.checkpoint.state_dict"
_FSDP_HOME = "distributed/fsdp/fully_sharded_data_parallel.py"
DISTRIBUTED = (
    said(
        "torch.distributed.distributed_c10d._get_global_rank",
        "torch.distributed.get_global_rank",
        "use `torch.distributed.get_global_rank`",
        *("2.3", "2.3", f"{_C10D}distributed_c10d.py"),
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
    said(
        "torch.distributed.elastic.metrics.profile",
        "torch.distributed.elastic.metrics.prof",
        "use `@prof`",
        *("2.3", "1.9", f"{_C10D}elastic/metrics/api.py"),
    ),
    said(
        "torch.distributed.elastic.metrics.publish_metric",
        "torch.distributed.elastic.metrics.put_metric",
        "use `put_metric(metric_name, metric_value, metric_group)`",
        *("2.3", "1.9", f"{_C10D}elastic/metrics/api.py"),
    ),
    *(
        said(
            f"{_FSDP}.{old}",
            f"{_STATE_DICT}.{new}",
            f"use `{new}` of `{_STATE_DICT}`",
            *("2.2", "2.2", _FSDP_HOME),
        )
        for old, new in (("state_dict_type", "get_state_dict"), ("set_state_dict_type", "get_state_dict"))
    ),
    *(
        said(f"{_FSDP}.{old}", f"{_FSDP}.{new}", f"use `FSDP.{new}`", "2.1", "2.1", _FSDP_HOME)
        for old, new in (
            ("full_optim_state_dict", "optim_state_dict"),
            ("sharded_optim_state_dict", "optim_state_dict"),
            ("shard_full_optim_state_dict", "optim_state_dict_to_load"),
            ("flatten_sharded_optim_state_dict", "optim_state_dict_to_load"),
        )
    ),
    said(
        "torch.distributed.fsdp.ShardingStrategy.NO_SHARD",
        "torch.nn.parallel.DistributedDataParallel",
        "use `torch.nn.parallel.DistributedDataParallel`",
        *("2.3", "1.9", f"{_C10D}fsdp/_init_utils.py"),
    ),
    *(
        keyword(
            f"{_STATE_DICT}.{name}",
            "submodules",
            "call it on the submodule",
            *("2.4", "", f"{_C10D}checkpoint/state_dict.py"),
        )
        for name in ("get_model_state_dict", "get_optimizer_state_dict", "get_state_dict")
    ),
)
MODULES = (
    module("torch.quantization", "torch.ao.quantization", "1.10", "1.10", "quantization/__init__.py"),
    module("torch.nn.quantized", "torch.ao.nn.quantized", "1.13", "1.13", "nn/quantized/__init__.py"),
    module("torch.nn.qat", "torch.ao.nn.qat", "1.13", "1.13", "nn/qat/__init__.py"),
    module("torch.nn.intrinsic", "torch.ao.nn.intrinsic", "1.13", "1.13", "nn/intrinsic/__init__.py"),
    module("torch.distributed._tensor", "torch.distributed.tensor", "2.5", "2.5", f"{_C10D}_tensor/__init__.py"),
    module("torch._functorch.pytree_hacks", "torch.utils._pytree", "2.3", "2.3", "_functorch/pytree_hacks.py", WARNING),
    module(
        "torch.distributed._sharding_spec",
        "torch.distributed._shard.sharding_spec",
        *("2.3", "2.3", f"{_C10D}_sharding_spec/__init__.py", WARNING),
    ),
    module(
        "torch.distributed._sharded_tensor",
        "torch.distributed._shard.sharded_tensor",
        *("2.3", "2.3", f"{_C10D}_sharded_tensor/__init__.py", WARNING),
    ),
    module(
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
    module(
        "torch.distributed.nn.functional", "torch.distributed._functional_collectives", "2.12", "2.12", f"{_C10D}nn/"
    ),
)
