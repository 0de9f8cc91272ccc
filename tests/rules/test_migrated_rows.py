"""Each row with a fix is a pair that runs: the program with the old name, and what the fix makes of it.

What needs linear algebra is in test_migrated_numbers.py.
"""

from __future__ import annotations

import importlib
import itertools
import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
from migrated import fixed, found, ran

from torchlint.finding import Applicability

torch = pytest.importorskip("torch")
_TABLES = {"api_deprecated": "DEPRECATED", "api_removed": "REMOVED", "api_amp": "AMP", "api_internal": "INTERNAL"}
ROWS: list[Any] = [
    row
    for module, name in _TABLES.items()
    for row in getattr(importlib.import_module(f"torchlint.vocabulary.{module}"), name)
    if row.fix
]
_FUNCTIONS = Path(__file__).with_name("test_migrated_numbers.py").read_text(encoding="utf-8")
_COUNT = itertools.count()
# What cannot run here, and why.
EXEMPT = {
    "torch.Tensor.pin_memory(device)": "needs an accelerator",
    "torch.Tensor.is_pinned(device)": "needs an accelerator",
    "torch.cuda.memory_cached": "needs CUDA",
    "torch.cuda.max_memory_cached": "needs CUDA",
    "torch.cuda.reset_max_memory_allocated": "needs CUDA",
    "torch.cuda.reset_max_memory_cached": "needs CUDA",
    "torch.nn.parallel.DistributedDataParallelCPU": "needs a process group",
    "torch.nn.parallel.DistributedDataParallel(broadcast_buffers)": "needs a process group",
    "torch.optim.lr_scheduler.LRScheduler.get_lr": "gives another number on purpose",
    "torch.utils._pytree._register_pytree_node": "test_migration_probes.py, T12",
    "torchvision.transforms.Scale": "torchvision is not there, and lacks the old name",
    "torchvision.transforms.RandomSizedCrop": "torchvision is not there, and lacks the old name",
}
_FORWARD = """
class Twice(torch.autograd.Function):
    @staticmethod
    @torch.cuda.amp.custom_fwd
    def forward(ctx, x):
        return x * 2

    @staticmethod
    @torch.cuda.amp.custom_bwd
    def backward(ctx, grad):
        return grad * 2

x = a.clone().requires_grad_()
Twice.apply(x).sum().backward()
result = x.grad
"""


def _setter(old: str, device: str, value: str, getter: str) -> str:
    """A program that sets something of autocast, reads it, and puts back what it was."""
    return f"""
before = torch.{getter}("{device}")
torch.{old}({value})
result = torch.{getter}("{device}")
torch.{getter.replace("get_", "set_").replace("is_", "set_")}("{device}", before)
"""


