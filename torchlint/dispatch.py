"""Rules over the regions of one file: evaluation, dispatch, and problems to findings."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from torchlint import certificates, faults, registry
from torchlint.claims import Changes, Claim, Pair
from torchlint.finding import Applicability, Edit, Finding, Fix, Related, Report
from torchlint.match import Match, Pattern
from torchlint.rule import BoundCall, Check, Place, Problem, Rewrite, Rule
from torchlint.syntax import dotted_names
from torchlint.syntax.ancestors import Loop
from torchlint.syntax.inventory import inventory_of
from torchlint.syntax.module import FunctionModel, Module, Region
from torchlint.torch_facts import signatures
from torchlint.values.interpret.bound_calls import bound_call
from torchlint.values.interpret.evaluator import Evaluator
from torchlint.values.interpret.frame import Frame
from torchlint.values.interpret.records import EvaluationError
from torchlint.values.value import External, Op

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor
    from torchlint.registry import RuleInfo
    from torchlint.values.interpret.project import Project

_Found = Problem | tuple[Pair, Match]
_ORDER = [Applicability.SAFE, Applicability.UNSAFE, Applicability.DISPLAY]


class Runner:
    """Runs rules over one file and collects their findings in a report."""

    def __init__(self, module: Module, report: Report, fixes: bool, project: Project | None = None) -> None:
        self.module = module
        self.report = report
        self.fixes = fixes
        self.evaluator = Evaluator(module, project)
        self._seen: set[tuple[str, ast.AST]] = set()
        self._crashed: set[str] = set()
        self._loaded: dict[str, Rule | None] = {}

    def check_classes(self, region: Region, infos: Iterable[RuleInfo]) -> None:
        """Run rules over the classes of a region."""
        checks = [rule for info in infos if info.on_classes and isinstance(rule := self._load(info.code), Check)]
        for cls in region.classes if checks else ():
            try:
                outer = self.evaluator.deferred(cls.parent, bare=True)
                for check in checks:
                    self._collect(check, outer, check.check_class, cls, outer)
            except Exception as error:
                self._note(error)

    def check_function(self, function: FunctionModel | None, infos: Iterable[RuleInfo]) -> None:
        """Run rules over a function, or over the module's body."""
        rules = [rule for info in infos if info.on_frames and (rule := self._load(info.code)) is not None]
        if not rules:
            return
        try:
            self._run_frame(self.evaluator.deferred(function), rules)
        except Exception as error:
            self._note(error)

    def _load(self, code: str) -> Rule | None:
        if code not in self._loaded:
            try:
                self._loaded[code] = _instance(code)
            except Exception as error:
                self._fail(code, error)
                self._loaded[code] = None
        return self._loaded[code]

    def _note(self, raised: Exception) -> None:
        """Note where something cannot be evaluated: no rule is to blame for that."""
        error = (isinstance(raised, EvaluationError) and raised.__cause__) or raised
        line = "too deeply nested to be analysed"
        if not isinstance(error, RecursionError):
            line = f"{type(error).__name__}: {error}"
            self.report.tracebacks.append(faults.traceback_of(error))
        if line not in self.report.failures:
            self.report.failures.append(line)

    def _run_frame(self, frame: Frame, rules: list[Rule]) -> None:
        """Ask rules about a function. It is evaluated when one of them first asks for a value."""
        by_op: dict[str, list[Rule]] = {}
        for rule in rules:
            for name in _root_ops(rule):
                by_op.setdefault(name, []).append(rule)
        for op in frame.ops if by_op else ():
            for rule in by_op.get(op.name, ()):
                self._collect(rule, frame, _check_op, rule, op, frame)
        for rule in rules:
            if not isinstance(rule, Check):
                continue
            for call in _calls_of(frame, rule.calls) if rule.calls else ():
                self._collect(rule, frame, rule.check_call, call, frame)
            for loop in inventory_of(frame.scope).loops if _overrides(rule, "check_loop") else ():
                self._collect(rule, frame, _check_loop, rule, loop, frame)
            if _overrides(rule, "check_frame"):
                self._collect(rule, frame, rule.check_frame, frame)

    def _collect(self, rule: Rule, frame: Frame, check: Callable[..., Iterable[_Found]], *args: Any) -> None:
        """Add what a rule finds; a rule that raises is out for the rest of the file."""
        if rule.code in self._crashed:
            return
        try:
            for found in check(*args):
                if isinstance(found, Problem):
                    self._add(rule, found, frame, None)
                else:
                    pair, match = found
                    self._add(rule, Problem(match.root.node or ast.Pass(), pair.message), frame, (pair, match))
        except EvaluationError:
            raise
        except Exception as error:
            self._fail(rule.code, error)

    def _fail(self, code: str, error: Exception) -> None:
        self._crashed.add(code)
        info = registry.info_of(code)
        self.report.failures.append(faults.crash(code, error, info.file if info else ""))
        self.report.tracebacks.append(faults.traceback_of(error))

    def _add(self, rule: Rule, problem: Problem, frame: Frame, rewrite: tuple[Pair, Match] | None) -> None:
        key = (rule.code, problem.node)
        if key in self._seen or frame.module is not self.module:
            return
        self._seen.add(key)
        source = self.module.source
        start, end = _span(self.module, problem.node)
        fix, unfixed = self._fix(rule, problem, frame, rewrite) if self.fixes else (None, "")
        self.report.findings.append(
            Finding(
                rule.code,
                rule.name(),
                problem.message or rule.message,
                problem.severity or rule.severity,
                source.location(start),
                source.location(end),
                fix,
                tuple(map(self._related, problem.places)),
                "" if fix else problem.help or problem.title or rule.help or rule.title,
                unfixed,
            )
        )

    def _related(self, place: Place) -> Related:
        module = place.frame.module if place.frame else self.module
        start, end = (module.source.location(offset) for offset in _span(module, place.node))
        return Related(module.source.path, start, end, place.message)

    def _fix(
        self, rule: Rule, problem: Problem, frame: Frame, rewrite: tuple[Pair, Match] | None
    ) -> tuple[Fix | None, str]:
        """The fix of a problem, or none, and why where one was tried."""
        if rewrite is None and problem.fix is None:
            return None, ""
        # Start-up: only findings with a fix need it.
        from torchlint.fixing.logical_lines import CannotFix

        try:
            fix = self._rewrite_fix(rule, *rewrite) if rewrite else self._check_fix(rule, problem, frame)
        except CannotFix as reason:
            return None, str(reason)
        return fix, ""

    def _rewrite_fix(self, rule: Rule, pair: Pair, match: Match) -> Fix | None:
        # Start-up: only findings with a fix need them.
        from torchlint import digests
        from torchlint.fixing import spelling

        assert isinstance(rule, Rewrite)
        index = rule.pairs.index(pair)
        grant = certificates.grant(rule.code, index, digests.pair_digest(pair))
        applicability = _weaker(grant.applicability, pair.claim)
        if pair.applies is not None and not pair.applies(match):
            applicability = Applicability.DISPLAY
        offer = _offer(rule.title, applicability, grant, pair.claim)
        return self._written(
            offer, match.frame, lambda editor: spelling.write(match, pair, editor), (rule, pair, match)
        )

    def _check_fix(self, rule: Rule, problem: Problem, frame: Frame) -> Fix | None:
        assert problem.fix is not None
        grant = certificates.grant_program(rule.code)
        applicability = Applicability.DISPLAY if problem.display else _weaker(grant.applicability, problem.claim)
        offer = _offer(problem.title or rule.title, applicability, grant, problem.claim)
        return self._written(offer, frame, problem.fix, None)

    def _written(
        self, offer: Fix, frame: Frame, write: Callable[[Editor], None], rewrite: tuple[Rewrite, Pair, Match] | None
    ) -> Fix | None:
        """A fix with its edits, and safe only where all that it needs is certain; None where there are none.

        Raises `CannotFix`.
        """
        # Start-up: only findings with a fix need it.
        from torchlint.fixing.editor import Editor

        editor = Editor(self.module.source, self.module.tree, frame)
        write(editor)
        edits = editor.edits()
        if not edits:
            return None
        self._keep_to_target(edits)
        if offer.applicability is not Applicability.SAFE:
            return offer._replace(edits=edits)
        # Start-up: only safe fixes are proven.
        from torchlint.fixing.proof import fixes

        needs = fixes.needs(editor, edits, frame, rewrite)
        applicability = Applicability.UNSAFE if needs else Applicability.SAFE
        return offer._replace(applicability=applicability, edits=edits, needs=needs)

    def _keep_to_target(self, edits: tuple[Edit, ...]) -> None:
        """Raises `CannotFix` for new code that some torch does not run that the file is for."""
        # Start-up: only findings with a fix need them.
        from torchlint.fixing.logical_lines import CannotFix
        from torchlint.torch_facts.newer import first_lacking

        target, text = self.module.target, self.module.source.text
        before = (text[edit.start : edit.end] for edit in edits)
        found = first_lacking((edit.content for edit in edits), before, target)
        if found is not None:
            name, version = found
            raise CannotFix(f"the fix needs `{name}` of torch {version}, and `{target.text}` allows older ones")


