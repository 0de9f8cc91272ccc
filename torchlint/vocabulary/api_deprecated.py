"""Names of torch that it warns of, or calls deprecated in its documentation. A fix gives the same result."""

from __future__ import annotations

from torchlint.rule import INFO

from .api_linalg import DECOMPOSITIONS
from .api_reported import REPORTED
from .api_subsystems import SUBSYSTEMS
from .api_table import SCHEDULER, Row

_INIT = "torch.nn.init"
_INTERPOLATE = "torch.nn.functional.interpolate"
_DOCS = "_torch_docs.py"
_WARNS = "lib/libtorch_cpu.so, message"
_OLD_INIT = "nn/init.py"
_FUNCTIONAL = "nn/functional.py"
_CUDA = "cuda/memory.py"


def _gone_keyword(old: str, keyword: str, renamed: str = "", deprecated: str = "", source: str = "") -> Row:
    return Row(old, keyword=keyword, renamed=renamed, deprecated=deprecated, source=source)


DEPRECATED = (
    *DECOMPOSITIONS,
    *SUBSYSTEMS,
    *REPORTED,
    Row("torch.ger", "torch.outer", "input vec2 out:=out", deprecated="1.8", lowest="1.7", source=_DOCS),
    Row("torch.Tensor.ger", "torch.Tensor.outer", "vec2", deprecated="1.8", lowest="1.8", source=_DOCS),
    Row(
        "torch.chain_matmul",
        "torch.linalg.multi_dot",
        "out:=out",
        listed=True,
        deprecated="1.9",
        lowest="1.9",
        source="functional.py",
    ),
    Row(
        "torch.qr",
        "torch.linalg.qr",
        "input:A some:mode out:=out",
        values=(("mode", "True", "reduced"), ("mode", "False", "complete")),
        deprecated="1.9",
        lowest="1.9",
        source=_WARNS,
    ),
    Row(
        "torch.cholesky",
        "torch.linalg.cholesky",
        "input upper:=upper out:=out",
        deprecated="1.9",
        lowest="1.10",
        source=_WARNS,
    ),
    Row("torch.range", "torch.arange", fix=False, deprecated="0.4", lowest="0.4", source=_DOCS),
    Row(f"{_INIT}.uniform", f"{_INIT}.uniform_", "tensor a b", deprecated="0.4", lowest="0.4", source=_OLD_INIT),
    Row(f"{_INIT}.normal", f"{_INIT}.normal_", "tensor mean std", deprecated="0.4", lowest="0.4", source=_OLD_INIT),
    Row(f"{_INIT}.constant", f"{_INIT}.constant_", "tensor val", deprecated="0.4", lowest="0.4", source=_OLD_INIT),
    Row(f"{_INIT}.eye", f"{_INIT}.eye_", "tensor", deprecated="0.4", lowest="0.4", source=_OLD_INIT),
    Row(f"{_INIT}.dirac", f"{_INIT}.dirac_", "tensor groups", deprecated="0.4", lowest="0.4", source=_OLD_INIT),
    Row(
        f"{_INIT}.xavier_uniform",
        f"{_INIT}.xavier_uniform_",
        "tensor gain",
        deprecated="0.4",
        lowest="0.4",
        source=_OLD_INIT,
    ),
    Row(
        f"{_INIT}.xavier_normal",
        f"{_INIT}.xavier_normal_",
        "tensor gain",
        deprecated="0.4",
        lowest="0.4",
        source=_OLD_INIT,
    ),
    Row(
        f"{_INIT}.kaiming_uniform",
        f"{_INIT}.kaiming_uniform_",
        "tensor a mode nonlinearity",
        deprecated="0.4",
        lowest="0.4",
        source=_OLD_INIT,
    ),
    Row(
        f"{_INIT}.kaiming_normal",
        f"{_INIT}.kaiming_normal_",
        "tensor a mode nonlinearity",
        deprecated="0.4",
        lowest="0.4",
        source=_OLD_INIT,
    ),
    Row(f"{_INIT}.orthogonal", f"{_INIT}.orthogonal_", "tensor gain", deprecated="0.4", lowest="0.4", source=_OLD_INIT),
    Row(f"{_INIT}.sparse", f"{_INIT}.sparse_", "tensor sparsity std", deprecated="0.4", lowest="0.4", source=_OLD_INIT),
    Row(
        "torch.nn.utils.clip_grad_norm",
        "torch.nn.utils.clip_grad_norm_",
        "parameters max_norm norm_type",
        deprecated="0.4",
        lowest="0.4",
        source="nn/utils/clip_grad.py",
    ),
    Row(
        "torch.nn.functional.upsample",
        _INTERPOLATE,
        "input size scale_factor mode align_corners",
        deprecated="0.4.1",
        lowest="0.4.1",
        source=_FUNCTIONAL,
    ),
    Row(
        "torch.nn.functional.upsample_nearest",
        _INTERPOLATE,
        "input size scale_factor",
        adds='mode="nearest"',
        deprecated="0.4.1",
        lowest="0.4.1",
        source=_FUNCTIONAL,
    ),
    Row(
        "torch.nn.functional.upsample_bilinear",
        _INTERPOLATE,
        "input size scale_factor",
        adds='mode="bilinear", align_corners=True',
        deprecated="0.4.1",
        lowest="0.4.1",
        source=_FUNCTIONAL,
    ),
    Row(
        "torch.set_default_tensor_type",
        "torch.set_default_dtype` and `torch.set_default_device",
        fix=False,
        deprecated="2.1",
        lowest="2.0",
        source="__init__.py",
    ),
    Row(
        "torch.testing.assert_allclose",
        "torch.testing.assert_close",
        fix=False,
        deprecated="1.12",
        lowest="1.9",
        source="testing/_comparison.py",
    ),
    Row(
        "torch.nn.utils.weight_norm",
        "torch.nn.utils.parametrizations.weight_norm",
        fix=False,
        deprecated="2.1",
        lowest="2.1",
        source="nn/utils/weight_norm.py",
        message="`torch.nn.utils.weight_norm` is deprecated: with `torch.nn.utils.parametrizations.weight_norm` the "
        "attributes `weight_g` and `weight_v` and their keys in the state dict become "
        "`parametrizations.weight.original0` and `original1`, and `remove_weight_norm` "
        "`torch.nn.utils.parametrize.remove_parametrizations`",
    ),
    Row(
        f"{SCHEDULER}get_lr",
        f"{SCHEDULER}get_last_lr",
        "",
        message="`get_lr()` computes what the next step is made of, which is not the current rate and warns: use "
        "`get_last_lr()`",
        changes="the rate that is in use is returned",
        deprecated="1.4",
        lowest="1.4",
        source="optim/lr_scheduler.py",
    ),
    Row(
        "torch.nn.utils.spectral_norm",
        "torch.nn.utils.parametrizations.spectral_norm",
        fix=False,
        severity=INFO,
        deprecated="1.9",
        lowest="1.9",
        source="nn/utils/spectral_norm.py",
    ),
    Row(
        "torch.nn.UpsamplingNearest2d",
        "torch.nn.Upsample",
        "size scale_factor",
        deprecated="0.4.1",
        lowest="0.4.1",
        source="nn/modules/upsampling.py",
    ),
    Row(
        "torch.nn.UpsamplingBilinear2d",
        "torch.nn.Upsample",
        "size scale_factor",
        adds='mode="bilinear", align_corners=True',
        deprecated="0.4.1",
        lowest="0.4.1",
        source="nn/modules/upsampling.py",
    ),
    Row(
        "torch.nn.NLLLoss2d",
        "torch.nn.NLLLoss",
        "weight size_average ignore_index reduce reduction",
        deprecated="0.4",
        lowest="0.4",
        source="nn/modules/loss.py",
    ),
    Row(
        "torch.cuda.memory_cached", "torch.cuda.memory_reserved", "device", deprecated="1.4", lowest="1.4", source=_CUDA
    ),
    Row(
        "torch.cuda.max_memory_cached",
        "torch.cuda.max_memory_reserved",
        "device",
        deprecated="1.4",
        lowest="1.4",
        source=_CUDA,
    ),
    Row(
        "torch.cuda.reset_max_memory_allocated",
        "torch.cuda.reset_peak_memory_stats",
        "device",
        deprecated="1.4",
        lowest="1.4",
        source=_CUDA,
    ),
    Row(
        "torch.cuda.reset_max_memory_cached",
        "torch.cuda.reset_peak_memory_stats",
        "device",
        deprecated="1.4",
        lowest="1.4",
        source=_CUDA,
    ),
    Row(
        "torch.backends.cuda.sdp_kernel",
        "torch.nn.attention.sdpa_kernel",
        fix=False,
        deprecated="2.3",
        lowest="2.3",
        source="backends/cuda/__init__.py",
    ),
    Row(
        "torch._utils.is_compiling",
        "torch.compiler.is_compiling",
        "",
        deprecated="2.6",
        lowest="2.3",
        source="_utils.py",
    ),
    Row(
        "torch._dynamo.is_compiling",
        "torch.compiler.is_compiling",
        "",
        deprecated="2.6",
        lowest="2.3",
        source="_dynamo/external_utils.py",
    ),
    Row(
        "torch.library.impl_abstract",
        "torch.library.register_fake",
        "op func lib:=lib",
        deprecated="2.4",
        lowest="2.4",
        source="library.py",
    ),
    Row(
        "torch.nn.utils.stateless.functional_call",
        "torch.func.functional_call",
        fix=False,
        deprecated="2.0",
        lowest="2.0",
        source="nn/utils/stateless.py",
    ),
    Row(
        "torch.utils._pytree._register_pytree_node",
        "torch.utils._pytree.register_pytree_node",
        "cls flatten_fn unflatten_fn to_str_fn: maybe_from_str_fn: serialized_type_name:=serialized_type_name "
        "to_dumpable_context:=to_dumpable_context from_dumpable_context:=from_dumpable_context",
        changes="a class that is registered already raises, and the implementation in C++ is told of it, too",
        deprecated="2.2",
        lowest="2.2",
        source="utils/_pytree.py",
    ),
    Row(
        "torch.utils._pytree._is_leaf",
        "torch.utils._pytree.tree_is_leaf",
        fix=False,
        deprecated="2.8",
        lowest="2.8",
        source="utils/_pytree.py",
    ),
    Row(
        "torch.optim.lr_scheduler._LRScheduler",
        "torch.optim.lr_scheduler.LRScheduler",
        "optimizer last_epoch",
        changes="the schedulers of torch are instances of the new name, and not of the old one",
        severity=INFO,
        deprecated="2.0",
        lowest="2.0",
        source="optim/lr_scheduler.py",
    ),
    _gone_keyword("torch.autograd.grad", "only_inputs", deprecated="2.3", source="autograd/__init__.py"),
    _gone_keyword("torch.autograd.backward", "grad_variables", "grad_tensors", "2.3", "autograd/__init__.py"),
    _gone_keyword("torch.nn.functional.gumbel_softmax", "eps", deprecated="2.3", source=_FUNCTIONAL),
    _gone_keyword("torch.nn.Hardtanh", "min_value", "min_val", "2.3", "nn/modules/activation.py"),
    _gone_keyword(
        "torch.utils.data.DataLoader", "pin_memory_device", deprecated="2.8", source="utils/data/dataloader.py"
    ),
)
