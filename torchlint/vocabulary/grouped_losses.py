"""Losses that get the output of one model through one criterion: one mistake, told once."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import NamedTuple
from weakref import WeakKeyDictionary

from torchlint.rule import Chain, Check, Frame, Op, Place

from .grad_mode import is_called_without_grad
from .loss_inputs import maker, places

Find = Callable[[Op], list[Chain]]


class Loss(NamedTuple):
    """A loss, and how its input came about."""

    op: Op
    frame: Frame
    found: list[Chain]

    @property
    def trains(self) -> bool:
        return self.op.grad and not is_called_without_grad(self.frame)


class Group(NamedTuple):
    """The first loss that something is trained with, and those of the same model and criterion."""

    first: Loss
    others: list[Loss]

    def places(self, source: str) -> tuple[Place, ...]:
        """Where the input comes from, which `source` names, and what else gets it."""
        return (*places(self.first.found, source, self.first.op), *map(_place, self.others))


def _place(loss: Loss) -> Place:
    message = "this loss gets it, too" if loss.trains else "this loss, which is only measured, gets it, too"
    return Place(loss.op.node or loss.frame.module.tree, message, loss.frame)


_known: WeakKeyDictionary[object, dict[str, list[Group]]] = WeakKeyDictionary()


def groups(frame: Frame, rule: Check, find: Find) -> Iterator[Group]:
    """The groups of the file whose first loss is in a frame. A model of which losses are only measured has none."""
    if not any(op.name in rule.ops and find(op) for op in frame.ops):
        return
    known = _known.setdefault(frame.evaluator, {})
    if rule.code not in known:
        known[rule.code] = _groups(frame, rule, find)
    yield from (group for group in known[rule.code] if group.first.frame is frame)


def _groups(frame: Frame, rule: Check, find: Find) -> list[Group]:
    losses: dict[object, list[Loss]] = {}
    for outer in _frames(frame):
        for op in outer.ops:
            found = find(op) if op.name in rule.ops else []
            if found:
                losses.setdefault(_key(op, found), []).append(Loss(op, outer, found))
    made = []
    for alike in losses.values():
        alike.sort(key=lambda loss: (getattr(loss.op.node, "lineno", 0), getattr(loss.op.node, "col_offset", 0)))
        first = next((loss for loss in alike if loss.trains), None)
        if first is not None:
            made.append(Group(first, [loss for loss in alike if loss is not first]))
    return made


def _frames(frame: Frame) -> Iterator[Frame]:
    evaluator, module = frame.evaluator, frame.module
    yield evaluator.module_frame(module)
    for function in module.all_functions:
        if not evaluator.is_busy(function):
            yield evaluator.frame(function)


def _key(op: Op, found: list[Chain]) -> object:
    """What two losses share that are about one model and one criterion: the places where both are made."""
    criterion: ast.AST | str | None = op.layer.node if op.layer is not None else op.name
    return criterion, frozenset(maker(chain) for chain in found)
