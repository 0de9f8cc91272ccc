"""The shape that a parameter must have: what its annotation or a comment says, and what its first uses demand.

`B, T, C = x.shape` says that `x` has three dims, a `BatchNorm2d(8)` that it has four, of which the second is 8. Only
uses that every call gets to count: with another shape it raises there.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from torchlint.syntax import trees
from torchlint.syntax.module import Module
from torchlint.syntax.per_file import once_per_file
from torchlint.syntax.scope import FunctionNode
from torchlint.torch_facts import ops
from torchlint.torch_facts.dims import Shape, Size, is_size, symbol, unknown
from torchlint.values.value import Choice, Constant, Items, Layer, Method, Op, Origin, Parameter, Value

# What an argument may be, as far as it is one thing.
Single = Callable[[Value], object]
_LEAVING = ast.Return | ast.Raise | ast.Break | ast.Continue | ast.Yield | ast.YieldFrom
_CHOOSING = ast.IfExp | ast.BoolOp | ast.Lambda | ast.ListComp | ast.GeneratorExp | ast.SetComp | ast.DictComp
_MOST_NESTED = 3
# Where what is asked of a function or a statement is kept, on its node.
_CERTAIN, _CALLS = "_torchlint_certain", "_torchlint_calls"
_COMMENT = re.compile(r"#\s*(?:(?P<name>\w+)\.)?shape:?\s*=?\s*[\[(](?P<sizes>[\w\s,]*)[\])]")
_WORD = re.compile(r"[A-Za-z_]\w*$")
_ANNOTATIONS = re.compile(
    r"(?:Float|Int|UInt|Bool|Num|Real|Complex|Shaped|Inexact|Integer)(?:\d+)?$|(?:BFloat16|Float16|Float32|Float64)$"
)


class Demand(NamedTuple):
    """The ranks that a use takes, all where that is None, and the sizes of some dims, by index or from the end."""

    ranks: tuple[int, ...] | None
    sizes: Mapping[int, Size]
    names: tuple[str, ...] = ()


def demanded(parameter: Parameter, single: Single) -> tuple[Shape, ...]:
    """The shapes that a parameter may have, one for each rank; none if nothing is said of them."""
    frame = parameter.frame
    function = frame.function if frame is not None else None
    if frame is None or function is None or function.name == "__init__":
        return ()
    written = _annotated(parameter, frame) or _commented(parameter, frame)
    if written is not None:
        return (written,)
    ranks: tuple[int, ...] | None = None
    sizes: dict[int, Size] = {}
    names: tuple[str, ...] = ()
    for demand in _demands(parameter, frame, single, 0):
        both = demand.ranks if ranks is None else ranks
        if demand.ranks is not None and both is not None:
            both = tuple(rank for rank in both if rank in demand.ranks)
            if not both:
                break  # no shape is taken by both: the second raises
        ranks = both
        sizes = {**demand.sizes, **sizes}
        names = names or demand.names
    if ranks is not None:
        return tuple(_closed(parameter, rank, sizes, names) for rank in ranks)
    return (_open(sizes),) if -1 in sizes else ()


def _closed(parameter: Parameter, rank: int, sizes: Mapping[int, Size], names: tuple[str, ...]) -> Shape:
    found: list[Size] = []
    for index in range(rank):
        known = sizes.get(index, sizes.get(index - rank))
        name = names[index] if len(names) == rank and names[index] != "_" else f"{parameter.name}.shape[{index}]"
        found.append(symbol(name, ("size", parameter, index)) if known is None else known)
    return Shape(tuple(found))


def _open(sizes: Mapping[int, Size]) -> Shape:
    count = -min(sizes)
    return Shape(tuple(sizes.get(index - count, unknown()) for index in range(count)), True)


# -- uses ---------------------------------------------------------------------------------------------------------


def _demands(parameter: Parameter, frame: Origin, single: Single, depth: int) -> Iterator[Demand]:
    """What the certain uses of a parameter demand, in order, those in functions that it is passed to among them."""
    certain = _certain(frame.function.node) if frame.function is not None else []
    for statement in certain:
        named = _unpacked(statement, parameter, frame)
        if named is not None:
            yield named
    for op in frame.ops_of(parameter):
        if op.name in _USES and op.statement in certain and not _chooses(op.statement, frame):
            demand = _of_use(op, single)
            if demand is not None:
                yield demand
    for inner in frame.inlined if depth < _MOST_NESTED else ():
        if inner.call_site in certain and not _chooses(inner.call_site, frame):
            yield from _demands(parameter, inner, single, depth + 1)


def _certain(function: FunctionNode) -> list[ast.stmt]:
    """The statements of a function that each call gets to, kept on its node."""
    found: list[ast.stmt] | None = function.__dict__.get(_CERTAIN)
    if found is not None:
        return found
    found = function.__dict__[_CERTAIN] = []
    for statement in function.body:
        if isinstance(statement, ast.With):
            break  # an error may be expected there
        if isinstance(statement, ast.If | ast.For | ast.While | ast.Try | ast.Match | ast.AsyncFor | ast.AsyncWith):
            if any(isinstance(node, _LEAVING) for node in trees.walk(statement)):
                break
            continue
        found.append(statement)
        if isinstance(statement, ast.Return | ast.Raise):
            break
    return found


def _chooses(statement: ast.stmt | None, frame: Origin) -> bool:
    """Whether a statement runs only some of its parts, or calls what depends on the path."""
    calls = _calls_of(statement) if statement is not None else None
    return calls is None or any(_is_open(frame.callees.get(call)) for call in calls)


def _calls_of(statement: ast.stmt) -> list[ast.Call] | None:
    """The calls in a statement, kept on its node; None where only some of its parts are run."""
    if _CALLS not in statement.__dict__:
        nodes = [*trees.walk(statement)]
        is_choosing = any(isinstance(node, _CHOOSING) for node in nodes)
        statement.__dict__[_CALLS] = None if is_choosing else [node for node in nodes if isinstance(node, ast.Call)]
    calls: list[ast.Call] | None = statement.__dict__[_CALLS]
    return calls


def _is_open(callee: Value | None) -> bool:
    """Whether a callee, or a layer in it, is one of several."""
    if isinstance(callee, Method):
        return _is_open(callee.receiver)
    if isinstance(callee, Layer):
        return any(map(_is_open, callee.children))
    return isinstance(callee, Choice)


def _unpacked(statement: ast.stmt, parameter: Parameter, frame: Origin) -> Demand | None:
    """`B, C, H, W = x.shape`, and `assert x.dim() == 4`."""
    match statement:
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=source):
            held = frame.values.get(source)
            starred = any(isinstance(target, ast.Starred) for target in targets)
            if starred or not (isinstance(held, Op) and held.name == "shape" and held.input is parameter):
                return None
            return Demand((len(targets),), {}, tuple(getattr(target, "id", "_") for target in targets))
        case ast.Assert(test=ast.Compare(left=left, ops=[ast.Eq()], comparators=[ast.Constant(value=int(rank))])):
            held = frame.values.get(left)
            if isinstance(held, Op) and held.name in ("dim", "ndimension") and held.input is parameter:
                return Demand((rank,), {})
    return None


def _of_use(op: Op, single: Single) -> Demand | None:
    """What an operation demands of its input."""
    if "**" in op.args:
        return None
    handler = _USES.get(op.name)
    return handler(op, single) if handler is not None else None


def _size(op: Op, name: str, single: Single) -> Size | None:
    held = op.args.get(name)
    answer = single(held) if held is not None else None
    return answer if is_size(answer) else None


def _at(index: int, size: Size | None) -> dict[int, Size]:
    return {} if size is None else {index: size}


def _of_channels(dims: int) -> Callable[[Op, Single], Demand]:
    """A convolution: with or without a batch."""
    return lambda op, single: Demand((dims + 1, dims + 2), _at(-dims - 1, _size(op, "in_channels", single)))


def _normalised(*ranks: int) -> Callable[[Op, Single], Demand]:
    return lambda op, single: Demand(ranks, _at(1, _size(op, "num_features", single)))


def _last(name: str, *ranks: int) -> Callable[[Op, Single], Demand]:
    return lambda op, single: Demand(ranks or None, _at(-1, _size(op, name, single)))


def _recurrent(op: Op, single: Single) -> Demand:
    """Whoever says which dim is the batch's has one."""
    ranks = (3,) if op.constant("batch_first") is True else (2, 3)
    return Demand(ranks, _at(-1, _size(op, "input_size", single)))


