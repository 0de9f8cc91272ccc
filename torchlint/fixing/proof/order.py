"""In which order the nodes of a function are evaluated, and what is run between two of them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

from torchlint.syntax import trees
from torchlint.values.interpret.frame import Frame

_SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
_LOOPS = ast.For | ast.AsyncFor | ast.While | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
# Their parts may be left out.
_CONDITIONAL = ast.BoolOp | ast.IfExp | ast.Lambda | _LOOPS | ast.If | ast.Try | ast.TryStar | ast.Match
# Where the order of a function is kept: on its frame, with which it goes.
_KEPT = "_torchlint_timeline"


class Timeline:
    """The nodes of a function's own scope in the order in which their evaluation ends, and their parents."""

    def __init__(self, scope: ast.AST) -> None:
        self.nodes: list[ast.AST] = []
        self.parents: dict[ast.AST, ast.AST] = {}
        self.first: dict[ast.AST, int] = {}
        self.last: dict[ast.AST, int] = {}
        for child in _body(scope):
            self.parents[child] = scope
            self._add(child)

    def _add(self, root: ast.AST) -> None:
        # Without recursion: expressions can be thousands of nodes deep.
        stack: list[tuple[ast.AST, bool]] = [(root, False)]
        while stack:
            node, done = stack.pop()
            if done:
                self.last[node] = len(self.nodes)
                self.nodes.append(node)
                continue
            self.first[node] = len(self.nodes)
            stack.append((node, True))
            inner = list(_evaluated(node))
            for child in inner:
                self.parents[child] = node
            stack.extend((child, False) for child in reversed(inner))

    def holds(self, node: ast.AST) -> bool:
        return node in self.last

    def around(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes that a node stands in, innermost first."""
        while node in self.parents:
            node = self.parents[node]
            yield node

    def statement(self, node: ast.AST) -> ast.stmt | None:
        """The innermost statement that a node is in, or is."""
        return next((one for one in (node, *self.around(node)) if isinstance(one, ast.stmt)), None)

    def loops(self, node: ast.AST) -> list[ast.AST]:
        return [one for one in self.around(node) if isinstance(one, _LOOPS)]

    def below(self, node: ast.AST) -> Sequence[ast.AST]:
        """A node and the nodes in it that are evaluated with it."""
        return self.nodes[self.first[node] : self.last[node] + 1]

    def between(self, ends: Iterable[ast.AST]) -> Sequence[ast.AST]:
        """What is evaluated from the first of some nodes on to the last of them.

        A loop that is around some of them, and not around all, is run again in between.
        """
        known = [end for end in ends if self.holds(end)]
        if not known:
            return []
        start = min(self.first[end] for end in known)
        stop = max(self.last[end] for end in known)
        for end in known:
            for loop in self.loops(end):
                if not all(self.first[loop] <= self.first[other] <= self.last[loop] for other in known):
                    start, stop = min(start, self.first[loop]), max(stop, self.last[loop])
        return self.nodes[start : stop + 1]


def timeline(frame: Frame) -> Timeline:
    """The order of evaluation in a function or a module."""
    known: Timeline | None = frame.__dict__.get(_KEPT)
    if known is None:
        known = frame.__dict__[_KEPT] = Timeline(frame.scope)
    return known


def _body(scope: ast.AST) -> list[ast.AST]:
    return list(getattr(scope, "body", []))


def _evaluated(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes below one in the order in which Python evaluates them; the bodies of functions are not."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield from (*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults))
        case ast.ClassDef():
            yield from (*node.decorator_list, *node.bases, *node.keywords, *node.body)
        case ast.Lambda():
            yield from (*node.args.defaults, *filter(None, node.args.kw_defaults))
        case ast.Assign():
            yield from (node.value, *node.targets)
        case ast.AnnAssign():
            yield from (node.value, node.target) if node.value else (node.target,)
        case ast.AugAssign():
            yield from (node.target, node.value)
        case ast.NamedExpr():
            yield from (node.value, node.target)
        case ast.For() | ast.AsyncFor():
            yield from (node.iter, node.target, *node.body, *node.orelse)
        case ast.comprehension():
            yield from (node.iter, node.target, *node.ifs)
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
            yield from (*node.generators, node.elt)
        case ast.DictComp():
            yield from (*node.generators, node.key, node.value)
        case ast.IfExp():
            yield from (node.test, node.body, node.orelse)
        case ast.Dict():
            for key, value in zip(node.keys, node.values, strict=True):
                yield from (value,) if key is None else (key, value)
        case _:
            yield from trees.children(node)


def runs_with(frame: Frame, node: ast.AST, at: ast.AST) -> bool:
    """Whether a node is evaluated whenever another one is: before it, or after it unless something raises."""
    order = timeline(frame)
    if not (order.holds(node) and order.holds(at)):
        return False
    inside = {at, *order.around(at)}
    leaves = any(isinstance(one, ast.Return | ast.Raise) for one in inside)
    if order.first[node] > order.last[at] and leaves:
        return False
    # Up to what holds both, nothing may decide whether the node is reached.
    child: ast.AST = node
    for around in order.around(node):
        if around in inside:
            return not _splits(around, child, inside) and not _ends_early(order, child, at)
        if isinstance(around, _CONDITIONAL) or _ends_early(order, child, at):
            return False
        child = around
    return not _ends_early(order, child, at)


def _splits(around: ast.AST, child: ast.AST, inside: set[ast.AST]) -> bool:
    """Whether two parts of a node are in branches of which only one may be run."""
    if not isinstance(around, ast.If | ast.IfExp | ast.Try | ast.TryStar | ast.Match | ast.BoolOp):
        return False
    if isinstance(around, ast.If):
        blocks = [around.body, around.orelse]
        return not any(child in block and not inside.isdisjoint(block) for block in blocks) and child is not around.test
    return child not in getattr(around, "body", []) if isinstance(around, ast.Try | ast.TryStar) else True


def _ends_early(order: Timeline, child: ast.AST, at: ast.AST) -> bool:
    """Whether something may leave the function between two nodes, of which the second is `child`."""
    if order.last[at] > order.first.get(child, 0):
        return False
    between = order.nodes[order.last[at] : order.first[child]]
    return any(isinstance(one, ast.Return | ast.Raise | ast.Break | ast.Continue | ast.Yield) for one in between)
