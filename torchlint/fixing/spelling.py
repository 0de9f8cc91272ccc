"""From a match to the text of its fix: the user's own spelling of torch, of keywords, of method or function."""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass
from typing import Literal

from torchlint.claims import Pair
from torchlint.fixing.editor import CannotFix, Editor
from torchlint.match import Match, template
from torchlint.syntax import trees
from torchlint.syntax.module import own_nodes
from torchlint.torch_facts import signatures
from torchlint.values.compare import same
from torchlint.values.interpret.frame import Frame, path
from torchlint.values.value import Constant, Items, Op, Value

Namespace = Literal["torch", "F", "Tensor"]
_MODULES = {"torch": "torch", "F": "torch.nn.functional"}


def write(match: Match, pair: Pair, editor: Editor) -> None:
    """Put the template of a pair in the place of a match. Raises `CannotFix`."""
    root = match.root.node
    if not isinstance(root, ast.expr):
        raise CannotFix("an augmented assignment is not rewritten")
    captures, literals = _captures(match)
    _check_reach(match, captures)
    expression = _Speller(match, editor, literals).visit(copy.deepcopy(template(pair.after)))
    dead = _dead_statements(match)
    _check_calls(match, captures, dead)
    editor.template(root, expression, captures)
    for statement in dead:
        editor.delete_statement(statement)


def _captures(match: Match) -> tuple[dict[str, ast.expr], dict[str, ast.expr]]:
    """The captured source expressions, and what is written as a literal because its source is elsewhere."""
    captures: dict[str, ast.expr] = {}
    literals: dict[str, ast.expr] = {}
    for name, value in match.captured.items():
        node = match.nodes.get(name)
        if node is not None and match.frame.values.get(node) is value and _is_here(match, node):
            captures[name] = node
            continue
        literal = _literal(value)
        if literal is None:
            raise CannotFix(f"`{name}` is not written in this function")
        literals[name] = literal
    return captures, literals


def _is_here(match: Match, node: ast.expr) -> bool:
    """Whether an expression stands in the function, or module body, that the match is in."""
    return node in match.frame.values


def _literal(value: Value) -> ast.expr | None:
    if isinstance(value, Constant) and isinstance(value.value, bool | int | float | str | None):
        return ast.parse(repr(value.value), mode="eval").body
    if isinstance(value, Items) and value.kind == "tuple":
        items = [_literal(item) for item in value.items]
        if all(item is not None for item in items):
            return ast.Tuple([item for item in items if item is not None], ast.Load())
    return None


def _check_reach(match: Match, captures: dict[str, ast.expr]) -> None:
    """Every name in a captured expression must hold at the root what it held where it was written."""
    frame, root = match.frame, match.root
    statement = root.statement
    if statement is None:
        raise CannotFix("not in a statement")
    inside = set(trees.walk(root.node)) if root.node else set()
    here = frame.envs.get(statement, {})
    for node in captures.values():
        if node in inside:
            continue
        for part in trees.walk(node):
            if isinstance(part, ast.Name | ast.Attribute) and not _holds(frame, here, part):
                raise CannotFix(f"`{ast.unparse(part)}` may have changed in between")
            if isinstance(part, ast.Subscript | ast.NamedExpr | ast.Await | ast.Lambda | ast.comprehension):
                raise CannotFix("an expression from another statement would be moved")


def _holds(frame: Frame, here: dict[str, Value], node: ast.Name | ast.Attribute) -> bool:
    key = path(frame, node)
    if key is None or key not in here:
        # Not local: a module, a function, an attribute that this function does not assign.
        return key is None or key.startswith("self.") or key not in frame.bindings
    value = frame.values.get(node)
    return value is None or same(value, here[key])


def _check_calls(match: Match, captures: dict[str, ast.expr], dead: list[ast.stmt]) -> None:
    """A call that is captured from another statement must be the last thing that happened, and happen once."""
    inside = set(trees.walk(match.root.node)) if match.root.node else set()
    moved = [node for node in captures.values() if node not in inside]
    if not any(isinstance(part, ast.Call) for node in moved for part in trees.walk(node)):
        return
    frame = match.frame
    scope = frame.scope
    body = trees.block_of(scope, match.root.statement)
    if len(dead) != 1 or body is None or dead[0] not in body or match.root.statement not in body:
        raise CannotFix("a call would be moved")
    if body.index(dead[0]) + 1 != body.index(match.root.statement):
        raise CannotFix("a call would be moved over other statements")


