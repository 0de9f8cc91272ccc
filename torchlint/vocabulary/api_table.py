"""Names of torch that do not exist or should no longer be used, and what to write instead.

`tests/vocabulary/test_api_table.py` compares every row with the installed torch.
"""

from __future__ import annotations

from typing import NamedTuple

from torchlint.rule import Severity as Severity


class Case(NamedTuple):
    """What some calls of an old name become.

    `new` is an expression over the parameters of the old name; a keyword whose parameter was not given is left out.
    `when` are the literals that the call must have (`some=False`; `p:number` for what is written as a number).
    `result` is which of several results is asked for: its index, `unpack` for all of them in an assignment to names,
    or nothing for the whole. `then` is the index of a result and the attribute to take of it: `2:mH`. The
    fix is safe only if `need` holds.
    """

    new: str
    when: str = ""
    result: str = ""
    then: str = ""
    need: str = ""


class Row(NamedTuple):
    """One name. `new` is what to use; where it is not a name that takes the same arguments, `fix` is False.

    `arguments` are the parameters of the old name in their order: `axis:dim` is called `dim` now, `upper:=upper` has to
    be written as a keyword, `name:` has no counterpart. `values` are what literal arguments become. `adds` is appended
    to the arguments. Those of a row with `ANY` stay as they are. With `listed` all positional arguments become one
    list. `needs` are new names of arguments that must be given. `severity` is that of the rule unless a row has its
    own. `message` is said instead of the usual one; `changes` is what a fix does to results, if anything.

    What is more than another name has `cases`, with the old `signature` (`input some=True`; of a method, the receiver
    is the first parameter) and the names of the old `results`. `prepends` comes before the arguments. Of a row with a
    `keyword`, only that keyword is old: the fix drops it, or calls it `renamed`; one that is given by its `place` is
    reported, too. With `absent` the call is old if it does not give the keyword, and `adds`, being a decision, is only
    shown. With `called` the old name is a plain attribute and the new one a function. With `module` the old name is a
    module, and importing from it is a use. With `stub` a removed name is still there, and raises where it is called.

    `deprecated`, `removed` and `lowest` are versions of torch: since when the old name warns, since when it is gone or
    raises, and the first that is known to have the new one as it is written. `source` is where torch says so, or what
    shows it; `tests/vocabulary/version_sources.csv` has what the versions were read from.
    """

    old: str
    new: str = ""
    arguments: str = "input"
    adds: str = ""
    values: tuple[tuple[str, str, str], ...] = ()
    listed: bool = False
    needs: str = ""
    fix: bool = True
    severity: Severity | None = None
    message: str = ""
    changes: str = ""
    prepends: str = ""
    signature: str = ""
    results: str = ""
    cases: tuple[Case, ...] = ()
    keyword: str = ""
    renamed: str = ""
    place: int = -1
    absent: bool = False
    called: bool = False
    module: bool = False
    stub: bool = False
    deprecated: str = ""
    removed: str = ""
    lowest: str = ""
    source: str = ""

    @property
    def is_gone(self) -> bool:
        """Whether importing the name fails where it was removed."""
        return bool(self.removed) and not (self.keyword or self.stub or self.module)


# The arguments of a name that is not torch's: they stay as they are.
ANY = "*"
# Methods are rows, too: the name of a method of something that certainly is of the class.
TENSOR = "torch.Tensor."
SCHEDULER = "torch.optim.lr_scheduler.LRScheduler."
MODULE = "torch.nn.Module."
METHODS = (TENSOR, SCHEDULER, MODULE)

