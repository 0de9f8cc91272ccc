"""The shape of a tensor, in numbers and symbols, as far as the text decides it; and what torch certainly refuses.

Where paths meet, a value has several shapes, one for each path: what is refused is refused for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torchlint.torch_facts import shape_functions
from torchlint.torch_facts.dims import ANY, Shape, Size, floor, is_known, is_size, symbol, unknown
from torchlint.torch_facts.shape_functions.elementwise_shapes import broadcast
from torchlint.torch_facts.shape_functions.refusal import UNSURE, Given, Refusal, Span, shape_of, sizes_of
from torchlint.values.facts import distributions, entry_shapes, table_shapes
from torchlint.values.facts.demanded_shapes import demanded
from torchlint.values.facts.index_answers import indices, taken
from torchlint.values.facts.row_shapes import by_row, keeping, ranks_taken, refusing
from torchlint.values.facts.shape_answers import (
    NOTHING,
    Known,
    combined,
    covers,
    distinct,
    is_vague,
    known_as,
    length_of,
    part_of,
    size_at,
    widened,
    with_ranks,
    written_name,
)
from torchlint.values.facts.size_arithmetic import ARITHMETIC, calculated, rounded
from torchlint.values.facts.tensors import is_reshaped
from torchlint.values.value import (
    Call,
    Choice,
    Constant,
    Element,
    Field,
    Instance,
    Item,
    Items,
    LoopCarried,
    Mutated,
    Op,
    Parameter,
    Value,
)

_DEPTH = 60
_WRAPPERS = frozenset(
    {
        "torch.nn.Parameter",
        "torch.nn.parameter.Parameter",
        "torch.nn.Buffer",
        "torch.nn.parameter.Buffer",
        "torch.autograd.Variable",
    }
)
_TURNED = frozenset({"T", "mT"})
# What these give is a number that has no part in a shape: a tensor without dims, as far as shapes go.
_NUMBERS = frozenset({"builtins.float", *(f"math.{name}" for name in ("sqrt", "log", "log2", "log10", "exp", "pow"))})
_A_NUMBER = Known((Shape(()),))

# What stands for an answer while it is looked for.
_UNDER_WAY = Known((UNSURE,))


class _TooDeep(Exception):  # noqa: N818 - nothing went wrong: something else is looked at first
    """A value is so far below the one that was asked for that it is to be known before that."""


# What is known as long as something is assumed of what loops carry, the innermost loop last.
_ASSUMED: list[dict[Value, Known]] = []
_MOST_ASSUMED = 3


def shapes(value: Value) -> tuple[Shape, ...]:
    """The shapes that a tensor may have, one for each path that makes it; any shape where that is not known."""
    return tuple(map(shape_of, known(value).answers))


def refusal(op: Op) -> str:
    """What torch refuses about an operation, whatever the shapes may be; empty where it may be fine."""
    return known(op).refusal if op.name in refusing() else ""


def asked_sizes(view: Op) -> tuple[Size, ...] | None:
    """The sizes that a view asks for, -1 among them; None where they are not known, or differ."""
    asked = view.args.get("shape", view.args.get("size"))
    answers = known(asked).answers if asked is not None else ()
    wanted = sizes_of(answers[0]) if len(answers) == 1 else None
    return wanted if wanted is not None and (isinstance(answers[0], tuple) or len(wanted) == 1) else None


def source(value: Value) -> Op | None:
    """The operation that gave a tensor its shape; None where nothing is known of it. What gives the shape of its input
    is passed over."""
    found: Op | None = None
    for _ in range(_DEPTH):
        if isinstance(value, Mutated):
            value = value.base
            continue
        if not isinstance(value, Op) or not any(map(is_known, shapes(value))):
            break
        found = value
        if "input" not in value.args or shapes(value) != shapes(value.input):
            break
        value = value.input
    return found


def known(value: Value) -> Known:
    """What a value may be. What is far below it is looked at first: it does not matter what was asked before."""
    below = [value]
    while True:
        try:
            answer = _known(below[-1], _DEPTH)
        except _TooDeep as stop:
            below.append(stop.args[0])
            continue
        below.pop()
        if not below:
            return answer


def _known(value: Value, depth: int) -> Known:
    """The same as `_found`, asked for once.

    Raises `_TooDeep` where it is made of more than may be looked at in one go.
    """
    for assumed in reversed(_ASSUMED) if _ASSUMED else ():
        if value in assumed:
            return assumed[value]
    memo = value.memo
    if memo is None:
        memo = value.memo = {}
    answer = memo.get("shapes")
    if isinstance(answer, Known) and (answer is not _UNDER_WAY or not _ASSUMED):
        return answer
    if _ASSUMED:
        assumed = _ASSUMED[-1]
        assumed[value] = _UNDER_WAY
        assumed[value] = _found(value, depth - 1) if depth else NOTHING
        return assumed[value]
    if not depth:
        raise _TooDeep(value)
    memo["shapes"] = _UNDER_WAY  # what a value is made of never leads back to it, except by a loop
    try:
        found = _found(value, depth - 1)
    except _TooDeep:
        if memo["shapes"] is _UNDER_WAY:
            del memo["shapes"]
        raise
    earlier = memo["shapes"]
    if isinstance(earlier, Known) and earlier.refusal and not found.refusal:
        found = found._replace(refusal=earlier.refusal)
    memo["shapes"] = found
    return found


def _single(depth: int) -> Callable[[Value], object]:
    """What a value is, where that is one thing."""

    def single(value: Value) -> object:
        answers = _known(value, depth).answers
        return answers[0] if len(answers) == 1 else UNSURE

    return single


def _of_carried(value: LoopCarried, depth: int) -> Known:
    """What a name holds at the head of a loop: what it held before, if each turn leaves something of the same shape.

    What a turn makes of a shape is looked at as if all turns began with that shape. What is refused so is refused in
    the first turn.
    """
    left = value.frame.carried.get(value) if value.frame is not None else None
    if value.initial is None or left is None or len(_ASSUMED) >= _MOST_ASSUMED or _may_grow(value.initial):
        return NOTHING
    start = _known(value.initial, depth)
    for _ in range(2):
        after, found = _after_turn(value, start, left)
        for each, known in found.items():
            _keep_refusal(each, known)
        if all(any(covers(one, answer) for one in start.answers) for answer in after.answers):
            return start._replace(refusal="")
        start = widened(start, after)
    return NOTHING


def _may_grow(value: Value) -> bool:
    """Whether a value may be a list, which has got other elements since, by `insert` for example."""
    if isinstance(value, Choice):
        return any(map(_may_grow, value.members))
    return isinstance(value, Items) and value.kind == "list"


def _after_turn(value: LoopCarried, start: Known, left: Value) -> tuple[Known, Mapping[Value, Known]]:
    _ASSUMED.append({value: start})
    try:
        return _known(left, _DEPTH), _ASSUMED[-1]
    finally:
        _ASSUMED.pop()


def _keep_refusal(value: Value, known: Known) -> None:
    """Remember what is refused whatever later turns bring."""
    if not known.refusal or _ASSUMED:
        return
    memo = value.memo
    if memo is None:
        memo = value.memo = {}
    memo["shapes"] = Known((UNSURE,), known.refusal)


def _found(value: Value, depth: int) -> Known:
    finder = _FINDERS.get(value.__class__)
    return NOTHING if finder is None else finder(value, depth)


def _of_choice(value: Choice, depth: int) -> Known:
    return known_as(distinct(answer for member in value.members for answer in _known(member, depth).answers))


def _of_items(value: Items, depth: int) -> Known:
    if not value.items and value.kind == "list":
        return NOTHING  # it is filled somewhere
    return known_as(map(tuple, combined([_known(item, depth).answers for item in value.items])))


def _of_item(value: Item, depth: int) -> Known:
    return known_as(distinct(map(entry_shapes.item, _known(value.iterable, depth).answers)))


def _of_element(value: Element, depth: int) -> Known:
    return known_as(part_of(answer, value.key) for answer in _known(value.base, depth).answers)


def _of_mutated(value: Mutated, depth: int) -> Known:
    """A tensor that is written into keeps its shape; of a list, what it holds is not known any more."""
    if is_reshaped(value):
        return NOTHING
    known = _known(value.base, depth)
    return known._replace(answers=tuple(one if isinstance(one, Shape) else UNSURE for one in known.answers))


def _of_field(value: Field, depth: int) -> Known:
    array = table_shapes.of_field(value)
    if array is not None:
        return Known((array,))
    if value.name in ("data", "grad"):
        return _known(value.base, depth)
    if value.name in _TURNED:
        return _answered(value.name, {"input": value.base}, depth)
    root: Value = value
    path: list[str] = []
    while isinstance(root, Field):
        path.append(root.name)
        root = root.base
    if not isinstance(root, Parameter) or root.frame is None or value.name in root.frame.module.foreign_writes:
        return NOTHING
    names = (*reversed(path),)
    return Known((symbol(".".join((root.name, *names)), (root, names)),))


def _of_call(value: Call, depth: int) -> Known:
    if value.qualname in _WRAPPERS and value.args:
        return _known(value.args[0], depth)
    if value.qualname in _NUMBERS and value.known:
        return _A_NUMBER
    if value.qualname == "builtins.int" and len(value.args) == 1:
        return _whole(value.args[0], depth)
    if value.qualname == "builtins.len" and len(value.args) == 1:
        counted = [*map(length_of, _known(value.args[0], depth).answers)]
        return known_as(counted) if isinstance(value.args[0], Items) else NOTHING
    made = entry_shapes.data(value, _single(depth)) or table_shapes.of_call(value, _single(depth))
    if made is not None:
        return Known((made,))
    if drawn := distributions.parameters(value):
        return _broadcast(drawn, depth)
    if value.qualname in ("torch.FloatTensor", "torch.Tensor", "torch.LongTensor") and value.args and value.known:
        answers = _known(Items(value.args, "tuple", value.node, value.frame), depth).answers
        if len(value.args) == 1 and len(answers) == 1 and isinstance(answers[0], tuple):
            (held,) = answers[0]
            if isinstance(held, Shape):
                return Known((held,))
        whole = all(isinstance(a, tuple) and all(map(is_size, a)) and not is_vague(a) for a in answers)
        return known_as(Shape(answer) for answer in answers if isinstance(answer, tuple)) if whole else NOTHING
    return NOTHING


def _broadcast(operands: Sequence[Value], depth: int) -> Known:
    """What some operands broadcast to."""
    found = []
    for each in combined([_known(operand, depth).answers for operand in operands]):
        try:
            found.append(broadcast(*map(shape_of, each)))
        except Refusal:
            continue
    return known_as(distinct(found))


def _whole(value: Value, depth: int) -> Known:
    """`int(n)` and `int(n / 2)`."""
    if isinstance(value, Op) and value.name == "div" and value.form == "operator":
        pairs = combined([_known(part, depth).answers for part in (value.args["input"], value.args["other"])])
        return known_as(rounded(floor(a, b)) if is_size(a) and is_size(b) else UNSURE for a, b in pairs)
    return known_as(
        rounded(answer) if is_size(answer) else int(answer) if isinstance(answer, float) else UNSURE
        for answer in _known(value, depth).answers
    )


def _of_op(op: Op, depth: int) -> Known:
    if op.name == "size":
        return known_as((_size_of(op, depth),))
    if op.name == "shape":
        return known_as(
            shape.sizes if isinstance(shape, Shape) and not shape.open else UNSURE
            for shape in _known(op.input, depth).answers
        )
    if op.name in ("from_numpy", "as_tensor"):
        return _known(next(iter(op.args.values())), depth)
    if op.name == "slice":
        ends = [op.args.get(name) for name in ("start", "stop", "step")]
        parts = [(None,) if end is None else _known(end, depth).answers for end in ends]
        return known_as(Span(*each) for each in combined(parts))
    if "**" in op.args:
        return NOTHING
    if op.form == "operator" and op.name in ARITHMETIC and len(op.args) == 2:
        number = calculated(op.name, [_known(part, depth).answers for part in op.args.values()])
        if number is not None:
            return number
    return _answered(op.name, op.args, depth)


def _size_of(op: Op, depth: int) -> object:
    """`x.size(0)`: the size, if it is known and the same on all paths, else a symbol."""
    base: Value = op.input
    while isinstance(base, Mutated) and not is_reshaped(base):
        base = base.base
    dim = op.constant("dim")
    if not isinstance(dim, int):
        return unknown()
    found = {size_at(shape_of(answer), dim) for answer in _known(base, depth).answers}
    if len(found) == 1 and None not in found:
        return found.pop()
    name = getattr(base, "name", "") if isinstance(base, Parameter) else ""
    return symbol(f"{name}.shape[{dim}]" if name else written_name(op), ("size", base, dim))


def _answered(name: str, args: Mapping[str, Value], depth: int) -> Known:
    """What an operation gives for all combinations of its arguments, or why all of them are refused."""
    if name in keeping():
        return Known(tuple(map(shape_of, _known(args["input"], depth).answers)) if "input" in args else (ANY,))
    if name == "getitem":
        choices = [
            _known(args["input"], depth).answers,
            indices(args["index"], lambda part: _known(part, depth).answers),
        ]
    else:
        choices = [_known(value, depth).answers for value in args.values()]
    found: list[object] = []
    refused = ""
    for each in combined(choices):
        one = Given(name, dict(zip(args, each, strict=True)))
        ranks = ranks_taken(one)
        for given in with_ranks(one, ranks) if ranks else (one,):
            try:
                found.append(taken(given) if name == "getitem" else _result(given))
            except Refusal as reason:
                refused = str(reason)
    if not found:
        return Known((ANY,), refused)
    return known_as(distinct(found) if len(found) > 1 else found)


def _result(given: Given) -> object:
    """The shape that an operation gives, by its function if that is proven, else as far as its row says."""
    made = shape_functions.result(given) if given.name in shape_functions.proven() else ANY
    return by_row(given) if made == ANY else made


_FINDERS: Mapping[type[Value], Callable[[Any, int], Known]] = {
    Constant: lambda value, depth: Known((value.value,)),
    Choice: _of_choice,
    Items: _of_items,
    Mutated: _of_mutated,
    Parameter: lambda value, depth: Known(demanded(value, _single(depth)) or (symbol(value.name, value),)),
    LoopCarried: _of_carried,
    Item: _of_item,
    Instance: lambda value, depth: Known((entry_shapes.rows(value, _single(depth)),)),
    Element: _of_element,
    Field: _of_field,
    Call: _of_call,
    Op: _of_op,
}
