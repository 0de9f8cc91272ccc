"""Decompositions, determinants and distances: of the last two dims, or of vectors in the last one."""

from __future__ import annotations

from torchlint.torch_facts.dims import ANY, Shape, Size, certainly_differ, product, unknown
from torchlint.torch_facts.shape_functions.elementwise_shapes import broadcast
from torchlint.torch_facts.shape_functions.product_shapes import check_inner, matrix_product
from torchlint.torch_facts.shape_functions.refusal import Given, Refusal, dim_of


def _square(given: Given) -> Shape:
    """The input. Raises `Refusal` where its last two sizes differ, or it has fewer dims."""
    shape = given.tensor()
    if shape.rank is not None and shape.rank < 2:
        raise Refusal(f"it takes matrices, and its input has shape {shape}")
    if shape.at_least > 1 and certainly_differ(shape.sizes[-1], shape.sizes[-2]):
        raise Refusal(f"it takes square matrices, and its input has shape {shape}")
    return shape


def of_square(given: Given) -> Shape:
    """A matrix for each: `inverse`, `matrix_exp`, `cholesky`."""
    return _square(given)


def number_of_square(given: Given) -> Shape:
    """A number for each: determinants."""
    shape = _square(given)
    return Shape(shape.sizes[:-2], shape.open) if shape.at_least > 1 else ANY


def sign_and_logarithm(given: Given) -> tuple[Shape, Shape]:
    """`slogdet`: two numbers for each."""
    shape = number_of_square(given)
    return shape, shape


def eigen(given: Given) -> tuple[Shape, Shape]:
    """Eigenvalues and eigenvectors."""
    shape = _square(given)
    return Shape(shape.sizes[:-1], shape.open) if shape.at_least > 1 else ANY, shape


def eigenvalues(given: Given) -> Shape:
    """The values of `eigen` alone."""
    return eigen(given)[0]


def trace(given: Given) -> Shape:
    """The sum of the diagonal of one matrix."""
    shape = given.tensor()
    if shape.at_least > 2 or (shape.rank is not None and shape.rank != 2):
        raise Refusal(f"it takes a matrix, and its input has shape {shape}")
    return Shape(())


def kron(given: Given) -> Shape:
    """The products of the sizes, counted from the last."""
    a, b = given.tensor(), given.tensor("other")
    if a.rank is None or b.rank is None:
        return ANY
    rank = max(a.rank, b.rank)
    pairs = zip(*((*(1,) * (rank - len(one.sizes)), *one.sizes) for one in (a, b)), strict=True)
    return Shape(tuple(one * two for one, two in pairs))


def inner(given: Given) -> Shape:
    """Products of the vectors in the last dims.

    Raises `Refusal` where these differ.
    """
    a, b = given.tensor(), given.tensor("other")
    if a.rank == 0 or b.rank == 0:
        return b if a.rank == 0 else a
    if a.rank is None or b.rank is None:
        return ANY
    if certainly_differ(a.sizes[-1], b.sizes[-1]):
        raise Refusal(f"shapes {a} and {b} have another last size")
    return Shape((*a.sizes[:-1], *b.sizes[:-1]))


def tensordot(given: Given) -> Shape:
    """Products over so many last dims of one and first dims of the other, or over those that are named.

    Raises `Refusal` where their sizes differ.
    """
    a, b, dims = given.tensor("a"), given.tensor("b"), given.get("dims", 2)
    if a.rank is None or b.rank is None:
        return ANY
    if isinstance(dims, int) and not isinstance(dims, bool) and dims >= 0:
        if dims > min(a.rank, b.rank):
            raise Refusal(f"{dims} dims are taken of shapes {a} and {b}")
        of_a, of_b = [*range(-dims, 0)], [*range(-b.rank, dims - b.rank)]
    elif isinstance(dims, tuple) and len(dims) == 2 and all(isinstance(part, tuple) for part in dims):
        named = [[dim_of(dim, one) for dim in part] for part, one in zip(dims, (a, b), strict=True)]
        of_a, of_b = ([dim for dim in part if dim is not None] for part in named)
        if (len(of_a), len(of_b)) != (len(named[0]), len(named[1])) or not (a.sizes and b.sizes):
            return ANY
    else:
        return ANY
    if len(of_a) != len(of_b) or len({*of_a}) < len(of_a) or len({*of_b}) < len(of_b):
        return ANY
    for one, two in zip(of_a, of_b, strict=True):
        # A size of 1 is stretched.
        if all(certainly_differ(size, 1) for size in (a.sizes[one], b.sizes[two])) and certainly_differ(
            a.sizes[one], b.sizes[two]
        ):
            raise Refusal(f"shapes {a} and {b} differ where they are multiplied: {a.sizes[one]} is not {b.sizes[two]}")
    rest_a = [size for index, size in enumerate(a.sizes, -a.rank) if index not in of_a]
    rest_b = [size for index, size in enumerate(b.sizes, -b.rank) if index not in of_b]
    return Shape((*rest_a, *rest_b))


