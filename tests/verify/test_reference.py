"""The multi-precision reference agrees with float64 where float64 is right, and knows where it is not."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("gmpy2")

from torchlint.verify.reference.meaning import NoReferenceError, Reference  # noqa: E402
from torchlint.verify.reference.precise import multi_precision  # noqa: E402
from torchlint.verify.run.execution import dyadic, run  # noqa: E402
from torchlint.verify.run.units import compile_text, define  # noqa: E402

EXPRESSIONS = """
torch.log(torch.softmax(x, -1))
x.log_softmax(0).exp().sum(1)
torch.logsumexp(x, (0, 1))
F.cross_entropy(x, y, label_smoothing=0.1)
F.cross_entropy(x, y, reduction="sum")
F.nll_loss(F.log_softmax(x, 1), y, weight=torch.tensor([1.0, 2.0, 0.5, 1.0, 3.0], dtype=x.dtype))
-torch.log_softmax(x, 1)[torch.arange(len(y)), y].mean()
-x.gather(1, y[:, None]).squeeze(1)
F.binary_cross_entropy(torch.sigmoid(x), (x > 0).to(x.dtype))
F.kl_div(x.log_softmax(1), x.flip(1).softmax(1), reduction="batchmean")
F.layer_norm(x, (5,)) + F.gelu(x) + F.silu(x) + F.softplus(x) + F.mish(x) + F.elu(x)
x.var(1), x.std(dim=0, correction=0), x.mean(), x.amax(1), x.max(0).values, x.argmax(1)
torch.einsum("ij,kj->ik", x, x) @ x
F.linear(x, x, x[:, 0])
torch.where(x > 0, x, 0.1 * x).cumsum(1).clamp(-1, 1)
torch.hypot(x, x + 1) / torch.logaddexp(x, 2 * x)
torch.stack([row.sin() * 2 for row in x]).mT.reshape(-1)[::2]
F.normalize(x, dim=-1) * F.cosine_similarity(x, x + 1, dim=-1)[:, None]
torch.cat([x.unsqueeze(0), x.abs().sqrt()[None]]).permute(2, 0, 1).flatten(1)
F.scaled_dot_product_attention(x[None], x[None], x[None])
x.masked_fill(x > 0, 1.0).prod(1) - torch.special.entr(x.sigmoid()).sum()
""".strip().splitlines()

IN_PLACE = """
z = torch.zeros(5, dtype=x.dtype)
for i in range(x.shape[0]):
    z += x[i]
y = torch.zeros_like(x)
for i in range(3):
    y[i] = z * i
first = y[1]
first += 1
y.mul_(2)
return y
"""


def evaluate(text: str, x: torch.Tensor) -> tuple[Reference, object]:
    arguments = {"x": x, "y": torch.tensor([0, 4, 2])}
    function = compile_text(define("before", text, ("x", "y")))
    return multi_precision(function, arguments, ("x",), dyadic), run(function, arguments, ("x",))


@pytest.mark.parametrize("text", [*EXPRESSIONS, IN_PLACE])
def test_values_and_gradients_agree_with_float64(text: str) -> None:
    x = torch.randn(3, 5, generator=torch.Generator().manual_seed(7), dtype=torch.float64)
    truth, plain = evaluate(text, x)
    values = plain.leaves.values  # type: ignore[attr-defined]
    assert plain.error is None  # type: ignore[attr-defined]
    for number, value in zip(truth.values, values, strict=True):
        torch.testing.assert_close(number.to(value.dtype), value.detach(), rtol=1e-12, atol=1e-13)
    grad = plain.grads["x"]  # type: ignore[attr-defined]
    torch.testing.assert_close(truth.grads["x"], grad, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(
    ("text", "x", "value", "grad"),
    [
        ("torch.log(1 - torch.sigmoid(x))", 1e4, -1e4, -1.0),
        ("torch.log(torch.softmax(torch.stack([x, 0 * x]), 0))[1]", 1e4, -1e4, -1.0),
        ("torch.log(1 + x)", 1e-300, 1e-300, 1.0),
        ("1 - torch.cos(x)", 1e-100, 5e-201, 1e-100),
        ("torch.exp(x) / torch.exp(x)", 1e5, 1.0, 0.0),
        ("torch.log1p(-torch.sigmoid(x))", 5e3, -5e3, -1.0),
        ("torch.where(x > 0, torch.log(x), 0.0)", 0.0, 0.0, 0.0),
        ("torch.log(x)", 0.0, -math.inf, math.inf),
    ],
)
def test_precision_grows_until_the_value_is_right(text: str, x: float, value: float, grad: float) -> None:
    truth, _ = evaluate(text, torch.tensor(x, dtype=torch.float64))
    assert truth.values[0].item() == pytest.approx(value, rel=1e-12)
    cotangent = dyadic(0, torch.Size([])).item()
    assert truth.grads["x"].item() == pytest.approx(grad * cotangent, rel=1e-12)


def test_what_has_no_reference_says_why() -> None:
    with pytest.raises(NoReferenceError, match="cdist"):
        evaluate("torch.cdist(x, x)", torch.ones(3, 5, dtype=torch.float64))