PROGRAMS = {
    "torch.distributed.reduce_op": "import torch.distributed\nresult = torch.distributed.reduce_op.SUM",
    "functorch.vmap": "import functorch\nresult = functorch.vmap(torch.sin)(a)",
    "functorch.grad": "import functorch\nresult = functorch.grad(lambda x: x.sin().sum())(a)",
    "functorch.grad_and_value": "import functorch\nresult = functorch.grad_and_value(lambda x: x.sin().sum())(a)",
    "functorch.vjp": "import functorch\nresult = functorch.vjp(torch.sin, a)[1](a)",
    "functorch.jvp": "import functorch\nresult = functorch.jvp(torch.sin, (a,), (a,))",
    "functorch.jacrev": "import functorch\nresult = functorch.jacrev(torch.sin)(a)",
    "functorch.jacfwd": "import functorch\nresult = functorch.jacfwd(torch.sin)(a)",
    "functorch.hessian": "import functorch\nresult = functorch.hessian(lambda x: (x**3).sum())(a)",
    "functorch.functionalize": "import functorch\nresult = functorch.functionalize(lambda x: x.clone().add_(1))(a)",
    "torch._vmap_internals.vmap": "from torch._vmap_internals import vmap\nresult = vmap(torch.sin)(a)",
    "torch.get_autocast_gpu_dtype": "result = torch.get_autocast_gpu_dtype()",
    "torch.get_autocast_cpu_dtype": "result = torch.get_autocast_cpu_dtype()",
    "torch.get_autocast_xla_dtype": "result = torch.get_autocast_xla_dtype()",
    "torch.get_autocast_ipu_dtype": "result = torch.get_autocast_ipu_dtype()",
    "torch.is_autocast_cpu_enabled": "result = torch.is_autocast_cpu_enabled()",
    "torch.is_autocast_xla_enabled": "result = torch.is_autocast_xla_enabled()",
    "torch.is_autocast_ipu_enabled": "result = torch.is_autocast_ipu_enabled()",
    **{
        f"torch.set_autocast_{old}_dtype": _setter(
            f"set_autocast_{old}_dtype", device, "torch.float16", "get_autocast_dtype"
        )
        for old, device in (("gpu", "cuda"), ("cpu", "cpu"), ("xla", "xla"), ("ipu", "ipu"))
    },
    **{
        f"torch.set_autocast_{device}_enabled": _setter(
            f"set_autocast_{device}_enabled", device, "True", "is_autocast_enabled"
        )
        for device in ("cpu", "xla", "ipu")
    },
    "torch.has_mps": "result = torch.has_mps",
    "torch.has_cuda": "result = torch.has_cuda",
    "torch.has_cudnn": "result = torch.has_cudnn",
    "torch.has_mkldnn": "result = torch.has_mkldnn",
    **{
        f"torch.nn.init.{name}": f"torch.manual_seed(0)\nw = a.clone()\ntorch.nn.init.{name}(w{rest})\nresult = w"
        for name, rest in (
            *(("uniform", ", -1, 2"), ("normal", ""), ("constant", ", 2.0"), ("eye", ""), ("xavier_uniform", "")),
            *(("xavier_normal", ""), ("kaiming_uniform", ""), ("kaiming_normal", ", mode='fan_out'")),
            *(("orthogonal", ", gain=2"), ("sparse", ", 0.5")),
        )
    },
    "torch.nn.init.dirac": "w = torch.empty(2, 2, 3)\ntorch.nn.init.dirac(w)\nresult = w",
    "torch.nn.utils.clip_grad_norm": """
        weight = torch.nn.Parameter(a.clone())
        weight.grad = a.clone()
        result = torch.nn.utils.clip_grad_norm([weight], 0.5), weight.grad
    """,
    "torch.library.impl_abstract": """
        library = torch.library.Library(space, "FRAGMENT")
        library.define("twice(Tensor x) -> Tensor")


        @torch.library.impl_abstract(f"{space}::twice", lib=library)
        def twice(x):
            return torch.empty_like(x)


        result = getattr(torch.ops, space).twice(torch.empty(2, 3, device="meta")).shape
    """,
    "torch.optim.lr_scheduler._LRScheduler": """
        from torch.optim.lr_scheduler import _LRScheduler


        class Halved(_LRScheduler):
            def get_lr(self):
                return [rate / 2 for rate in self.base_lrs]


        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
        result = Halved(optimizer).get_last_lr()
    """,
    "torch.autograd.grad(only_inputs)": """
        x = a.clone().requires_grad_()
        result = torch.autograd.grad(x.sin().sum(), x, only_inputs=True)
    """,
    "torch.autograd.backward(grad_variables)": """
        x = a.clone().requires_grad_()
        torch.autograd.backward([x.sin()], grad_variables=[a])
        result = x.grad
    """,
    "torch.nn.functional.gumbel_softmax(eps)": """
        torch.manual_seed(0)
        result = torch.nn.functional.gumbel_softmax(a, eps=1e-10)
    """,
    "torch.nn.Hardtanh(min_value)": "result = torch.nn.Hardtanh(min_value=-0.5, max_val=0.25)(a)",
    "torch.utils.data.DataLoader(pin_memory_device)": """
        loader = torch.utils.data.DataLoader([1.0, 2.0], pin_memory_device="")
        result = torch.stack(list(loader))
    """,
    "torch.cuda.amp.GradScaler": "result = torch.cuda.amp.GradScaler(enabled=False).scale(a)",
    "torch.cpu.amp.GradScaler": "result = torch.cpu.amp.GradScaler(init_scale=4.0).scale(a)",
    "torch.cuda.amp.autocast": "with torch.cuda.amp.autocast():\n    result = a.float() @ a.float()",
    "torch.cpu.amp.autocast": "with torch.cpu.amp.autocast(dtype=torch.bfloat16):\n    result = a.float() @ a.float()",
    "torch.cuda.amp.custom_fwd": _FORWARD,
    "torch.cuda.amp.custom_bwd": _FORWARD,
    "torch.utils.data._utils.collate.default_collate": """
        from torch.utils.data._utils.collate import default_collate

        result = default_collate([1.0, 2.0])
    """,
    "torch.utils.data._utils.collate.default_convert": """
        from torch.utils.data._utils.collate import default_convert

        result = default_convert(a.numpy())
    """,
    "torch.utils.data.dataloader.default_collate": """
        from torch.utils.data.dataloader import default_collate

        result = default_collate([1.0, 2.0])
    """,
}