def addmv(given: Given) -> Shape:
    """A matrix times a vector, and what is added to it."""
    a, b = given.tensor("mat"), given.tensor("vec")
    for shape, wanted in ((a, 2), (b, 1)):
        if shape.at_least > wanted or (shape.rank is not None and shape.rank != wanted):
            raise Refusal(f"it takes a matrix and a vector, and is given {a} and {b}")
    check_inner(a, b)
    return Shape((a.sizes[0],)) if a.rank == 2 else Shape((unknown(),))


def decomposed(given: Given) -> Shape | tuple[Shape, ...]:
    """`linalg.svd`: (m, m), (min(m, n),) and (n, n), or their first min(m, n) vectors."""
    shape = given.tensor()
    if shape.rank is not None and shape.rank < 2:
        raise Refusal(f"it takes matrices, and its input has shape {shape}")
    full = given.flag("full_matrices", True)
    if shape.at_least < 2 or full is None:
        return ANY, ANY, ANY
    front, (rows, columns) = shape.sizes[:-2], shape.sizes[-2:]
    least = _least(rows, columns)
    left, right = (rows, columns) if full else (least, least)
    ends: tuple[tuple[Size, ...], ...] = ((rows, left), (least,), (right, columns))
    return tuple(Shape((*front, *end), shape.open) for end in ends)


def singular_values(given: Given) -> Shape:
    """The values of `decomposed` alone."""
    shape = given.tensor()
    if shape.rank is not None and shape.rank < 2:
        raise Refusal(f"it takes matrices, and its input has shape {shape}")
    return Shape((*shape.sizes[:-2], _least(*shape.sizes[-2:])), shape.open) if shape.at_least > 1 else ANY


def orthogonal(given: Given) -> tuple[Shape, Shape]:
    """`linalg.qr`: (m, k) and (k, n), where k is the smaller one, or m if all of it is asked for."""
    shape, mode = given.tensor(), given.get("mode", "reduced")
    if shape.rank is not None and shape.rank < 2:
        raise Refusal(f"it takes matrices, and its input has shape {shape}")
    if shape.at_least < 2 or mode not in ("reduced", "complete"):
        return ANY, ANY
    front, (rows, columns) = shape.sizes[:-2], shape.sizes[-2:]
    inside = _least(rows, columns) if mode == "reduced" else rows
    return Shape((*front, rows, inside), shape.open), Shape((*front, inside, columns), shape.open)


def _least(a: Size, b: Size) -> Size:
    if isinstance(a, int) and isinstance(b, int):
        return min(a, b)
    return a if a == b else unknown()


def distances(given: Given) -> Shape:
    """`cdist`: from each row of one to each of the other.

    Raises `Refusal` where rows differ in length.
    """
    a, b = given.tensor("x1"), given.tensor("x2")
    for shape in (a, b):
        if shape.rank is not None and shape.rank < 2:
            raise Refusal(f"it takes rows of vectors, and is given {a} and {b}")
    if min(a.at_least, b.at_least) < 2:
        return ANY
    if certainly_differ(a.sizes[-1], b.sizes[-1]):
        raise Refusal(f"rows of {a} and {b} differ in length: {a.sizes[-1]} is not {b.sizes[-1]}")
    if a.open or b.open:
        return Shape((a.sizes[-2], b.sizes[-2]), True)
    return Shape((*broadcast(Shape(a.sizes[:-2]), Shape(b.sizes[:-2])).sizes, a.sizes[-2], b.sizes[-2]))


def similarity(given: Given) -> Shape:
    """`cosine_similarity`: without one dim, the second unless it is named."""
    shape = broadcast(given.tensor("x1"), given.tensor("x2"))
    dim = dim_of(given.get("dim", 1), shape)
    if dim is None or not shape.sizes:
        return ANY
    at = len(shape.sizes) + dim
    return Shape((*shape.sizes[:at], *shape.sizes[at + 1 :]), shape.open)


