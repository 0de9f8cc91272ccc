"""Losses."""

from __future__ import annotations

from collections.abc import Callable

from torchlint.torch_facts.dims import ANY, Shape, certainly_differ
from torchlint.torch_facts.shape_functions.elementwise_shapes import broadcast
from torchlint.torch_facts.shape_functions.refusal import Given, Refusal

# What the mean was called before torch 1.0: it is still taken, with a warning.
_OLD_MEAN = "elementwise_mean"


def of_classes(given: Given) -> Shape:
    """`cross_entropy`: scores (N, C, ...) and labels (N, ...), or a probability for each score.

    Raises `Refusal` where they do not belong together.
    """
    scores, labels = given.tensor(), given.tensor("target")
    _check_weights(given, scores)
    if scores.rank is None or labels.rank is None or scores.rank < 2:
        return _averaged(given, ANY)
    if labels.rank == scores.rank and given.name == "cross_entropy":
        if any(certainly_differ(one, two) for one, two in zip(scores.sizes, labels.sizes, strict=True)):
            raise Refusal(f"scores {scores} take labels {_labels(scores)}, or probabilities {scores}, and get {labels}")
        return _averaged(given, ANY)
    wanted = _labels(scores)
    differ = labels.rank != scores.rank - 1 or any(
        certainly_differ(one, two) for one, two in zip(labels.sizes, wanted.sizes, strict=True)
    )
    if differ:
        raise Refusal(f"scores {scores} take labels {wanted}, and get {labels}")
    return _averaged(given, wanted)


def _check_weights(given: Given, scores: Shape) -> None:
    if not given.has("weight") or scores.rank is None or scores.rank < 2:
        return
    weight = given.tensor("weight")
    wrong = weight.at_least > 1 or (weight.sizes and certainly_differ(weight.sizes[0], scores.sizes[1]))
    if wrong:
        raise Refusal(f"scores {scores} are of {scores.sizes[1]} classes, and the weights have shape {weight}")


def _labels(scores: Shape) -> Shape:
    return Shape((scores.sizes[0], *scores.sizes[2:]))


def of_alike(given: Given) -> Shape:
    """Binary cross-entropies: input and target have one shape.

    Raises `Refusal` where they have not.
    """
    shape, target = given.tensor(), given.tensor("target")
    refused = Refusal(f"its input has shape {shape}, and its target {target}: they have to be the same")
    if shape.rank is not None and target.rank is not None and shape.rank != target.rank:
        raise refused
    for one, two in zip(reversed(shape.sizes), reversed(target.sizes), strict=False):
        if certainly_differ(one, two):
            raise refused
    return _averaged(given, shape)


def of_broadcast(given: Given) -> Shape:
    """Differences: input and target are broadcast.

    Raises `Refusal` where they cannot be.
    """
    return _averaged(given, broadcast(given.tensor(), given.tensor("target")))


def _averaged(given: Given, each: Shape) -> Shape:
    if given.has("size_average") or given.has("reduce"):
        return ANY
    reduction = given.get("reduction", "mean")
    if not isinstance(reduction, str):
        return ANY
    known = ("none", "mean", "sum", "batchmean") if given.name == "kl_div" else ("none", "mean", "sum")
    if reduction not in (*known, _OLD_MEAN):
        raise Refusal(f"`reduction` is {reduction!r}, and may be {', '.join(map(repr, known))}")
    return each if reduction == "none" else Shape(())


def of_any(*names: str) -> Callable[[Given], Shape]:
    """A loss whose inputs are checked elsewhere, or not at all: a number, or what its inputs broadcast to with one
    number for each."""

    def handler(given: Given) -> Shape:
        each = broadcast(*(given.tensor(name) for name in names)) if names else ANY
        return _averaged(given, each)

    return handler


def of_triplets(given: Given) -> Shape:
    """`triplet_margin_loss`: a number, or one for each row: the distances of the anchor to both are compared."""
    anchor = given.tensor("anchor")
    pairs = [broadcast(anchor, given.tensor(name)) for name in ("positive", "negative")]
    if any(not shape.sizes for shape in pairs):
        return _averaged(given, ANY)
    return _averaged(given, broadcast(*(Shape(shape.sizes[:-1], shape.open) for shape in pairs)))