def _offer(title: str, applicability: Applicability, grant: certificates.Grant, claim: Claim | None) -> Fix:
    """A fix without its edits, with what was seen, and what the author says of a change that is meant."""
    said = f"{grant.text}; what changes: {claim.how}" if isinstance(claim, Changes) else grant.text
    return Fix(title, applicability, (), said, grant.verified)


def _weaker(granted: Applicability, claim: Claim | None) -> Applicability:
    """What the harness grants, but never more than the author claims."""
    claimed = Applicability.UNSAFE if claim is None or isinstance(claim, Changes) else Applicability.SAFE
    return max(granted, claimed, key=_ORDER.index)


def _span(module: Module, node: ast.AST) -> tuple[int, int]:
    source = module.source
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return _name_span(module, node)
    row, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
    start = source.offset(row, column)
    if isinstance(node, ast.For | ast.AsyncFor | ast.While | ast.With | ast.If):
        last = _header_end(node)
        return start, source.offset(last.end_lineno or row, last.end_col_offset or column)
    end_row, end_column = getattr(node, "end_lineno", row), getattr(node, "end_col_offset", column)
    return start, source.offset(end_row, end_column)


def _header_end(node: ast.For | ast.AsyncFor | ast.While | ast.With | ast.If) -> ast.expr:
    """The last expression of a compound statement's first line: a finding does not mark its whole block."""
    if isinstance(node, ast.While | ast.If):
        return node.test
    return node.items[-1].context_expr if isinstance(node, ast.With) else node.iter


