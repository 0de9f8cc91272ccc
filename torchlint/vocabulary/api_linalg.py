"""Functions of linear algebra, deprecated or removed, whose successors in `torch.linalg` take or give something else.

Of a method, the receiver is the first parameter.
"""

from __future__ import annotations

from .api_table import TENSOR, Case, Row

_WARNS = "lib/libtorch_cpu.so, message"
_RAISES = "_linalg_utils.py"
_RUNS = "code runs that raised"


def _both(row: Row) -> tuple[Row, Row]:
    """A function, and the method of its name."""
    return row, row._replace(old=row.old.replace("torch.", TENSOR), source="_tensor.py")


_SVD = "torch.linalg.svd(input, full_matrices=False)"
_FULL = "torch.linalg.svd(input)"
_REGULAR = "no matrix is singular: `lu_factor` raises there, `lu` did not"
_NORM = "dim=dim, keepdim=keepdim, dtype=dtype, out=out)"
_TRIANGULAR = "upper={}, unitriangular=unitriangular)"

DECOMPOSITIONS = (
    Row(
        "torch.Tensor.qr",
        "torch.linalg.qr",
        signature="input some=True",
        cases=(
            Case("torch.linalg.qr(input)", "some=True"),
            Case('torch.linalg.qr(input, mode="complete")', "some=False"),
        ),
        deprecated="1.9",
        lowest="1.9",
        source=_WARNS,
    ),
    Row(
        "torch.Tensor.cholesky",
        "torch.linalg.cholesky",
        signature="input upper=False",
        cases=(Case("torch.linalg.cholesky(input, upper=upper)"),),
        deprecated="1.9",
        lowest="1.10",
        source=_WARNS,
    ),
    *_both(
        Row(
            "torch.svd",
            "torch.linalg.svd",
            signature="input some=True compute_uv=True",
            results="U S V",
            cases=(
                Case("torch.linalg.svdvals(input)", "compute_uv=False", "1"),
                Case(f"{_SVD}[0]", "some=True compute_uv=True", "0"),
                Case(f"{_SVD}[1]", "some=True compute_uv=True", "1"),
                Case(f"{_SVD}[2].mH", "some=True compute_uv=True", "2"),
                Case(_SVD, "some=True compute_uv=True", "unpack", then="2:mH"),
                Case(f"{_FULL}[0]", "some=False compute_uv=True", "0"),
                Case(f"{_FULL}[1]", "some=False compute_uv=True", "1"),
                Case(f"{_FULL}[2].mH", "some=False compute_uv=True", "2"),
                Case(_FULL, "some=False compute_uv=True", "unpack", then="2:mH"),
            ),
            message="`svd` is deprecated: use `torch.linalg.svd`, which returns the transpose `Vh` of `V`",
            deprecated="1.8",
            lowest="1.11",
            source="_torch_docs.py",
        )
    ),
    *_both(
        Row(
            "torch.lu",
            "torch.linalg.lu_factor",
            signature="A pivot=True get_infos=False out=None",
            cases=(
                Case("torch.linalg.lu_factor(A, pivot=pivot, out=out)", "get_infos=False", need=_REGULAR),
                Case("torch.linalg.lu_factor_ex(A, pivot=pivot, out=out)", "get_infos=True"),
            ),
            deprecated="1.11",
            lowest="1.11",
            source="functional.py",
        )
    ),
    *_both(
        Row(
            "torch.lu_solve",
            "torch.linalg.lu_solve",
            signature="b LU_data LU_pivots out=None",
            cases=(Case("torch.linalg.lu_solve(LU_data, LU_pivots, b, out=out)"),),
            deprecated="1.13",
            lowest="1.13",
            source=_WARNS,
        )
    ),
    *_both(
        Row(
            "torch.triangular_solve",
            "torch.linalg.solve_triangular",
            signature="b A upper=True transpose=False unitriangular=False",
            results="solution cloned_coefficient",
            cases=tuple(
                Case(
                    f"torch.linalg.solve_triangular({'A.mT' if transposed else 'A'}, b, "
                    + _TRIANGULAR.format(upper != transposed),
                    f"upper={upper} transpose={transposed}",
                    "0",
                )
                for upper in (True, False)
                for transposed in (False, True)
            ),
            deprecated="1.11",
            lowest="1.11",
            source=_WARNS,
        )
    ),
    Row(
        "torch.norm",
        "torch.linalg.vector_norm",
        signature="input p=fro dim=None keepdim=False out=None dtype=None",
        cases=(
            Case(f"torch.linalg.vector_norm(input, {_NORM}", "p=fro"),
            Case(f"torch.linalg.vector_norm(input, {_NORM}", "p=None"),
            Case(f"torch.linalg.vector_norm(input, p, {_NORM}", "p:number"),
            Case(f'torch.linalg.matrix_norm(input, "nuc", {_NORM}', "p=nuc"),
        ),
        message="`torch.norm` is deprecated and no longer maintained: use `torch.linalg.vector_norm`, or "
        "`torch.linalg.matrix_norm` for the norm of a matrix",
        deprecated="1.7",
        lowest="1.9",
        source="functional.py",
    ),
)