def pair_distance(given: Given) -> Shape:
    """`pairwise_distance`: without the last dim."""
    shape = broadcast(given.tensor("x1"), given.tensor("x2"))
    keeps = given.flag("keepdim")
    if not shape.sizes or keeps is None:
        return ANY
    return Shape((*shape.sizes[:-1], 1) if keeps else shape.sizes[:-1], shape.open)


def crossed(given: Given) -> Shape:
    """`linalg.cross`: vectors of three elements, in the last dim unless another is named.

    Raises `Refusal` where they have another number.
    """
    a, b = given.tensor(), given.tensor("other")
    if a.rank is not None and b.rank is not None and a.rank != b.rank:
        raise Refusal(f"shapes {a} and {b} have another number of dims")
    dim = dim_of(given.get("dim", -1), a)
    if dim is not None and a.sizes and certainly_differ(a.sizes[dim], 3):
        raise Refusal(f"it takes vectors of 3 elements, and its input has shape {a}")
    return broadcast(a, b)


def diag(given: Given) -> Shape:
    """A vector as the diagonal of a matrix, or the diagonal of a matrix as a vector."""
    shape, offset = given.tensor(), given.number("diagonal", 0)
    if shape.at_least > 2 or shape.rank == 0:
        raise Refusal(f"it takes a tensor of 1 or 2 dims, and its input has shape {shape}")
    if shape.rank is None or offset is None:
        return ANY
    if shape.rank == 1:
        size = shape.sizes[0] + abs(offset)
        return Shape((size, size))
    rows, columns = shape.sizes
    if rows == columns and offset == 0:
        return Shape((rows,))
    if not (isinstance(rows, int) and isinstance(columns, int)):
        return Shape((unknown(),))
    return Shape((max(min(rows, columns - offset) if offset >= 0 else min(rows + offset, columns), 0),))


def embedded_diagonal(given: Given) -> Shape:
    """`diag_embed`: the last dim as the diagonal of matrices."""
    shape, offset = given.tensor(), given.number("offset", 0)
    if given.get("dim1", -2) != -2 or given.get("dim2", -1) != -1 or offset is None or not shape.sizes:
        return ANY
    size = shape.sizes[-1] + abs(offset)
    return Shape((*shape.sizes[:-1], size, size), shape.open)


def flat_diagonal(given: Given) -> Shape:
    """`diagflat`: all elements as a diagonal."""
    shape, offset = given.tensor(), given.number("offset", 0)
    size = unknown() if shape.open or offset is None else product(shape.sizes) + abs(offset)
    return Shape((size, size))


def vector_dot(given: Given) -> Shape:
    """`linalg.vecdot`: products of vectors in the last dim, or another one that is named."""
    a, b = (given.tensor(name) for name in (("x", "y") if "x" in given.arguments else ("input", "other")))
    shape = broadcast(a, b)
    if a.rank == b.rank == 1:
        return Shape(())  # whatever dim is named
    dim = dim_of(given.get("dim", -1), shape)
    if dim is None or not shape.sizes:
        return ANY
    at = len(shape.sizes) + dim
    return Shape((*shape.sizes[:at], *shape.sizes[at + 1 :]), shape.open)


def two_sided(given: Given) -> Shape:
    """`bilinear`: (..., in1) and (..., in2) become (..., out).

    Raises `Refusal` where these last sizes are others.
    """
    one, two = given.tensor("input1"), given.tensor("input2")
    weight = given.tensor("weight") if "weight" in given.arguments else None
    if weight is not None and weight.rank != 3:
        return ANY
    sizes = weight.sizes if weight else [given.size(f"{name}_features") for name in ("out", "in1", "in2")]
    for shape, takes in ((one, sizes[1]), (two, sizes[2])):
        if shape.sizes and certainly_differ(shape.sizes[-1], takes):
            raise Refusal(f"its input has shape {shape}, and it takes {takes} features in the last dim")
    if not one.sizes:
        return ANY
    return Shape((*one.sizes[:-1], sizes[0]), one.open)


def product_added(given: Given) -> Shape:
    """`addbmm`: the sum of the products of a batch of matrices."""
    a, b = given.tensor("batch1"), given.tensor("batch2")
    for shape in (a, b):
        if shape.at_least > 3 or (shape.rank is not None and shape.rank != 3):
            raise Refusal(f"it takes two batches of matrices, and is given {a} and {b}")
    result = matrix_product(a, b)
    return Shape(result.sizes[1:]) if result.rank == 3 else ANY
