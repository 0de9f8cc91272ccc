"""Distributions over single numbers: what is drawn has the shape that their parameters broadcast to, and the logarithm
of its probability the shape that they and the drawn value broadcast to."""

from __future__ import annotations

from torchlint.values.value import Call, Constant, Method, Value

_UNIVARIATE = frozenset(
    f"torch.distributions.{module}{name}"
    for name in ("Normal", "Laplace", "Cauchy", "Gumbel", "Uniform", "Beta", "Gamma", "Exponential", "Bernoulli")
    for module in ("", f"{name.lower()}.")
)
_SAMPLES = frozenset({"sample", "rsample"})


def parameters(call: Call) -> list[Value]:
    """What the result of a method of a distribution broadcasts from; nothing where that is not known."""
    method = call.callee
    made = method.receiver if isinstance(method, Method) else None
    if not isinstance(method, Method) or not isinstance(made, Call) or made.qualname not in _UNIVARIATE:
        return []
    given = [arg for arg in (*made.args, *made.keywords.values()) if not isinstance(arg, Constant)]
    if method.name in _SAMPLES and not call.args and not call.keywords:
        return given
    return [*given, call.args[0]] if method.name == "log_prob" and len(call.args) == 1 else []
