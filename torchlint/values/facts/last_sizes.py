"""The size of the last dim of a tensor, which is often certain where the rank is not: a `Linear` sets it."""

from __future__ import annotations

from torchlint.torch_facts import ops
from torchlint.values.facts.sizes import sizes
from torchlint.values.value import Call, Choice, Constant, Field, Method, Mutated, Op, Value

_DEPTH = 24
# Distributions over single numbers: samples have the shape that their parameters broadcast to, and log-probabilities
# the shape that this and the value broadcast to.
_UNIVARIATE = frozenset(
    f"torch.distributions.{module}{name}"
    for name in ("Normal", "Laplace", "Cauchy", "Gumbel", "Uniform", "Beta", "Gamma", "Exponential", "Bernoulli")
    for module in ("", f"{name.lower()}.")
)
_SAMPLES = frozenset({"sample", "rsample"})


def last_size(value: Value, depth: int = _DEPTH) -> int | None:
    """The number that the last size of a tensor certainly is."""
    if depth == 0:
        return None
    known = sizes(value)
    if known is not None:
        return known[-1] if known and isinstance(known[-1], int) else None
    match value:
        case Choice():
            found = {last_size(member, depth - 1) for member in value.members}
            return found.pop() if len(found) == 1 else None
        case Mutated():
            return last_size(value.base, depth - 1)
        case Field(name="data" | "grad"):
            return last_size(value.base, depth - 1)
        case Op():
            return _of_op(value, depth)
        case Call():
            return _of_call(value, depth)
    return None


def _of_op(op: Op, depth: int) -> int | None:
    match ops.shape(op.name):
        case "last dim":
            out = op.constant("out_features")
            return out if isinstance(out, int) else None
        case "same":
            return last_size(op.input, depth - 1)
        case "broadcast":
            return _broadcast([arg for arg in op.args.values() if not isinstance(arg, Constant)], depth)
    return None


def _broadcast(operands: list[Value], depth: int) -> int | None:
    """The last size of what some operands broadcast to: the one that is not 1."""
    found = [last_size(operand, depth - 1) for operand in operands]
    larger = {size for size in found if size is not None and size != 1}
    if larger:
        return larger.pop() if len(larger) == 1 else None
    return 1 if found and all(size == 1 for size in found) else None


def _of_call(call: Call, depth: int) -> int | None:
    """Of what a distribution draws or says of a value."""
    method = call.callee
    made = method.receiver if isinstance(method, Method) else None
    if not isinstance(method, Method) or not isinstance(made, Call) or made.qualname not in _UNIVARIATE:
        return None
    given = [*made.args, *made.keywords.values()]
    parameters = [arg for arg in given if not isinstance(arg, Constant)]
    if method.name in _SAMPLES and not call.args and not call.keywords:
        return _broadcast(parameters, depth)
    if method.name == "log_prob" and len(call.args) == 1:
        return _broadcast([*parameters, call.args[0]], depth)
    return None
