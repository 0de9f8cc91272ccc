"""Calls with their arguments by the names of parameters: what a rule asks of a call, so that none counts positions."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.syntax.names import last_name
from torchlint.torch_facts import signatures
from torchlint.values import facts
from torchlint.values.interpret.arguments import Arguments, arguments_of
from torchlint.values.interpret.frame import Frame, frame_of
from torchlint.values.value import UNKNOWN, Call, Constant, External, Items, Unknown, Value

# An argument: what it is, and how it is written, unless it comes out of a dict behind `**`.
_Argument = tuple[Value, ast.expr | None]
_UNSET = object()


class BoundCall:
    """A call of something of torch.

    `qualname` is its public name, such as `torch.utils.data.DataLoader`; for a method of something unknown, its name
    behind a dot: `.forward`. `is_open` says that `*args` or `**kwargs` may bring arguments that are not seen, or that
    more were given than torch's signature has. `result` is what the call gives.
    """

    __slots__ = ("_arguments", "_given", "frame", "is_open", "node", "qualname", "result")

    def __init__(self, qualname: str, node: ast.Call, arguments: Arguments, result: Value, frame: Frame) -> None:
        self.qualname = qualname
        self.node = node
        self.frame = frame
        self.result = result
        self._arguments = arguments
        self._given, self.is_open = _bound(qualname, arguments)

    def gives(self, *names: str) -> bool:
        """Whether one of these parameters is certainly given an argument."""
        return not self._given.keys().isdisjoint(names)

    def value(self, name: str, default: object = _UNSET) -> Value | None:
        """The value that a parameter has: the argument, else the default, which is that of torch's signature unless
        one is given here. None where that is not known."""
        if name in self._given:
            return self._given[name][0]
        if self.is_open:
            return None
        known = signatures.defaults(self.qualname).get(name, _UNSET) if default is _UNSET else default
        return None if known is _UNSET else Constant(known)

    def constant(self, name: str) -> object:
        """The literal that a parameter has; `UNKNOWN` where its value is not known."""
        value = self.value(name)
        return value.value if isinstance(value, Constant) else UNKNOWN

    def argument(self, name: str) -> ast.expr | None:
        """The expression that a parameter is given, if it is written in the call."""
        return self._given[name][1] if name in self._given else None

    def reads_as(self, qualname: str) -> BoundCall:
        """The same arguments, bound by another signature."""
        return BoundCall(qualname, self.node, self._arguments, self.result, self.frame)


def bound_call(frame: Frame, node: ast.AST | None, qualname: str = "") -> BoundCall | None:
    """A call that was evaluated in a frame, by torch's signature; None where what is called is not of torch.

    With a qualified name it is read as a call of that, whatever is called.
    """
    if not isinstance(node, ast.Call):
        return None
    callee = frame.callees.get(node)
    if not qualname and isinstance(callee, External):
        qualname = signatures.public(callee.qualname)
        qualname = qualname if qualname.startswith("torch.") else ""
    if not qualname:
        return None
    arguments = arguments_of(node, lambda arg: frame.values.get(arg, UNKNOWN))
    return BoundCall(qualname, node, arguments, frame.values.get(node, UNKNOWN), frame)


def written_calls(frame: Frame, *qualnames: str) -> Iterator[BoundCall]:
    """The calls in a frame that may be of one of these functions or classes, by the names that the file has for them.
    None of their values is known: asking for them costs no evaluation."""
    naming = frame.module.naming
    by_word = {qualname.rpartition(".")[2]: qualname for qualname in qualnames}
    for node in naming.calls_in(frame.scope, frozenset(by_word)):
        word = last_name(node.func)
        if word not in by_word:
            word = next(each for each in by_word if word in naming.names_for(frozenset({each})))
        yield BoundCall(by_word[word], node, arguments_of(node, lambda arg: Unknown(arg)), UNKNOWN, frame)


def made_by(value: Value | None, qualname: str = "") -> BoundCall | None:
    """The call of something of torch that a value is the result of, with the arguments that it had then."""
    frame = frame_of(value)
    if not isinstance(value, Call) or not isinstance(value.node, ast.Call) or frame is None:
        return None
    name = qualname or signatures.public(value.qualname)
    if not name.startswith("torch."):
        return None
    arguments = arguments_of(value.node, lambda arg: frame.values.get(arg, UNKNOWN))
    if len(arguments.values) == len(value.args):
        arguments.values[:] = value.args
    arguments.keywords |= value.keywords
    arguments.known = value.known
    return BoundCall(name, value.node, arguments, value, frame)


def _bound(qualname: str, arguments: Arguments) -> tuple[dict[str, _Argument], bool]:
    """The arguments by the names of parameters, and whether there may be more of them."""
    positional: list[_Argument] = list(zip(arguments.values, arguments.nodes, strict=True))
    keywords = {name: (value, arguments.keyword_nodes.get(name)) for name, value in arguments.keywords.items()}
    if arguments.known:
        bound = signatures.bind(qualname, positional, keywords, lambda argument: facts.kind(argument[0]))
        if bound is not None:
            return {name: _one(found) for name, found in bound.items() if found != ()}, False
    # Signatures change: what this torch does not take may have been given to another, under the name that is written.
    certain = positional if arguments.known else list(_before_star(positional))
    names = signatures.positional(qualname)
    found = dict(zip(names, certain, strict=False))
    return {**found, **keywords}, not arguments.known or len(certain) > len(names)


def _before_star(positional: list[_Argument]) -> Iterator[_Argument]:
    """The arguments whose places are certain."""
    for argument in positional:
        if isinstance(argument[1], ast.Starred):
            return
        yield argument


def _one(found: _Argument | tuple[_Argument, ...]) -> _Argument:
    """An argument; those of a starred parameter are one tuple, which is not written as such."""
    first = found[0]
    if isinstance(first, Value):
        return first, found[1]  # type: ignore[return-value]
    return Items([value for value, _ in found], "tuple", None, None), None  # type: ignore[misc]