def _name(row: Any) -> str:
    return f"{row.old}({row.keyword})" if row.keyword else row.old


def _runs_elsewhere(row: Any) -> bool:
    """Whether the tests of numbers run a function, or a method of its name. Schedulers have one row for all of them."""
    last = re.escape(row.old.rpartition(".")[2])
    return row.keyword == "verbose" or re.search(rf"\.{last}\b", _FUNCTIONS) is not None


@pytest.mark.parametrize("row", ROWS, ids=_name)
def test_a_row_with_a_fix_runs_somewhere(row: Any) -> None:
    ways = [_name(row) in PROGRAMS, _name(row) in EXEMPT]
    assert any(ways) or _runs_elsewhere(row)
    assert not all(ways)


def test_no_program_is_about_a_row_that_is_not_there() -> None:
    assert {*PROGRAMS, *EXEMPT} <= set(map(_name, ROWS))


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_program_computes_the_same_after_the_fix(name: str) -> None:
    program = f"import torch\n\n{textwrap.dedent(PROGRAMS[name]).strip()}\n"
    after = fixed(program)
    old, new = (
        ran(text, a=torch.linspace(-1, 1, 9, dtype=torch.float64).reshape(3, 3), space=f"of_rows_{next(_COUNT)}")
        for text in (program, after)
    )
    assert after != program
    assert "(" in name or not re.search(rf"{re.escape(name)}\b", after)
    if _is_numeric(old):
        torch.testing.assert_close(new, old, rtol=0, atol=0)
    else:
        assert new == old


def _is_numeric(value: Any) -> bool:
    parts = value if isinstance(value, tuple) else (value,)
    return bool(parts) and all(isinstance(part, torch.Tensor) for part in parts)


def test_what_derives_from_a_scheduler_is_told_by_its_new_name_alone() -> None:
    """Schedulers of torch are not instances of the old name, so that a fix of `isinstance` changes its answer."""
    program = "from torch.optim import lr_scheduler as s\n\nresult = issubclass(s.StepLR, s._LRScheduler)\n"
    assert not ran(program)
    assert ran(fixed(program))
    (finding,) = found(program)
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.UNSAFE


def test_a_scheduler_runs_without_the_keyword_that_is_gone() -> None:
    program = """\
        import torch

        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1, verbose=True)
        result = scheduler.get_last_lr()
    """
    assert ran(fixed(program)) == [0.5]
    with pytest.raises(TypeError):
        ran(textwrap.dedent(program))
