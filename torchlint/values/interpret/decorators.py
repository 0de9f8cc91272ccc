"""Decorators: whether a function is still called as its text shows, and what happens before its body runs."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.syntax.module import FunctionModel
from torchlint.torch_facts import ops
from torchlint.values.interpret import classes
from torchlint.values.interpret.frame import Frame
from torchlint.values.interpret.lookup import peek
from torchlint.values.value import External, Value

# Under these a function is called with the arguments, and returns the result, that its text shows.
_PLAIN = frozenset(
    {
        *ops.NO_GRAD,
        "torch.enable_grad",
        "torch.compile",
        "torch.jit.script",
        "torch.jit.ignore",
        "torch.jit.export",
        "torch.jit.unused",
        "builtins.staticmethod",
        "builtins.classmethod",
        "builtins.property",
        "functools.cached_property",
        "functools.lru_cache",
        "functools.cache",
        "typing.override",
        "typing.no_type_check",
        "typing.final",
        "abc.abstractmethod",
    }
)

_RECORDED_AS_ONE = frozenset({"torch.autograd.Function", "torch.autograd.function.Function"})


def is_plain(frame: Frame, function: FunctionModel) -> bool:
    """Whether no decorator, read in this frame, changes what a call of the function gives back."""
    return all(isinstance(value, External) and value.qualname in _PLAIN for value in _decorators(frame, function))


def disables_grad(frame: Frame, function: FunctionModel) -> bool:
    """Whether gradients are off in a function: by a decorator, read in this frame, or by what calls it."""
    values = list(_decorators(frame, function))
    if any(isinstance(value, External) and value.qualname in ops.NO_GRAD for value in values):
        return True
    if function.cls is None or not function.is_static or function.name not in ("forward", "backward"):
        return False
    # `apply` of an autograd function runs `forward` unrecorded: its gradient is what `backward` says, which is
    # recorded for second derivatives alone.
    return classes.is_subclass(frame, function.cls, _RECORDED_AS_ONE) is True


def _decorators(frame: Frame, function: FunctionModel) -> Iterator[Value]:
    """What the decorators of a function are, `decorate` for `@decorate(..)` too."""
    for decorator in function.decorators:
        yield peek(frame, decorator.func if isinstance(decorator, ast.Call) else decorator)