def _dead_statements(match: Match) -> list[ast.stmt]:
    """The assignments of matched operations that nothing but the match reads."""
    frame = match.frame
    scope = frame.scope
    gone: set[ast.AST] = set(trees.walk(match.root.node)) if match.root.node else set()
    dead: list[ast.stmt] = []
    # Later definitions first: their own reads are gone before the earlier ones are judged.
    inner = [op for op in match.ops if op is not match.root]
    for op in sorted(inner, key=lambda op: getattr(frame.definitions.get(op), "lineno", 0), reverse=True):
        statement = frame.definitions.get(op)
        if not isinstance(statement, ast.Assign) or statement.value is not op.node or statement in dead:
            continue
        if len(statement.targets) != 1 or not isinstance(statement.targets[0], ast.Name) or frame.function is None:
            continue
        name = statement.targets[0].id
        if frame.loop_of.get(statement) is not frame.loop_of.get(match.root.statement or statement):
            continue
        if _read_elsewhere(scope, frame, name, op, gone):
            continue
        dead.append(statement)
        gone.update(trees.walk(statement))
    return dead


def _read_elsewhere(scope: ast.AST, frame: Frame, name: str, value: Value, gone: set[ast.AST]) -> bool:
    for node in trees.walk(scope):
        if not isinstance(node, ast.Name) or node.id != name or isinstance(node.ctx, ast.Store) or node in gone:
            continue
        held = frame.values.get(node)
        if held is None or held is value or not isinstance(held, Op):
            return True
    return any(isinstance(node, ast.Global | ast.Nonlocal) and name in node.names for node in own_nodes(scope))


@dataclass
class _Speller(ast.NodeTransformer):
    """Turns the template's `torch.f(x, dim)` into what the user would have written."""

    match: Match
    editor: Editor
    literals: dict[str, ast.expr]

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.literals.get(node.id, node)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        namespace = _namespace(node.func)
        guide = self._guide(node)
        if namespace is None or not isinstance(node.func, ast.Attribute):
            self.generic_visit(node)
            return node
        node.args, node.keywords = _apply_keywords(node, self._keywords())
        node.args = [self.visit(arg) for arg in node.args]
        node.keywords = [self.visit(keyword) for keyword in node.keywords]
        form = self._form(node.func.attr, namespace, guide)
        if form == "Tensor":
            receiver, *node.args = node.args
            node.func = ast.Attribute(receiver, node.func.attr, ast.Load())
        else:
            module = self.editor.import_module(_MODULES[form], scope_names=self.match.frame.local_names)
            node.func = ast.Attribute(ast.parse(module, mode="eval").body, node.func.attr, ast.Load())
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.value, ast.Name) and node.value.id in _MODULES:
            module = self.editor.import_module(_MODULES[node.value.id], scope_names=self.match.frame.local_names)
            return ast.Attribute(ast.parse(module, mode="eval").body, node.attr, ast.Load())
        return node

    def _guide(self, node: ast.Call) -> Op | None:
        """The matched operation that took what is the first argument now: its spelling is followed."""
        first = node.args[0] if node.args else None
        names = {part.id for part in trees.walk(first) if isinstance(part, ast.Name)} if first is not None else set()
        spelled = [op for op in self.match.ops if op.form != "operator"]
        for op in spelled:
            if any(self.match.captured.get(name) is arg for name in names for arg in op.args.values()):
                return op
        return spelled[-1] if spelled else None

    def _keywords(self) -> set[str]:
        """The parameters that the user wrote as keywords, or that came from a constructor."""
        keywords: set[str] = set()
        for op in self.match.ops:
            if isinstance(op.node, ast.Call) and op.form != "module":
                keywords.update(keyword.arg for keyword in op.node.keywords if keyword.arg)
        return keywords | set(self.literals)

    def _form(self, name: str, namespace: str, guide: Op | None) -> str:
        form = guide.form if guide is not None else namespace
        operation = signatures.canonical(f"{_MODULES[namespace]}.{name}")
        namespaces: tuple[Namespace, ...] = ("torch", "F", "Tensor")
        for wanted in sorted(namespaces, key=lambda found: (found != form, found != namespace)):
            if wanted in (form, namespace) and signatures.available(operation, wanted):
                return wanted
        return namespace


def _namespace(func: ast.expr) -> str | None:
    if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name) and func.value.id in _MODULES:
        return func.value.id
    return None


def _apply_keywords(node: ast.Call, keywords: set[str]) -> tuple[list[ast.expr], list[ast.keyword]]:
    """Write the last parameters as `dim=dim` where the user did."""
    args = list(node.args)
    named = list(node.keywords)
    while args and len(args) > 1 and isinstance(args[-1], ast.Name) and args[-1].id in keywords:
        last = args.pop()
        assert isinstance(last, ast.Name)
        named.insert(0, ast.keyword(last.id, last))
    return args, named