# These raise. The first result of a pair is what there still is.
REMOVED_SOLVERS = (
    *_both(
        Row(
            "torch.solve",
            "torch.linalg.solve",
            signature="input A",
            results="solution LU",
            cases=(Case("torch.linalg.solve(A, input)", result="0"),),
            message="`solve` {state}: use `torch.linalg.solve(A, B)`, which takes "
            "the matrix first and returns only the solution",
            deprecated="1.9",
            removed="1.12",
            lowest="1.9",
            source=_RAISES,
            stub=True,
            changes=_RUNS,
        )
    ),
    *_both(
        Row(
            "torch.symeig",
            "torch.linalg.eigh",
            signature="input eigenvectors=False upper=True",
            results="eigenvalues eigenvectors",
            cases=(
                Case('torch.linalg.eigh(input, UPLO="U")', "eigenvectors=True upper=True"),
                Case('torch.linalg.eigh(input, UPLO="U")', "eigenvectors=True upper=True", "unpack"),
                Case('torch.linalg.eigh(input, UPLO="U").eigenvalues', "eigenvectors=True upper=True", "0"),
                Case('torch.linalg.eigh(input, UPLO="U").eigenvectors', "eigenvectors=True upper=True", "1"),
                Case("torch.linalg.eigh(input)", "eigenvectors=True upper=False"),
                Case("torch.linalg.eigh(input)", "eigenvectors=True upper=False", "unpack"),
                Case("torch.linalg.eigh(input).eigenvalues", "eigenvectors=True upper=False", "0"),
                Case("torch.linalg.eigh(input).eigenvectors", "eigenvectors=True upper=False", "1"),
                Case('torch.linalg.eigvalsh(input, UPLO="U")', "eigenvectors=False upper=True", "0"),
                Case("torch.linalg.eigvalsh(input)", "eigenvectors=False upper=False", "0"),
            ),
            message="`symeig` {state}: use `torch.linalg.eigh`, or "
            '`torch.linalg.eigvalsh` without eigenvectors; both read the lower triangle unless `UPLO="U"`',
            deprecated="1.9",
            removed="2.0",
            lowest="1.9",
            source=_RAISES,
            stub=True,
            changes=_RUNS,
        )
    ),
    *_both(
        Row(
            "torch.eig",
            "torch.linalg.eig",
            signature="input eigenvectors=False",
            results="eigenvalues eigenvectors",
            cases=(
                Case("torch.view_as_real(torch.linalg.eigvals(input))", "eigenvectors=False", "0"),
                Case("torch.view_as_real(torch.linalg.eigvals(input))", "eigenvectors=True", "0"),
            ),
            message="`eig` {state}: use `torch.linalg.eig` or `torch.linalg.eigvals`, whose results are complex",
            deprecated="1.9",
            removed="1.13",
            lowest="1.9",
            source=_RAISES,
            stub=True,
            changes=_RUNS,
        )
    ),
    *_both(
        Row(
            "torch.lstsq",
            "torch.linalg.lstsq",
            signature="input A",
            results="solution QR",
            cases=(Case("torch.linalg.lstsq(A, input).solution", result="0"),),
            message="`lstsq` {state}: use `torch.linalg.lstsq(A, B).solution`, which "
            "takes the matrix first and has no rows past its width",
            deprecated="1.9",
            removed="1.13",
            lowest="1.9",
            source=_RAISES,
            stub=True,
            changes=f"{_RUNS}, and the rows past the width of the matrix are gone",
        )
    ),
    Row(
        "torch.matrix_rank",
        "torch.linalg.matrix_rank",
        signature="input tol=None symmetric=False",
        cases=(Case("torch.linalg.matrix_rank(input, tol=tol, hermitian=symmetric)"),),
        deprecated="1.9",
        removed="1.13",
        lowest="1.9",
        source=_RAISES,
        stub=True,
        changes=_RUNS,
    ),
)
