"""A transform set on one part of a split dataset: all parts share the dataset, and get it.

## What it does
Finds `part.dataset.transform = ..`, and other attributes that speak of transforms or augmentation, where `part` comes
from `random_split`, or is a `Subset` of a dataset of which there is another one. Where several parts get different
transforms, the last is reported: it is the one that all of them have.

Silent where the part was given a dataset of its own before, and where all parts get the same.

## Why is this bad?
A part of a split holds the dataset and a list of indices. `part.dataset` is the one dataset that all parts hold: the
transform of the last assignment is applied to all of them. The training set loses its augmentation, or the validation
set is augmented, which makes its figures worse and noisy.

## Example
```python
train, val = random_split(dataset, [0.8, 0.2])
val.dataset.transform = plain
```
Use instead:
```python
train, val = random_split(dataset, [0.8, 0.2])
val.dataset = copy.copy(dataset)
val.dataset.transform = plain
```

## Fix safety
The fix gives the part a shallow copy of the dataset: samples are shared, settings are not. It is only ever shown, since
a dataset may keep its transform in an object that is shared as well.

## When not to use it
Turn it off for datasets that change their transform on purpose, such as between two phases of training.

## References
- [torch.utils.data.random_split](https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.random_split)
- [torch.utils.data.Subset](https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.Subset)
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from torchlint.rule import (
    Call,
    Changes,
    Check,
    Element,
    Frame,
    Place,
    Problem,
    Value,
    is_test,
    made_by,
    own_nodes,
    same,
)
from torchlint.vocabulary.datasets import SPLITS, SUBSETS
from torchlint.vocabulary.training import settled
from torchlint.vocabulary.turns import position

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

_TRANSFORM = re.compile(r"transform|augment", re.IGNORECASE)


class _Store(NamedTuple):
    """`part.dataset.transform = new`: the statement, how the part is written, and what it is."""

    node: ast.Assign
    part: ast.expr
    value: Value
    attribute: str


class SplitSharesTransform(Check):
    code = "TLT510"
    since = "0.2"
    related = ("TLT508",)
    message = "All parts of a split share one dataset: this transform is applied to the other parts, too"
    title = "Give this part a dataset of its own"
    help = "Make each part of a dataset of its own: `part.dataset = copy.copy(part.dataset)` before"
    words = (("dataset",), ("random_split", "Subset"))

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if is_test(frame.module):
            return
        nodes = list(own_nodes(frame.scope))
        owned = {text for node in nodes for text in _given_a_dataset(node)}
        stores = [store for node in nodes if (store := _store(frame, node)) and ast.unparse(store.part) not in owned]
        stores.sort(key=lambda store: position(store.node))
        while stores:
            first = stores[0]
            group = [store for store in stores if _share(store, first)]
            stores = [store for store in stores if store not in group]
            news = {ast.unparse(store.node.value) for store in group}
            if len(group) > 1 and len(news) == 1:
                continue
            if len(group) > 1 or _has_other_part(frame, first):
                yield _problem(frame, group)


def _given_a_dataset(node: ast.AST) -> Iterator[str]:
    """The parts that a statement gives a dataset of their own."""
    for target in node.targets if isinstance(node, ast.Assign) else ():
        if isinstance(target, ast.Attribute) and target.attr == "dataset":
            yield ast.unparse(target.value)


def _store(frame: Frame, node: ast.AST) -> _Store | None:
    match node:
        case ast.Assign(targets=[ast.Attribute(value=ast.Attribute(value=part, attr="dataset"), attr=attribute)]):
            value = settled(frame.values.get(part))
            if value is not None and _TRANSFORM.search(attribute) and _origin(value) is not None:
                return _Store(node, part, value, attribute)
    return None


def _origin(value: Value) -> Value | None:
    """The call of `random_split` that a part comes from, or the dataset of a `Subset`."""
    if isinstance(value, Element) and isinstance(value.base, Call) and value.base.qualname in SPLITS:
        return value.base
    made = made_by(value) if isinstance(value, Call) and value.qualname in SUBSETS else None
    return settled(made.value("dataset")) if made is not None else None


def _share(a: _Store, b: _Store) -> bool:
    """Whether two parts, or one and the same, hold one dataset."""
    ours, theirs = _origin(a.value), _origin(b.value)
    return a.attribute == b.attribute and ours is not None and theirs is not None and same(ours, theirs)


def _has_other_part(frame: Frame, store: _Store) -> bool:
    """Whether something else that is read in the function is a part of the same dataset."""
    origin = _origin(store.value)
    for node, value in [*frame.values.items()]:
        if not isinstance(node, ast.Name | ast.Attribute | ast.Subscript) or not isinstance(node.ctx, ast.Load):
            continue
        part = settled(value)
        other = _origin(part) if part is not None else None
        if part is store.value or other is None or origin is None or not same(other, origin):
            continue
        if not (isinstance(part, Element) and isinstance(store.value, Element) and part.key == store.value.key):
            return True
    return False


def _problem(frame: Frame, group: list[_Store]) -> Problem:
    last = group[-1]
    places = tuple(Place(store.node, "this is overwritten") for store in group[:-1])
    claim = Changes("the other parts keep their transform")
    return Problem(last.node, "", _copied(frame, last), claim, places=places, display=True)


def _copied(frame: Frame, store: _Store) -> Callable[[Editor], None]:
    def fix(editor: Editor) -> None:
        home, part = editor.import_module("copy", scope_names=frame.local_names), editor.text(store.part)
        editor.insert_before(store.node, [f"{part}.dataset = {home}.copy({part}.dataset)"])

    return fix
