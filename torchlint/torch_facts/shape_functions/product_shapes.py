"""Products of matrices and vectors."""

from __future__ import annotations

from collections.abc import Iterator

from torchlint.torch_facts.dims import ANY, Shape, Size, certainly_differ, unknown
from torchlint.torch_facts.shape_functions.elementwise_shapes import broadcast
from torchlint.torch_facts.shape_functions.refusal import UNSURE, Given, Refusal, shape_of


def linear_layer(given: Given) -> Shape:
    """`Linear`: the last size is `in_features`, and becomes `out_features`.

    Raises `Refusal` where it is not.
    """
    return _linear(given.tensor(), given.size("in_features"), given.size("out_features"))


def lazy_linear(given: Given) -> Shape:
    """`LazyLinear` takes any last size."""
    return _linear(given.tensor(), unknown(), given.size("out_features"))


def linear(given: Given) -> Shape:
    """`F.linear`: the weight is (out features, in features), or (in features,)."""
    weight = given.tensor("weight")
    if weight.rank == 2:
        return _linear(given.tensor(), weight.sizes[1], weight.sizes[0])
    return ANY


def _linear(shape: Shape, takes: Size, gives: Size) -> Shape:
    if shape.rank == 0:
        raise Refusal("it takes a tensor of one dim or more, and is given a 0-d one")
    if not shape.sizes:
        return Shape((gives,), True)
    if certainly_differ(shape.sizes[-1], takes):
        raise Refusal(f"its input has shape {shape}, and it takes {takes} features in the last dim")
    return Shape((*shape.sizes[:-1], gives), shape.open)


def _second(given: Given) -> Shape:
    name = next((name for name in ("other", "mat2", "vec", "vec2", "tensor") if name in given.arguments), "other")
    return given.tensor(name)


def matmul(given: Given) -> Shape:
    """Products of matrices, of vectors, of batches of them.

    Raises `Refusal` where the sizes between them differ.
    """
    return matrix_product(given.tensor(), _second(given))


def matrix_product(a: Shape, b: Shape) -> Shape:
    if a.rank == 0 or b.rank == 0:
        raise Refusal(f"shapes {a} and {b} have no product: one is 0-d")
    check_inner(a, b)
    if a.rank is None or b.rank is None:
        return ANY
    rows, columns = a.sizes[-2:-1], b.sizes[-1:] if b.rank > 1 else ()
    front = broadcast(Shape(a.sizes[:-2]), Shape(b.sizes[:-2]))
    return Shape((*front.sizes, *rows, *columns))


def check_inner(a: Shape, b: Shape) -> None:
    """Between them: the last size of the first, the last but one of the second, or the only one of a vector."""
    if not a.sizes or not b.sizes or (b.open and b.at_least < 2):
        return
    inner = b.sizes[-2] if b.at_least > 1 else b.sizes[-1]
    if certainly_differ(a.sizes[-1], inner):
        raise Refusal(f"shapes {a} and {b} have no product: {a.sizes[-1]} is not {inner}")


def _of_ranks(first: int, second: int) -> object:
    def handler(given: Given) -> Shape:
        a, b = given.tensor(), _second(given)
        for shape, wanted in ((a, first), (b, second)):
            if shape.at_least > wanted or (shape.rank is not None and shape.rank != wanted):
                raise Refusal(f"it takes tensors of {first} and {second} dims, and is given {a} and {b}")
        check_inner(a, b)
        if a.rank is None or b.rank is None:
            return Shape(tuple(unknown() for _ in range(max(0, first + second - 2) if first < 3 else 3)))
        if first == 3:
            if certainly_differ(a.sizes[0], b.sizes[0]):
                raise Refusal(f"shapes {a} and {b} are batches of {a.sizes[0]} and {b.sizes[0]} matrices")
            return Shape((a.sizes[0], a.sizes[1], b.sizes[2]))
        return Shape((*a.sizes[:-1], *b.sizes[1:]))

    return handler


