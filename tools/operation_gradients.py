"""What autograd keeps of a call for the gradient: its operands, its result, or neither."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence

import torch

from tools.operation_runs import Run, Samples, resolve, tensors_in

# What backward says of a tensor that was written after it was kept.
_WRITTEN = "modified by an inplace operation"


def kept(runs: Sequence[Run]) -> str | None:
    """`operands`, `result`, both or neither, over all runs; None where no gradient goes through any of them."""
    found: set[str] = set()
    seen = False
    for one in runs:
        if one.dtype != "float" or not one.operands:
            continue
        for place in range(-1, len(one.operands)):
            written = _is_kept(one, place)
            seen = seen or written is not None
            if written:
                found.add("result" if place < 0 else "operands")
    return " ".join(sorted(found)) if seen else None


def _is_kept(one: Run, place: int) -> bool | None:
    """Whether backward misses an operand that was written after the call, or the result, at place -1.

    None where there is no gradient, or nothing to write.
    """
    arguments, named = Samples("float").arguments(one.call)
    operands = [*tensors_in(arguments), *tensors_in(list(named.values()))]
    for operand in operands:
        if operand.is_floating_point() and operand.is_leaf:
            operand.requires_grad_()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            results = list(tensors_in(resolve(one.spelling)(*arguments, **named)))
        except RuntimeError:
            return None
        ends = [result for result in results if result.requires_grad]
        shares = {each.untyped_storage().data_ptr() for each in operands} & {
            each.untyped_storage().data_ptr() for each in results
        }
        if not ends or (shares and place >= 0):
            return None
        return _misses(ends, results[:1] if place < 0 else [operands[place]])


def _misses(ends: Sequence[torch.Tensor], written: Sequence[torch.Tensor]) -> bool | None:
    total = sum((end.real if end.is_complex() else end).sum() for end in ends)
    for tensor in written:
        # The version is that of the memory; the graph does not notice.
        tensor.detach().fill_(1)
    try:
        total.backward()  # type: ignore[union-attr]
    except (RuntimeError, NotImplementedError) as error:
        return True if _WRITTEN in str(error) else None
    return False


def problems(says: str | None, runs: Sequence[Run]) -> Iterator[str]:
    """What a row says that is not so."""
    found = kept(runs) if says is not None else None
    if found is not None and found != says:
        yield f"the gradient is computed from {found.replace(' ', ' and ') or 'nothing that is kept'}, not {says!r}"
