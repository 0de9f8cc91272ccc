"""What the fix of a loop over slices needs: that they are slices of tensors, as many as the loop takes, and apart."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING

from torchlint.rule import Constant, Frame, Value, facts, sizes, trees

from .loops import Sweep
from .shown_tensors import dtype, fills, is_counted, settled
from .slices import Leaf, Whole

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

# A tensor of dtype uint8 is taken for a mask.
_INDICES = frozenset({"int64", "int32", "int16", "int8"})


def check_slices(editor: Editor, leaves: Sequence[Leaf], sweep: Sweep) -> None:
    """What the loop goes over must be tensors, and the loop must take all of their slices along the dim."""
    for leaf in leaves:
        name = ast.unparse(leaf.tensor)
        editor.proof.is_tensor(settled(leaf.value), name, besides=[leaf.tensor])
        rank = facts.rank(settled(leaf.value))
        if rank is None or rank == 0:
            editor.proof.need(f"`{name}` has at least one dim")
        _check_count(editor, leaf, sweep, name)


def _check_count(editor: Editor, leaf: Leaf, sweep: Sweep, name: str) -> None:
    by_row = isinstance(leaf.node, ast.Name)
    if by_row or fills(leaf.value, len(leaf.before), sweep.turns) or _is_within(leaf, sweep):
        return
    count = ast.unparse(sweep.count) if sweep.count is not None else "the counter"
    editor.proof.need(f"`{count}` is not negative and at most the size of `{name}`")


def _is_within(leaf: Leaf, sweep: Sweep) -> bool:
    """Whether the loop ends at a number that is certainly at most the size of the dim."""
    known = sizes.sizes(settled(leaf.value))
    turns = sweep.turns
    if known is None or not isinstance(turns, Constant) or not isinstance(turns.value, int) or leaf.dim >= len(known):
        return False
    size = known[leaf.dim]
    return isinstance(size, int) and 0 <= turns.value <= size


def check_rows(editor: Editor, leaves: Sequence[Leaf], sweep: Sweep) -> None:
    """There must be at least one slice: without any, the loop does something else than the whole."""
    for leaf in leaves:
        known = sizes.sizes(settled(leaf.value))
        size = known[leaf.dim] if known is not None and leaf.dim < len(known) else None
        if isinstance(size, int) and size > sweep.start:
            return
    turns = sweep.turns
    if isinstance(turns, Constant) and isinstance(turns.value, int) and turns.value > sweep.start:
        return
    editor.proof.need(f"`{ast.unparse(leaves[0].tensor)}` has at least one row")


def check_dtypes(editor: Editor, mapped: Whole, frame: Frame) -> None:
    """Tensors that meet must share a dtype: one without dims, as a slice of a vector is, yields to others."""
    held = [settled(frame.values[node]) for node in _tensors_in(mapped, frame)]
    if len(held) < 2:
        return
    kinds = {dtype(value) for value in held}
    if len(kinds) > 1 or None in kinds:
        editor.proof.need(f"all tensors in `{ast.unparse(mapped.node)}` have one dtype")


def _tensors_in(mapped: Whole, frame: Frame) -> list[ast.AST]:
    leaves = {leaf.node for leaf in mapped.leaves}
    inside = {part for leaf in leaves for part in trees.walk(leaf)}
    others = [
        part
        for part in trees.walk(mapped.node)
        if isinstance(part, ast.Name | ast.Attribute)
        and part not in inside
        and isinstance(frame.values.get(part), Value)
        and facts.is_tensor(frame.values[part]) is True
    ]
    return [*leaves, *others]


def check_apart(editor: Editor, written: Value, said: str, leaves: Sequence[Leaf], at: ast.AST) -> None:
    """What the loop writes to must share no memory with what it reads."""
    for leaf in leaves:
        editor.proof.is_apart(written, leaf.value, at, (said, ast.unparse(leaf.tensor)))


def check_alike(editor: Editor, written: Value, said: str, mapped: Whole) -> None:
    """What is written must have the shape of one slice: otherwise it makes a difference that it is stretched once."""
    want = sizes.sizes(settled(written))
    for leaf in mapped.leaves:
        known = sizes.sizes(settled(leaf.value))
        row = None if known is None else _row(known, leaf)
        if want is None or want != row:
            editor.proof.need(f"`{said}` has the shape of a row of `{ast.unparse(leaf.tensor)}`")
            return


def _row(known: tuple[sizes.Size, ...], leaf: Leaf) -> tuple[sizes.Size, ...]:
    """The sizes of a slice; those after slices and further numbers are not followed."""
    if leaf.before or leaf.after:
        return tuple(sizes.unknown() for _ in known)
    return known[: leaf.dim] + known[leaf.dim + 1 :]


def check_indices(editor: Editor, value: Value, said: str, rank: int) -> None:
    """Indices must be whole numbers from 0 on, in a tensor of so many dims."""
    if not is_counted(value) or facts.rank(settled(value)) != rank:
        editor.proof.need(f"`{said}` holds indices, none of them negative, in {rank} dim{'s' * (rank != 1)}")
    check_no_mask(editor, value, said)


def check_no_mask(editor: Editor, value: Value, said: str) -> None:
    """Indices must have a dtype that is not taken for a mask, as that of `uint8` is."""
    if dtype(settled(value)) not in _INDICES:
        editor.proof.need(f"`{said}` is not of dtype `uint8`, which is a mask")