mm, bmm, mv, dot = _of_ranks(2, 2), _of_ranks(3, 3), _of_ranks(2, 1), _of_ranks(1, 1)


def outer(given: Given) -> Shape:
    """Each element of a vector times each of another."""
    a, b = given.tensor(), _second(given)
    for shape in (a, b):
        if shape.at_least > 1 or shape.rank == 0:
            raise Refusal(f"it takes two vectors, and is given {a} and {b}")
    sizes = [shape.sizes[0] if shape.sizes else unknown() for shape in (a, b)]
    return Shape(tuple(sizes))


def addmm(given: Given) -> Shape:
    """A product of two matrices, and what is added to it."""
    a, b = given.tensor("mat1"), given.tensor("mat2")
    for shape in (a, b):
        if shape.at_least > 2 or (shape.rank is not None and shape.rank != 2):
            raise Refusal(f"it takes two matrices, and is given {a} and {b}")
    return _added(given, a, b)


def baddbmm(given: Given) -> Shape:
    """Products of batches of matrices, and what is added to them."""
    a, b = given.tensor("batch1"), given.tensor("batch2")
    for shape in (a, b):
        if shape.at_least > 3 or (shape.rank is not None and shape.rank != 3):
            raise Refusal(f"it takes two batches of matrices, and is given {a} and {b}")
    if a.rank == b.rank == 3 and certainly_differ(a.sizes[0], b.sizes[0]):
        raise Refusal(f"shapes {a} and {b} are batches of {a.sizes[0]} and {b.sizes[0]} matrices")
    return _added(given, a, b)


def _added(given: Given, a: Shape, b: Shape) -> Shape:
    result, added = matrix_product(a, b), given.tensor()
    if result.rank is None:
        return ANY
    if added.at_least > result.rank:
        raise Refusal(f"what is added has shape {added}, and the product {result}")
    for one, two in zip(reversed(added.sizes), reversed(result.sizes), strict=False):
        if one != 1 and certainly_differ(one, two) and certainly_differ(one, 1):
            raise Refusal(f"what is added has shape {added}, and the product {result}")
    return result


def einsum(given: Given) -> Shape:
    """The sizes of the letters on the right of the arrow.

    Raises `Refusal` where a letter has two sizes, or an operand another number of dims.
    """
    equation, operands = given.get("equation"), given.get("operands")
    if not isinstance(equation, str) or not isinstance(operands, tuple) or "." in equation:
        return ANY
    equation = equation.replace(" ", "")
    left, arrow, right = equation.partition("->")
    terms = left.split(",")
    if operands and isinstance(operands[0], tuple):
        operands = operands[0]
    if len(terms) != len(operands) or UNSURE in operands or not left.replace(",", "").isalpha():
        return ANY
    sizes: dict[str, Size] = {}
    for term, operand in zip(terms, operands, strict=True):
        _letters(term, shape_of(operand), sizes)
    if not arrow:
        right = "".join(sorted(letter for letter in set(left) - {","} if left.count(letter) == 1))
    if not set(right) <= set(left):
        return ANY
    return Shape(tuple(sizes.get(letter, unknown()) for letter in right))


def _letters(term: str, shape: Shape, sizes: dict[str, Size]) -> None:
    """Note the sizes of the letters of an operand."""
    if shape.at_least > len(term) or (shape.rank is not None and shape.rank != len(term)):
        raise Refusal(f"`{term}` names {len(term)} dims, and the operand has shape {shape}")
    for letter, size in _pairs(term, shape):
        known = sizes.get(letter, 1)
        try:
            (sizes[letter],) = broadcast(Shape((known,)), Shape((size,))).sizes
        except Refusal:
            raise Refusal(f"`{letter}` has the size {known} and, in `{term}` of shape {shape}, {size}") from None


def _pairs(term: str, shape: Shape) -> Iterator[tuple[str, Size]]:
    missing = len(term) - len(shape.sizes)
    for index, letter in enumerate(term):
        yield letter, shape.sizes[index - missing] if index >= missing else unknown()
