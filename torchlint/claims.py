"""What the author of a rewrite says about it. The harness decides whether it is so."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

if TYPE_CHECKING:
    import torch

    from torchlint.match import Match

    _Tensor = torch.Tensor
else:
    _Tensor = Any


class Input(NamedTuple):
    """The kind of input that a parameter of a rewrite or of a fixture program takes."""

    kind: str


# Parameters of `before` and `after`. The text is the language of fixture annotations (CONTRIBUTING.md): a kind and,
# where it matters, the shape; without a shape every shape at which `before` runs is tried.
Floats = Annotated[_Tensor, Input("float")]
Vector = Annotated[_Tensor, Input("float N")]
Logits = Annotated[_Tensor, Input("float N C")]
# Without a bound on the condition number neither side of a rewrite of matrices is right.
Regular = Annotated[_Tensor, Input("regular N N")]
Columns = Annotated[_Tensor, Input("float N M")]
Labels = Annotated[_Tensor, Input("labels N < C")]
# Indices along the second dim of logits, as `gather` takes them, and along the first one.
ClassColumn = Annotated[_Tensor, Input("labels N 1 < C")]
Rows = Annotated[_Tensor, Input("labels 3 < N")]
Probabilities = Annotated[_Tensor, Input("prob")]
Binary = Annotated[_Tensor, Input("binary")]
BinaryTargets = Annotated[_Tensor, Input("binary N C")]
Mask = Annotated[_Tensor, Input("bool")]
Integers = Annotated[_Tensor, Input("long")]
Dim = Annotated[int, Input("dim")]
Flag = Annotated[bool, Input("flag")]
Size = Annotated[int, Input("size")]
Number = Annotated[float, Input("number")]


class Claim:
    """What a rewrite does to the program's results."""


class Same(Claim):
    """Values and gradients are equal up to rounding."""


class Stabilises(Claim):
    """Equal where the original is finite and accurate, better elsewhere.

    A safe fix needs more than half precision, in which few results are accurate, and no `autocast`.
    """


class Changes(Claim):
    """An intended change of behaviour; `how` says what changes, in a few words."""

    def __init__(self, how: str) -> None:
        self.how = how


class Pair(NamedTuple):
    """A rewrite: two runnable functions with the same parameters.

    `before` is the pattern: its text is lowered to a graph of operations in which the parameters are leaves. `after`
    is the template. `when` says what else must hold of the captured values for the finding; `applies` what must hold
    for the fix (a rank, a dim), and where it does not, the finding is reported with a fix that is only displayed
    if `shown`, else without one. `excluded` are opposites of inputs that `when` or `applies` rule out, by their names
    in certificates: `a dim of size 1` where the shapes are certain.
    """

    before: Callable[..., Any]
    after: Callable[..., Any]
    claim: Claim
    when: Callable[[Match], bool] | None = None
    applies: Callable[[Match], bool] | None = None
    message: str = ""
    excluded: tuple[str, ...] = ()
