"""A tensor of a dtype that the operation cannot take.

## What it does
Finds operations that torch refuses for the dtype that a tensor certainly has: `mean`, `std`, `softmax` and norms of
integers, an index of floats, a product of matrices of two dtypes, an embedding of floats, and a result of floats that
is written into a tensor of integers.

Silent where a dtype is not known, under autocast, where the code may not be reached, and where an error is expected
(`pytest.raises`).

## Why is this bad?
The program raises as soon as it gets there.

## Example
```python
counts = torch.tensor([1, 2, 3])
centred = counts - counts.mean()
```
Use instead:
```python
counts = torch.tensor([1, 2, 3])
centred = counts - counts.float().mean()
```

## When not to use it
It is off by default: it was tried on less code than the others. There is no program in which such an operation
returns, except one that changes what torch's operations do.

## References
- [torch.Tensor.to](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.to.html)
- [Type promotion](https://docs.pytorch.org/docs/stable/tensor_attributes.html#type-promotion-doc)
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping

from torchlint.rule import ERROR, Check, Frame, Module, Op, Problem, Value, dtypes, facts, members
from torchlint.vocabulary.certain_runs import is_expected_to_raise, is_undecided, runs_for_certain

_WHOLE = ("int", "bool")
# Of integers these raise, unless a dtype is passed.
_FLOATING_ONLY = (
    *("mean", "std", "var", "std_mean", "var_mean", "softmax", "log_softmax", "linalg.norm", "linalg.vector_norm"),
    *("norm", "layer_norm", "normalize"),
)
_PRODUCTS = ("matmul", "mm", "bmm")
_IN_PLACE = ("div_", "true_divide_", "sqrt_", "exp_", "log_", "sigmoid_", "tanh_", "rsqrt_", "normal_")


class DtypeMismatch(Check):
    code = "TLT321"
    since = "0.2"
    related = ("TLT320", "TLT116")
    severity = ERROR
    default = False
    message = "Torch raises here: it does not take this dtype"
    help = "Convert the tensor first, with `.float()`, `.long()` or `.to(dtype)`"
    ops = (*_FLOATING_ONLY, *_PRODUCTS, *_IN_PLACE, "getitem", "Embedding", "embedding", "Linear", "one_hot")

    def check_op(self, op: Op, frame: Frame) -> Iterator[Problem]:
        reason = _refused(op)
        if reason and op.node is not None and _is_certain(op, frame):
            yield Problem(op.node, f"This raises: {reason}")


def _refused(op: Op) -> str:
    """What torch refuses about the dtypes; empty where it may take them."""
    handler = _REFUSALS.get(op.name)
    return handler(op) if handler is not None else ""


def _of_whole_numbers(op: Op) -> str:
    if "dtype" in op.args or "**" in op.args:
        return ""
    known = _class_of(op.input)
    words = {"int": "integers", "bool": "truth values"}
    return f"`{op.name}` takes floating-point numbers, and is given {words[known]}" if known in words else ""


def _of_two_dtypes(op: Op) -> str:
    other = next((op.args[name] for name in ("other", "mat2") if name in op.args), None)
    first, second = _dtype_of(op.input), None if other is None else _dtype_of(other)
    if first is None or second is None:
        classes = _class_of(op.input), None if other is None else _class_of(other)
        if set(classes) != {"int", "float"}:
            return ""
        first, second = ("integers" if each == "int" else "floating-point numbers" for each in classes)
    return "" if first == second else f"the factors of `{op.name}` have two dtypes, {first} and {second}"


def _of_weights(op: Op) -> str:
    known = _class_of(op.input)
    plain = op.layer is not None and "dtype" not in op.args and "**" not in op.args
    return "the weights are floating-point numbers, and it is given integers" if plain and known == "int" else ""


def _of_labels(op: Op) -> str:
    name = {"Embedding": "an embedding", "embedding": "an embedding", "one_hot": "`one_hot`"}[op.name]
    known = _class_of(op.input)
    return f"{name} takes integers, and is given floating-point numbers" if known == "float" else ""


def _index(op: Op) -> str:
    index = op.args.get("index")
    if index is None or facts.is_tensor(index) is not True or facts.is_tensor(op.input) is not True:
        return ""
    return "an index has to hold integers or truth values, and is of floats" if _class_of(index) == "float" else ""


def _written_into(op: Op) -> str:
    known = _class_of(op.input)
    return f"`{op.name}` gives floating-point numbers, and is to write them into integers" if known == "int" else ""


_REFUSALS: Mapping[str, Callable[[Op], str]] = {
    **dict.fromkeys(_FLOATING_ONLY, _of_whole_numbers),
    **dict.fromkeys(_PRODUCTS, _of_two_dtypes),
    **dict.fromkeys(_IN_PLACE, _written_into),
    **dict.fromkeys(("Embedding", "embedding", "one_hot"), _of_labels),
    "Linear": _of_weights,
    "getitem": _index,
}


def _class_of(value: Value) -> str | None:
    """What a tensor holds on every path."""
    found = {dtypes.dtype_class(member) if facts.is_tensor(member) else None for member in members(value)}
    return found.pop() if len(found) == 1 else None


def _dtype_of(value: Value) -> str | None:
    return dtypes.dtype(value) if facts.is_tensor(value) else None


def _is_certain(op: Op, frame: Frame) -> bool:
    """Whether an operation is certainly run, with the dtypes that are written, and nobody waits for its error."""
    module = frame.module
    if _may_cast(module) or not isinstance(op.node, ast.expr) or is_expected_to_raise(op.node, module):
        return False
    return not is_undecided(op.node, frame) and runs_for_certain(op.node, frame)


def _may_cast(module: Module) -> bool:
    """Whether operations may get other dtypes than those that are written."""
    return any(module.references(name) for name in ("autocast", "custom_fwd", "set_default_dtype", "half", "bfloat16"))
