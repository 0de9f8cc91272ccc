"""From the edits of a fix to pairs of short functions: the changed expression first, then more of what is around it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from torchlint.syntax.bindings import stored
from torchlint.verify.instance.change import Change, NotExtractableError
from torchlint.verify.instance.context import Context
from torchlint.verify.instance.holes import Hole, Holes
from torchlint.verify.instance.narrow import chain, shared
from torchlint.verify.instance.reads import changed, earlier, escaping, live, slice_of, tail
from torchlint.verify.instance.rebuilt_expressions import Expressions, NotRebuiltError
from torchlint.verify.instance.rebuilt_statements import Statements
from torchlint.verify.instance.whitelist import NotAllowedError

# Regions that are tried for one fix: each costs a verdict.
MOST_EXPRESSIONS = 4
# More statements than these are not one computation any more.
LONGEST = 24


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pair of functions that stands for a fix: definitions of `before` and `after` with the inputs as parameters.

    `problem` says why the pair says nothing about the fix, `difference` that both differ whatever they compute. `lacks`
    and `apart` are the inputs that only the new, only the old code reads and that may depend on the others in ways that
    the pair does not show. A `general` pair has inputs in the places of what both versions have in common. `assumed` is
    what must hold besides, in words; `layout` is whether somebody may look at how results lie in memory.
    """

    region: str
    before: str
    after: str
    holes: tuple[Hole, ...] = ()
    problem: str = ""
    difference: str = ""
    lacks: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    general: bool = False
    assumed: tuple[str, ...] = ()
    layout: bool = False


def candidates(change: Change, context: Context) -> Iterator[Candidate]:
    """The pairs to try in turn: the smallest region that is equal decides. Never empty."""
    found = False
    expressions = chain(change)
    # Where the smallest does not do, the largest most likely does.
    expressions = [*expressions[:1], *expressions[1:][-1:], *expressions[1:-1]][:MOST_EXPRESSIONS]
    slices = slice_of(change, [*change.old, *change.new])
    for old, new in expressions:
        for candidate in _of_expressions(change, context, old, new, slices):
            found = True
            yield candidate
    for candidate in _of_statements(change, context, slices):
        found = True
        yield candidate
    if not found:
        raise NotExtractableError("nothing of it can be run by itself")


def _of_expressions(
    change: Change, context: Context, old: ast.expr, new: ast.expr, slices: Sequence[ast.stmt]
) -> Iterator[Candidate]:
    plain = _pair(change, context, [], old, new, frozenset())
    if plain is None or plain.lacks or plain.apart:
        sliced = _pair(change, context, slices, old, new, frozenset()) if slices else None
        if sliced is not None and not sliced.lacks:
            yield sliced
    if plain is None or plain.lacks:
        return
    yield plain
    common = shared(old, new)
    general = _pair(change, context, [], old, new, common) if common else None
    if general is not None and not general.lacks and general.before != plain.before:
        yield replace(general, general=True)


def _used(text: str) -> set[str]:
    body = ast.parse(text).body[0]
    assert isinstance(body, ast.FunctionDef)
    nodes = (node for part in body.body for node in ast.walk(part))
    return {node.id for node in nodes if isinstance(node, ast.Name) and node.id.startswith("h")}


def _pair(
    change: Change,
    context: Context,
    slices: Sequence[ast.stmt],
    old: ast.expr,
    new: ast.expr,
    common: frozenset[str],
) -> Candidate | None:
    """The pair of two expressions, after the statements that they depend on."""
    holes = Holes()
    versions = []
    bound = earlier(change, slices)
    for scope, expression, known in ((change.old_scope, old, context), (change.new_scope, new, None)):
        rebuilt = Expressions(scope, holes, known, common)
        statements = Statements(rebuilt, bound)
        try:
            statements.add(slices)
            value = rebuilt.rebuild(expression)
        except (NotRebuiltError, NotAllowedError):
            return None
        statements.observe()
        versions.append(_Version(statements, [value]))
    _give_written(versions)
    region = "the expression" if not slices else "the expression and what it is made of"
    layout = context.sees_layout(change.old_scope, old)
    found = _candidate(region, holes, versions)
    return _disturbed(found, change, context, [*slices, old], versions[0], layout)


def _disturbed(
    candidate: Candidate | None,
    change: Change,
    context: Context,
    run: Sequence[ast.AST],
    version: _Version,
    layout: bool,
) -> Candidate | None:
    """The candidate, with what may come between the parts of it: code that is not run, and may write what they read."""
    if candidate is None:
        return None
    expressions = version.statements.expressions
    what = context.disturbs(change.old_scope, run, expressions.foreign)
    problem = candidate.problem or (f"{what} may change what it reads, and is not run" if what else "")
    assumed = tuple(dict.fromkeys(expressions.assumed))
    return replace(candidate, problem=problem, assumed=assumed, layout=layout)


def _of_statements(change: Change, context: Context, slices: Sequence[ast.stmt]) -> Iterator[Candidate]:
    """The changed statements, with what they depend on; then with what depends on them."""
    following = tail(change)
    seen: set[int] = set()
    for more in (0, following):
        if more in seen:
            continue
        seen.add(more)
        core = change.following[:more]
        sliced = slice_of(change, [*change.old, *change.new, *core]) if more else slices
        if len(sliced) + len(core) + len(change.old) > LONGEST:
            continue
        candidate = _block(change, context, sliced, core)
        if candidate is not None:
            yield candidate


