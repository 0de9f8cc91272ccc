"""A tensor of a shape that the operation cannot take.

## What it does
Works out shapes, in numbers and in symbols, from what is written: the sizes of new tensors, the arguments of layers,
views, slices and joins. Finds operations that torch refuses for all shapes that the text allows: a `Linear` that
cannot take what the convolutions give it, a product of matrices that do not fit, a view with another number of
elements, tensors that cannot be joined or broadcast. A method is looked at by itself, with sizes of its own for what it
is given, and for each call of it with the arguments of that call.

Only functions are looked at in which sizes are numbers: in a shape that is asked for (`torch.zeros(3, 5)`,
`x.view(-1, 400)`) or in the layers of their class, by a name that is given a number too; and those that go over data
with a `DataLoader`. What is symbols alone (`nn.Linear(width, width)`) can hardly be refused, except after a recurrent
layer with `bidirectional=True`.

Silent where anything in it is not known, where the code may not be reached (in a branch that is not decided, after an
early return, in `try`), where an error is expected (`pytest.raises`), and where a layer may be replaced.

## Why is this bad?
The program raises as soon as it gets there, which may be after an hour of training: in a branch for validation, or in
the last layer of a model that was changed.

## Example
```python
self.conv = nn.Conv2d(3, 16, 5)
self.fc = nn.Linear(120, 10)

x = self.conv(x)
x = x.view(-1, 16 * 5 * 5)
x = self.fc(x)
```
Use instead:
```python
self.conv = nn.Conv2d(3, 16, 5)
self.fc = nn.Linear(16 * 5 * 5, 10)
```

## When not to use it
Turn it off for models whose layers are replaced from outside, by a framework that builds them anew: they have other
sizes than those that are written.

## References
- [torch.nn.Linear](https://docs.pytorch.org/docs/stable/generated/torch.nn.Linear.html)
- [Broadcasting semantics](https://docs.pytorch.org/docs/stable/notes/broadcasting.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.rule import (
    ERROR,
    Check,
    Frame,
    Module,
    Op,
    Place,
    Problem,
    facts,
    is_test,
    known_shapes,
    once_per_file,
    ops,
)
from torchlint.vocabulary.certain_runs import evaluations, is_undecided, runs_for_certain
from torchlint.vocabulary.old_items import number_of
from torchlint.vocabulary.refused_operations import called_from, layer_made, subject
from torchlint.vocabulary.written_sizes import writes_sizes

# What a layer is as long as nobody assigns one of these.
_SETTINGS = frozenset(
    [
        "weight",
        "in_features",
        "out_features",
        "in_channels",
        "out_channels",
        "num_features",
        "normalized_shape",
        "kernel_size",
        "stride",
        "padding",
        "forward",
    ]
)
_EXPECTATIONS = ("raises", "assertRaises", "assertRaisesRegex")
_HOOKS = ("setattr", "register_forward_pre_hook", "register_forward_hook", "register_parametrization")


class ShapeMismatch(Check):
    code = "TLT320"
    since = "0.2"
    related = ("TLT302", "TLT304")
    severity = ERROR
    message = "Torch raises here: the shapes do not fit"
    help = "Change the sizes so that they agree: those of the layer, or the shape of what it is given"

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        module = frame.module
        if not writes_sizes(frame) or _expects_errors(module):
            return
        for inner in evaluations(frame):
            for op in inner.ops:
                reason = known_shapes.refusal(op) if _is_of_tensors(op) else ""
                # Of `loss.data[0]` TLT803 says what to write instead.
                if reason and number_of(op.node) is None and _is_certain(op, inner):
                    yield _problem(op, inner, reason)


def _expects_errors(module: Module) -> bool:
    """Whether a file tests that something raises."""
    return is_test(module) and any(module.references(name) for name in _EXPECTATIONS)


def _is_certain(op: Op, frame: Frame) -> bool:
    """Whether an operation is certainly the one that is written, and certainly run."""
    node = op.node
    if not isinstance(node, ast.expr) or is_undecided(node, frame):
        return False
    if op.layer is not None and (_may_be_changed(frame, node) or _may_be_off(op, frame)):
        return False
    return runs_for_certain(node, frame)


def _may_be_off(op: Op, frame: Frame) -> bool:
    """Whether a layer drops nothing, and so takes all shapes, in eval mode."""
    return op.name in ops.that(random="training") and bool(frame.module.references("eval"))


def _is_of_tensors(op: Op) -> bool:
    """Whether an operation is one of torch's: arrays and tables have methods and operators of the same names."""
    if op.form not in ("Tensor", "operator"):
        return True
    operands = [op.input] if op.form == "Tensor" or op.name == "getitem" else [*op.args.values()]
    return any(facts.is_tensor(operand) for operand in operands)


def _may_be_changed(frame: Frame, node: ast.expr) -> bool:
    """Whether a layer may be another one than where it was made, or have other weights."""
    module = frame.module
    if not _SETTINGS.isdisjoint(module.foreign_writes) or any(module.references(name) for name in _HOOKS):
        return True
    func = node.func if isinstance(node, ast.Call) else None
    if not isinstance(func, ast.Attribute):
        return False
    if func.attr in _written_into(module):
        return True
    own = frame.function.cls if frame.function is not None else None
    # A class of the file that derives from this one may have set the attribute to something else.
    return own is not None and any(
        other is not own and func.attr in other.writers and _derives(other.node, own.name)
        for other in module.all_classes
    )


@once_per_file
def _written_into(module: Module) -> frozenset[str]:
    """The attributes of which a part is assigned, as in `model.head[1] = ..` and `model.head.fc = ..`."""
    found: set[str] = set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store):
            found.update(part.attr for part in ast.walk(node.value) if isinstance(part, ast.Attribute))
    return frozenset(found)


def _derives(node: ast.ClassDef, name: str) -> bool:
    return any(getattr(base, "attr", getattr(base, "id", "")) == name for base in node.bases)


def _problem(op: Op, frame: Frame, reason: str) -> Problem:
    assert op.node is not None
    return Problem(op.node, f"{subject(op)} raises here: {reason}", places=tuple(_places(op, frame)))


def _places(op: Op, frame: Frame) -> Iterator[Place]:
    """Where the layer was made, where the shapes come from, and the call that they come in by."""
    yield from layer_made(op)
    for value in op.args.values():
        source = known_shapes.source(value)
        if source is not None and source.node is not None and source.node is not op.node:
            (shape,) = known_shapes.shapes(source)[:1]
            yield Place(source.node, f"shape {shape} comes from here", source.frame)
    yield from called_from(frame)