def _name_span(module: Module, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> tuple[int, int]:
    """The name in a `def` or `class` line."""
    start = module.source.offset(node.lineno, node.col_offset)
    found = module.source.text.find(node.name, start + len("def"))
    return (found, found + len(node.name)) if found >= 0 else (start, start + 3)


def _check_op(rule: Rule, op: Op, frame: Frame) -> Iterator[_Found]:
    if isinstance(rule, Check):
        yield from rule.check_op(op, frame)
        return
    assert isinstance(rule, Rewrite)
    for pair, pattern in _patterns(rule):
        match = pattern.match(op, frame) if op.name in pattern.root_names else None
        if match is not None and (not rule.local or _is_local(match, rule)) and (pair.when is None or pair.when(match)):
            yield pair, match
            return


def _check_loop(rule: Check, loop: Loop, frame: Frame) -> Iterator[Problem]:
    """What a check finds in a loop, if evaluation got there."""
    return (problem for problem in rule.check_loop(loop, frame) if loop in frame.loops)


def _calls_of(frame: Frame, names: Sequence[str]) -> Iterator[BoundCall]:
    """The calls in a frame of some functions, classes or methods, in the order of evaluation."""
    is_all_torch = all(name.startswith((".", "torch.")) for name in names)
    for node, callee in frame.callees.items():
        name = signatures.public(callee.qualname) if isinstance(callee, External) else ""
        if name not in names and not is_all_torch:
            # What is called was followed into its file, or is imported relatively.
            name = dotted_names.known_in(frame.module).get(node.func, "")
        if name not in names:
            name = f".{node.func.attr}" if isinstance(node.func, ast.Attribute) else ""
        call = bound_call(frame, node, name) if name in names else None
        if call is not None:
            yield call


def _is_local(match: Match, rule: Rewrite) -> bool:
    """Whether one function computes all that was matched."""
    return all(op.frame is match.frame or op.name in rule.elsewhere for op in match.ops)


@registry.while_rules_stay
def _instance(code: str) -> Rule:
    return registry.load(code)()


@cache
def _overrides(rule: Check, method: str) -> bool:
    return rule.overrides(method)


@cache
def _patterns(rule: Rewrite) -> tuple[tuple[Pair, Pattern], ...]:
    return tuple((pair, Pattern(pair.before)) for pair in rule.pairs)


@cache
def _root_ops(rule: Rule) -> frozenset[str]:
    if isinstance(rule, Rewrite):
        return frozenset().union(*(pattern.root_names for _, pattern in _patterns(rule)))
    return frozenset(rule.ops) if isinstance(rule, Check) else frozenset()
