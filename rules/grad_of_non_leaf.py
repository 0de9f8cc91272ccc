"""`.grad` of a tensor that is not a leaf: None, and a warning.

## What it does
Finds reads of `.grad` on what is certainly the result of an operation on tensors that require grad, or a leaf that
was moved (`torch.randn(3, requires_grad=True).cuda()`), where `retain_grad()` is not called on it.

## Why is this bad?
`backward()` fills `.grad` of leaves only. For any other tensor `.grad` is None, and reading it warns; what is done
with the gradient then fails or is left out.

## Example
```python
w = torch.randn(3, requires_grad=True).cuda()
w.sum().backward()
print(w.grad)
```
Use instead:
```python
w = torch.randn(3, device="cuda", requires_grad=True)
w.sum().backward()
print(w.grad)
```

## When not to use it
Turn it off where `retain_grad()` is called by code that is not in sight.

## References
- [torch.Tensor.grad](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.grad.html)
- [torch.Tensor.retain_grad](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.retain_grad.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.rule import Check, Frame, Place, Problem, Value, inventory_of, own_nodes
from torchlint.vocabulary.autograd import is_non_leaf
from torchlint.vocabulary.devices import is_meant_to_make_another

_KEEPING = frozenset({"retain_grad", "is_leaf", "register_hook", "retains_grad"})


class GradOfNonLeaf(Check):
    code = "TLT711"
    since = "0.1"
    related = ("TLT717", "TLT718")
    message = "`.grad` of a tensor that is not a leaf is None: call `retain_grad()` on it, or read that of a leaf"
    help = "Call `retain_grad()` on the tensor before `backward`, or read `.grad` of the leaf"
    words = (("grad",),)

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        for node in inventory_of(frame.scope).reads("grad"):
            if not isinstance(node, ast.Attribute):
                continue
            value = frame.values.get(node.value)
            if (
                value is not None
                and is_non_leaf(value, frame, is_meant_to_make_another)
                and not _is_kept(frame, node.value, value)
            ):
                places = (Place(value.node, "it is made here"),) if value.node is not None else ()
                yield Problem(node, places=places)


def _is_kept(frame: Frame, node: ast.expr, value: Value) -> bool:
    """Whether the code knows: it calls `retain_grad` on the tensor, or asks whether it is a leaf."""
    text = ast.unparse(node)
    for inner in own_nodes(frame.scope):
        asked = inner.value if isinstance(inner, ast.Attribute) and inner.attr in _KEEPING else None
        if asked is not None and (frame.values.get(asked) is value or ast.unparse(asked) == text):
            return True
    return False