def _layer_norm(op: Op, single: Single) -> Demand | None:
    wanted = op.args.get("normalized_shape")
    held = single(wanted) if wanted is not None else None
    parts = held if isinstance(held, tuple) else (held,)
    sizes = {index - len(parts): part for index, part in enumerate(parts) if is_size(part)}
    return Demand(None, sizes) if sizes else None


def _permuted(op: Op, single: Single) -> Demand | None:
    dims = op.args.get("dims")
    whole = isinstance(dims, Items) and all(isinstance(item, Constant) for item in dims.items)
    return Demand((len(dims.items),), {}) if whole and isinstance(dims, Items) and len(dims.items) > 1 else None


def _pooled(dims: int) -> Callable[[Op, Single], Demand]:
    return lambda op, single: Demand((dims + 1, dims + 2), {})


_USES: Mapping[str, Callable[[Op, Single], Demand | None]] = {
    "Linear": _last("in_features"),
    "LayerNorm": _layer_norm,
    **dict.fromkeys(ops.that(shape="sequence"), _recurrent),
    "BatchNorm1d": _normalised(2, 3),
    "BatchNorm2d": _normalised(4),
    "BatchNorm3d": _normalised(5),
    "permute": _permuted,
    **{f"{kind}{dims}d": _of_channels(dims) for dims in (1, 2, 3) for kind in ("Conv", "ConvTranspose")},
    **{
        f"{kind}_pool{dims}d": _pooled(dims)
        for dims in (1, 2, 3)
        for kind in ("max", "avg", "adaptive_avg", "adaptive_max")
    },
}