_REDUCE = "input_tensor:input axis:dim keepdims:keepdim name:"
# Names of TensorFlow, NumPy and others that torch has under another name. The old name fails, so each fix is a change.
FOREIGN = (
    Row("torch.reduce_max", "torch.amax", _REDUCE, lowest="1.7"),
    Row("torch.reduce_min", "torch.amin", _REDUCE, lowest="1.7"),
    Row("torch.reduce_sum", "torch.sum", _REDUCE),
    Row("torch.reduce_mean", "torch.mean", _REDUCE),
    Row("torch.reduce_prod", "torch.prod", _REDUCE),
    Row("torch.reduce_all", "torch.all", _REDUCE),
    Row("torch.reduce_any", "torch.any", _REDUCE),
    Row("torch.reduce_logsumexp", "torch.logsumexp", _REDUCE, needs="dim"),
    Row("torch.reduce_std", "torch.std", _REDUCE.replace("keepdims:", "keepdims:="), adds="correction=0", lowest="2.0"),
    Row(
        "torch.reduce_variance",
        "torch.var",
        _REDUCE.replace("keepdims:", "keepdims:="),
        adds="correction=0",
        lowest="2.0",
    ),
    Row("torch.expand_dims", "torch.unsqueeze", "input axis:dim name:", needs="dim"),
    Row("torch.stop_gradient", "torch.detach", "input name:"),
    Row("torch.clip_by_value", "torch.clamp", "t:input clip_value_min:min clip_value_max:max name:"),
    Row("torch.is_nan", "torch.isnan", "x:input name:"),
    Row("torch.is_inf", "torch.isinf", "x:input name:"),
    Row("torch.is_finite", "torch.isfinite", "x:input name:"),
    Row("torch.set_random_seed", "torch.manual_seed", "seed"),
    Row("torch.batch_matmul", "torch.bmm", "x:input y:mat2"),
    Row("torch.truediv", "torch.true_divide", "x:input y:other name:", lowest="1.6"),
    Row("torch.floordiv", "torch.floor_divide", "x:input y:other name:", lowest="1.6"),
    Row("torch.floormod", "torch.remainder", "x:input y:other name:"),
    Row("torch.mod", "torch.remainder", "x:input y:other name:"),
    Row("torch.power", "torch.pow", "x:input y:exponent name:"),
    Row("torch.top_k", "torch.topk", "input k sorted:=sorted name:"),
    Row("torch.convert_to_tensor", "torch.as_tensor", "value:data dtype:=dtype name:"),
    Row("torch.unstack", "torch.unbind", "value:input num: axis:dim name:"),
    Row("torch.boolean_mask", "x[mask]", fix=False),
    Row("torch.cast", "x.to(dtype)", fix=False),
    Row("torch.gather_nd", "x[tuple(index.unbind(-1))]", fix=False),
    Row("torch.one_hot", "torch.nn.functional.one_hot", "indices:input depth:num_classes", lowest="1.9"),
    Row("torch.elu", "torch.nn.functional.elu", "input alpha inplace"),
    Row("torch.gelu", "torch.nn.functional.gelu", "input approximate:=approximate", lowest="1.9"),
    Row("torch.silu", "torch.nn.functional.silu", "input inplace", lowest="1.7"),
    Row("torch.swish", "torch.nn.functional.silu", "input", lowest="1.7"),
    Row("torch.leaky_relu", "torch.nn.functional.leaky_relu", "input negative_slope inplace"),
    Row("torch.softplus", "torch.nn.functional.softplus", "input beta threshold"),
    Row("torch.log_sigmoid", "torch.nn.functional.logsigmoid", "x:input"),
    Row("torch.pad", "torch.nn.functional.pad", fix=False),
    Row("torch.array", "torch.tensor", "object:data dtype:=dtype"),
    Row("torch.copy", "torch.clone", "a:input"),
    Row("torch.rint", "torch.round", "x:input"),
    Row("torch.around", "torch.round", "a:input decimals:=decimals"),
    Row("torch.fabs", "torch.abs", "x:input"),
    Row("torch.invert", "torch.bitwise_not", "x:input", lowest="1.6"),
    Row("torch.degrees", "torch.rad2deg", "x:input", lowest="1.6"),
    Row("torch.radians", "torch.deg2rad", "x:input", lowest="1.6"),
    Row("torch.in1d", "torch.isin", "ar1:elements ar2:test_elements", lowest="1.10"),
    Row("torch.array_equal", "torch.equal", "a1:input a2:other"),
    Row("torch.array_split", "torch.tensor_split", fix=False, lowest="1.8"),
    Row("torch.repeat", "torch.repeat_interleave", "a:input repeats axis:dim", lowest="1.6"),
    Row("torch.take_along_axis", "torch.take_along_dim", "arr:input indices axis:dim", lowest="1.9"),
    Row("torch.inv", "torch.linalg.inv", "a:A", lowest="1.9"),
    Row("torch.pinv", "torch.linalg.pinv", "a:input", lowest="1.9"),
    Row("torch.eigh", "torch.linalg.eigh", "a:input", lowest="1.9"),
    Row("torch.eigvals", "torch.linalg.eigvals", "a:input", lowest="1.9"),
    Row("torch.random.rand", "torch.rand", "size"),
    Row("torch.random.randn", "torch.randn", "size"),
    Row("torch.random.permutation", "torch.randperm", "x:n", fix=False),
    Row("torch.Tensor.astype", "torch.Tensor.to", "dtype"),
    Row("torch.Tensor.copy", "torch.Tensor.clone", ""),
    Row("torch.Tensor.expand_dims", "torch.Tensor.unsqueeze", "axis:dim", needs="dim"),
    Row("torch.Tensor.to_list", "torch.Tensor.tolist", ""),
    Row("torch.Tensor.is_nan", "torch.Tensor.isnan", ""),
    Row("torch.Tensor.unstack", "torch.Tensor.unbind", "axis:dim"),
    Row("torch.Tensor.asnumpy", "torch.Tensor.numpy", fix=False),
)
