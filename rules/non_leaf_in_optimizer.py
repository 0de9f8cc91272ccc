"""An optimiser that is given a tensor which is not a leaf.

## What it does
Finds tensors given to an optimiser of `torch.optim`, in a list or in parameter groups, that are certainly results of
operations on tensors that require grad, or leaves that were moved: `torch.randn(3, requires_grad=True).cuda()`. Silent
where the move may have nothing to do: `.to(device)` gives back a tensor that is on the device already, so that the
device or the dtype must be known to be another one.

## Why is this bad?
Optimisers take leaves only, and raise `ValueError: can't optimize a non-leaf Tensor`. On a machine where
`.to(device)` has nothing to do the same code works, which hides the mistake.

## Example
```python
w = torch.randn(3, requires_grad=True).to("cuda")
optimizer = torch.optim.SGD([w], lr=0.1)
```
Use instead:
```python
w = torch.randn(3, device="cuda", requires_grad=True)
optimizer = torch.optim.SGD([w], lr=0.1)
```

## When not to use it
There is no program in which such an optimiser is made. A test that wants it to raise says `# torchlint:
ignore[TLT718]`.

## References
- [torch.optim](https://docs.pytorch.org/docs/stable/optim.html#constructing-it)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.rule import ERROR, BoundCall, Check, Frame, Place, Problem
from torchlint.vocabulary.autograd import is_non_leaf
from torchlint.vocabulary.devices import makes_another

# The optimisers of torch: they refuse what is not a leaf.
_OPTIMIZERS = (
    *("ASGD", "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "LBFGS", "Muon", "NAdam", "RAdam"),
    *("RMSprop", "Rprop", "SGD", "SparseAdam"),
)


class NonLeafInOptimizer(Check):
    code = "TLT718"
    since = "0.1"
    related = ("TLT609", "TLT711", "TLT728")
    severity = ERROR
    message = "The optimizer is given a tensor that is not a leaf: it raises a ValueError"
    help = "Make the tensor where it is to be, then set `requires_grad`; or wrap it in `nn.Parameter`"
    calls = tuple(f"torch.optim.{name}" for name in _OPTIMIZERS)
    words = (("requires_grad", "requires_grad_", "Parameter"),)

    def check_call(self, call: BoundCall, frame: Frame) -> Iterator[Problem]:
        first = call.argument("params")
        for node in _tensors(first) if first is not None else ():
            value = frame.values.get(node)
            if value is not None and is_non_leaf(value, frame, makes_another):
                places = (Place(value.node, "it is made here"),) if value.node is not None else ()
                yield Problem(node, places=places)


def _tensors(node: ast.expr) -> Iterator[ast.expr]:
    """The expressions in a list of tensors or of parameter groups."""
    match node:
        case ast.List() | ast.Tuple():
            for element in node.elts:
                yield from _tensors(element)
        case ast.Dict():
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "params":
                    yield from _tensors(value)
        case ast.Name() | ast.Attribute() | ast.Call() | ast.BinOp() | ast.Subscript():
            yield node