# -- what is written ----------------------------------------------------------------------------------------------


def _annotated(parameter: Parameter, frame: Origin) -> Shape | None:
    """The shape of `Float[Tensor, "batch 3 height width"]`, of jaxtyping."""
    match parameter.annotation:
        case ast.Subscript(value=kind, slice=ast.Tuple(elts=[_, ast.Constant(value=str(text))])):
            name = getattr(kind, "attr", getattr(kind, "id", ""))
            if _ANNOTATIONS.match(name) and "jaxtyping" in frame.module.source.text:
                return _of_words(text.split(), frame)
    return None


def _of_words(words: list[str], frame: Origin) -> Shape | None:
    """A shape of words. Of dims before `...` or `*names` nothing is said: only those that end the shape are known."""
    sizes: list[Size] = []
    is_open = False
    for word in words:
        name = word.rpartition("=")[2].lstrip("?")
        if name == "..." or name.startswith("*"):
            sizes, is_open = [], True
        elif name.isdigit():
            sizes.append(int(name))
        elif _WORD.match(name) and name != "_":
            sizes.append(symbol(name, ("annotation", frame, name)))
        else:
            sizes.append(unknown())
    return Shape(tuple(sizes), is_open)


@once_per_file
def _has_comments(module: Module) -> bool:
    return _COMMENT.search(module.source.text) is not None


def _commented(parameter: Parameter, frame: Origin) -> Shape | None:
    """The shape that a comment gives: `# shape: (B, 3, H, W)` in the row of a parameter that is alone there, or
    `# x.shape: (B, 3, H, W)` in any row of the signature or the first one of the body."""
    function = frame.function
    source = frame.module.source
    if function is None or not _has_comments(frame.module) or not isinstance(parameter.node, ast.arg):
        return None
    rows = [arg.lineno for arg in function.parameters if arg.arg != function.self_name]
    last = function.node.body[0].lineno
    for row in range(function.node.lineno, last + 1):
        found = _COMMENT.search(source.text, *_ends(source.line_starts, row, len(source.text)))
        if found is None:
            continue
        alone = parameter.node.lineno == row and rows.count(row) == 1
        if found["name"] == parameter.name or (found["name"] is None and alone):
            return _of_words([word or "_" for word in re.split(r"[\s,]+", found["sizes"].strip(" ,"))], frame)
    return None


def _ends(starts: list[int], row: int, end: int) -> tuple[int, int]:
    return starts[row - 1], starts[row] if row < len(starts) else end
