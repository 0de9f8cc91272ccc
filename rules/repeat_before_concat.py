"""A tensor is repeated only to be concatenated and given to a linear layer: two smaller layers broadcast instead.

## What it does
Finds a linear layer whose input is a concatenation with a `repeat` or `expand` of a tensor.

Silent where the concatenation is used elsewhere too.

## Why is this bad?
The repeated tensor, and the concatenation with it, are written out in full, and the layer computes the same products
once for each copy. `linear(cat([a, b.repeat(..)]))` is `linear_a(a) + linear_b(b)`, in which the sum broadcasts.

## Example
```python
tiled = b.repeat(1, 3, 1)
d = self.linear(torch.cat([a, tiled], 2))
```
Use instead:
```python
d = self.linear_a(a) + self.linear_b(b)
```

## Fix safety
There is no fix: the layer becomes two, with other parameters in the state dict.

## When not to use it
It is off by default: the two layers are longer to write, and pay for large inputs only.

## References
- [Broadcasting semantics](https://docs.pytorch.org/docs/stable/notes/broadcasting.html)
"""

from __future__ import annotations

from collections.abc import Iterator

from torchlint.rule import INFO, Check, Frame, Items, Op, Place, Problem, Value, ops

_COPIES = ops.that(elements="repeated")
_LINEAR = ops.that(affine=True, shape="last dim")


class RepeatBeforeConcat(Check):
    code = "TLT306"
    since = "0.1"
    related = ("TLT407",)
    severity = INFO
    default = False
    message = "A tensor is repeated only to be concatenated for a linear layer; two layers and a sum broadcast"
    help = "Give each part a smaller linear layer of its own, and add the results, which broadcast"
    ops = ("cat",)
    needs = (tuple(sorted(_COPIES)), tuple(sorted(_LINEAR)))

    def check_op(self, op: Op, frame: Frame) -> Iterator[Problem]:
        tensors = op.args.get("tensors")
        copies = [_copy(part) for part in tensors.items] if isinstance(tensors, Items) else []
        users = [other for other in frame.ops if any(value is op for value in other.args.values())]
        if not any(copies) or len(users) != 1 or users[0].name not in _LINEAR or op.node is None:
            return
        nodes = [copy.node for copy in copies if copy is not None and copy.node is not None]
        yield Problem(op.node, places=tuple(Place(node, "the copies are made here") for node in nodes))


def _copy(value: Value) -> Op | None:
    return value if isinstance(value, Op) and value.name in _COPIES else None