def _block(change: Change, context: Context, slices: Sequence[ast.stmt], core: Sequence[ast.stmt]) -> Candidate | None:
    holes = Holes()
    bound = earlier(change, slices)
    versions: list[_Version] = []
    for scope, own, known in ((change.old_scope, change.old, context), (change.new_scope, change.new, None)):
        rebuilt = Expressions(scope, holes, known)
        statements = Statements(rebuilt, bound)
        try:
            statements.add([*slices, *own, *core])
        except (NotRebuiltError, NotAllowedError):
            return None
        versions.append(_Version(statements, []))
    assigned = {name for node in (*change.old, *change.new, *core) for name in changed(node)}
    returns = any(version.statements.returned is not None for version in versions)
    names = sorted(escaping(change, assigned) if returns else live(change, core, assigned))
    lost = _lost([*slices, *change.new, *core], bound, names)
    if lost:
        return Candidate("the statements", "", "", difference=lost)
    for version in versions:
        try:
            version.give(names)
        except (NotRebuiltError, NotAllowedError):
            return None
    _give_written(versions)
    region = "the changed statements" if not core else "the changed statements and those that use them"
    run = [*slices, *change.old, *core]
    return _disturbed(_candidate(region, holes, versions), change, context, run, versions[0], layout=True)


def _give_written(versions: Sequence[_Version]) -> None:
    """Give back the inputs that either version changes in place."""
    written = sorted({name for version in versions for name in version.statements.expressions.written})
    for version in versions:
        version.results += [ast.Name(name, ast.Load()) for name in written]


def _lost(statements: Sequence[ast.stmt], bound: frozenset[str], names: Sequence[str]) -> str:
    """A name that is read later and that neither the new version's statements nor what was there before defines."""
    defined = {name for node in statements for name in stored(node)}
    for name in names:
        if name not in defined and name not in bound:
            return f"`{name}` is read later and is not defined any more"
    return ""


class _Version:
    """One version, rebuilt: its statements and what it gives back."""

    def __init__(self, statements: Statements, results: list[ast.expr]) -> None:
        self.statements = statements
        self.results = results

    def give(self, names: Sequence[str]) -> None:
        """Give back what names hold at the end, besides what is returned."""
        if self.statements.returned is not None:
            self.results.append(self.statements.returned)
        self.results += [self.statements.expressions.rebuild(ast.Name(name, ast.Load())) for name in names]

    def text(self, name: str, parameters: Sequence[str]) -> str:
        seen = [ast.Name(seen, ast.Load()) for seen in self.statements.seen]
        results = [*self.results, *seen]
        value = results[0] if len(results) == 1 else ast.Tuple(results, ast.Load())
        body = [*self.statements.body, ast.Return(value)]
        arguments = ast.arguments([], [ast.arg(parameter) for parameter in parameters], None, [], [], None, [])
        definition = ast.FunctionDef(name, arguments, body, [], lineno=0)
        return ast.unparse(ast.fix_missing_locations(definition)) + "\n"


def _candidate(region: str, holes: Holes, versions: Sequence[_Version]) -> Candidate | None:
    old, new = versions
    if not old.results and not old.statements.seen:
        return None
    problem = _reordered(old.statements.expressions.events, new.statements.expressions.events)
    parameters = [hole.name for hole in holes]
    before, after = old.text("before", parameters), new.text("after", parameters)
    read = _used(before), _used(after)
    kept = [hole for hole in holes if hole.name in read[0] | read[1]]
    if len(kept) < len(parameters):
        names = [hole.name for hole in kept]
        before, after = old.text("before", names), new.text("after", names)
    lacks, apart = (
        tuple(hole.text for hole in kept if hole.name in only) for only in (read[1] - read[0], read[0] - read[1])
    )
    if lacks and not problem:
        named = all(text.replace(".", "").isidentifier() for text in lacks)
        reads = f"the new code reads {_short(lacks)}, which the old code does not"
        problem = reads if named else f"the change is in code that is not run: {_short(lacks)}"
    parameters_of = old.statements.expressions.scope.parameters
    # A parameter is what it is, whatever the others are.
    hidden = tuple(text for text in apart if text.partition(".")[0] not in parameters_of)
    return Candidate(region, before, after, tuple(kept), problem, lacks=lacks, apart=hidden)


def _reordered(old: Sequence[str], new: Sequence[str]) -> str:
    """Why the calls that are not run are not the same in both versions; empty if they are."""
    if list(old) == list(new):
        return ""
    if sorted(old) == sorted(new):
        return f"the order of calls changes: {_short(new)} for {_short(old)}"
    missing = [text for text in old if text not in new]
    added = [text for text in new if text not in old]
    return f"calls change that cannot be run: {_short(added) or 'nothing'} for {_short(missing) or 'nothing'}"


def _short(texts: Sequence[str]) -> str:
    text = ", ".join(f"`{' '.join(text.split())}`" for text in texts[:3])
    return text if len(text) <= 100 else text[:97] + "..."
