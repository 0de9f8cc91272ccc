"""Migrated code computes what the old code did: what still runs gives the same, what is gone gives what NumPy computes
in float64.

The matrices are not symmetric and not square where that would hide a swapped argument, a triangle or a transpose.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from migrated import fixed, ran

torch = pytest.importorskip("torch")
np = pytest.importorskip("numpy")

_RANDOM = np.random.default_rng(7)
A = _RANDOM.standard_normal((4, 4)) + 4 * np.eye(4)
TALL = _RANDOM.standard_normal((6, 3))
B = _RANDOM.standard_normal((4, 2))
RIGHT = _RANDOM.standard_normal((6, 2))
SPD = A @ A.T + np.eye(4)
LOW_RANK = TALL[:4] @ TALL[:4].T
GIVEN = {
    name: torch.from_numpy(value.copy())
    for name, value in {"a": A, "b": B, "tall": TALL, "right": RIGHT, "spd": SPD, "low": LOW_RANK}.items()
}


def computed(expression: str) -> Any:
    """The value of an expression after its migration, which must leave no old name, as NumPy arrays."""
    after = fixed(f"import torch\n\nresult = {expression}\n")
    assert not re.search(r"torch\.(solve|symeig|eig|lstsq|matrix_rank|lu|lu_solve|triangular_solve|norm|svd)\(", after)
    return as_array(ran(after, **GIVEN))


def as_array(value: Any) -> Any:
    return tuple(map(as_array, value)) if isinstance(value, tuple) else np.asarray(value)


def symmetric(triangle: Any) -> Any:
    """The symmetric matrix with this triangle, the diagonal included."""
    return triangle + triangle.T - np.diag(np.diag(triangle))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("torch.solve(b, a)[0]", np.linalg.solve(A, B)),
        ("torch.solve(b, a).solution", np.linalg.solve(A, B)),
        ("torch.solve(A=a, input=b)[0]", np.linalg.solve(A, B)),
        ("torch.exp(b).solve(a)[0]", np.linalg.solve(A, np.exp(B))),
        ("torch.lstsq(right, tall)[0]", np.linalg.lstsq(TALL, RIGHT, rcond=None)[0]),
        ("torch.lstsq(right, tall).solution", np.linalg.lstsq(TALL, RIGHT, rcond=None)[0]),
        ("torch.symeig(a)[0]", np.linalg.eigvalsh(symmetric(np.triu(A)))),
        ("torch.symeig(a, upper=False)[0]", np.linalg.eigvalsh(symmetric(np.tril(A)))),
        ("torch.symeig(a, eigenvectors=True)[0]", np.linalg.eigvalsh(symmetric(np.triu(A)))),
        ("torch.symeig(a, True, False).eigenvalues", np.linalg.eigvalsh(symmetric(np.tril(A)))),
        ("torch.matrix_rank(low)", np.linalg.matrix_rank(LOW_RANK)),
        ("torch.matrix_rank(low, symmetric=True)", np.linalg.matrix_rank(LOW_RANK, hermitian=True)),
        ("torch.matrix_rank(a, 3.5)", np.linalg.matrix_rank(A, tol=3.5)),
        ("torch.svd(tall)[1]", np.linalg.svd(TALL)[1]),
        ("torch.svd(tall, compute_uv=False)[1]", np.linalg.svd(TALL)[1]),
        ("torch.cholesky(spd)", np.linalg.cholesky(SPD)),
        ("torch.cholesky(spd, upper=True)", np.linalg.cholesky(SPD).T),
        ("torch.triangular_solve(b, a)[0]", np.linalg.solve(np.triu(A), B)),
        ("torch.triangular_solve(b, a, upper=False)[0]", np.linalg.solve(np.tril(A), B)),
        ("torch.triangular_solve(b, a, transpose=True)[0]", np.linalg.solve(np.triu(A).T, B)),
        ("torch.triangular_solve(b, a, False, True)[0]", np.linalg.solve(np.tril(A).T, B)),
        (
            "torch.triangular_solve(b, a, unitriangular=True).solution",
            np.linalg.solve(np.triu(A, 1) + np.eye(4), B),
        ),
        ("torch.norm(tall)", np.linalg.norm(TALL)),
        ("torch.norm(tall, 1)", np.abs(TALL).sum()),
        ("torch.norm(tall, p=float('inf'))", np.abs(TALL).max()),
        ("torch.norm(tall, 2, dim=1)", np.linalg.norm(TALL, axis=1)),
        ("torch.norm(tall, 1, 0, keepdim=True)", np.abs(TALL).sum(0, keepdims=True)),
        ("torch.norm(tall, p='nuc')", np.linalg.norm(TALL, "nuc")),
        ("torch.norm(tall, p='fro', dim=(0, 1))", np.linalg.norm(TALL, "fro")),
        ("torch.chain_matmul(a, b, b.mT)", A @ B @ B.T),
        ("torch.ger(a[0], b[:, 1])", np.outer(A[0], B[:, 1])),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_migrated_expression_gives_the_numbers_of_numpy(expression: str, expected: Any) -> None:
    np.testing.assert_allclose(computed(expression), expected, rtol=1e-9, atol=1e-12)


def test_the_factors_of_a_matrix_and_a_solution_from_them() -> None:
    program = """\
        import torch

        factors, pivots = torch.lu(a)
        result = torch.lu_solve(b, factors, pivots)
    """
    after = fixed(program)
    assert "torch.linalg.lu_factor(a)" in after
    assert "torch.linalg.lu_solve(factors, pivots, b)" in after
    np.testing.assert_allclose(as_array(ran(after, **GIVEN)), np.linalg.solve(A, B), rtol=1e-9)


@pytest.mark.parametrize(("arguments", "triangle"), [("", np.triu), (", upper=False", np.tril)])
def test_eigenvectors_belong_to_the_triangle_that_was_read(arguments: str, triangle: Any) -> None:
    after = fixed(f"import torch\n\nvalues, result = torch.symeig(a, eigenvectors=True{arguments})\n")
    assert "symeig" not in after
    vectors = as_array(ran(after, **GIVEN))
    matrix = symmetric(triangle(A))
    values = np.linalg.eigvalsh(matrix)
    np.testing.assert_allclose(matrix @ vectors, vectors * values, atol=1e-9)


def test_eigenvalues_are_pairs_of_real_and_imaginary_part() -> None:
    pairs = computed("torch.eig(a)[0]")
    values = np.sort_complex(pairs[:, 0] + 1j * pairs[:, 1])
    np.testing.assert_allclose(values, np.sort_complex(np.linalg.eigvals(A)), rtol=1e-9)


@pytest.mark.parametrize("arguments", ["", ", some=False", ", False"])
def test_the_parts_of_a_singular_value_decomposition_give_the_matrix(arguments: str) -> None:
    program = f"""\
        import torch

        u, s, v = torch.svd(tall{arguments})
        result = u, s, v
    """
    after = fixed(program)
    assert "torch.linalg.svd" in after
    u, s, v = as_array(ran(after, **GIVEN))
    np.testing.assert_allclose((u[:, :3] * s) @ v.T, TALL, atol=1e-9)
    assert u.shape == ((6, 6) if arguments else (6, 3))
    assert v.shape == (3, 3)


@pytest.mark.parametrize("arguments", ["", ", some=False"])
def test_the_parts_of_a_qr_decomposition_give_the_matrix(arguments: str) -> None:
    after = fixed(f"import torch\n\nresult = torch.qr(tall{arguments})\n")
    q, r = as_array(ran(after, **GIVEN))
    mode = "complete" if arguments else "reduced"
    for own, other in zip((q, r), np.linalg.qr(TALL, mode=mode), strict=True):
        np.testing.assert_allclose(np.abs(own), np.abs(other), atol=1e-9)
    np.testing.assert_allclose(q @ r, TALL, atol=1e-9)


OLD = [
    "torch.ger(a[0], b[:, 1])",
    "torch.chain_matmul(a, b, b.mT)",
    "torch.cholesky(spd, upper=True)",
    "torch.qr(tall, some=False)",
    "torch.norm(tall, 3, 1, True)",
    "torch.svd(tall)[1]",
    "torch.triangular_solve(b, a, False, True)[0]",
    "torch.nn.functional.upsample(a[None, None], scale_factor=2)",
    "torch.nn.functional.upsample_bilinear(a[None, None], scale_factor=2)",
    "torch.nn.functional.upsample_nearest(a[None, None], 8)",
    "torch.nn.UpsamplingNearest2d(scale_factor=2)(a[None, None])",
    "torch.nn.UpsamplingBilinear2d(scale_factor=2)(a[None, None])",
    "torch.nn.MSELoss(size_average=False)(a, spd)",
    "torch.nn.L1Loss(reduce=False)(a, spd)",
    "torch.nn.functional.mse_loss(a, spd, True, False)",
    "torch.nn.NLLLoss2d()(torch.log_softmax(a, 1)[None, :, :, None], torch.zeros(1, 4, 1, dtype=torch.long))",
    "torch.get_autocast_cpu_dtype(), torch.is_autocast_cpu_enabled()",
    "torch.has_mkldnn",
    "torch.has_cuda",
    "torch._utils.is_compiling()",
    "torch.autograd.Variable(a)",
]


@pytest.mark.parametrize("expression", OLD)
def test_what_still_runs_gives_the_same_after_its_migration(expression: str) -> None:
    program = f"import torch\n\nresult = {expression}\n"
    after = fixed(program)
    assert after != program
    old, new = as_array(ran(program, **GIVEN)), as_array(ran(after, **GIVEN))
    pairs = zip(old, new, strict=True) if isinstance(old, tuple) else [(old, new)]
    for before, migrated in pairs:
        assert before.dtype == migrated.dtype
        if before.dtype.kind == "f":
            np.testing.assert_allclose(migrated, before, rtol=1e-12)
        else:
            assert (before == migrated).all()
