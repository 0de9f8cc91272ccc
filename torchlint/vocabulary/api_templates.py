"""How a call of an old name becomes an expression over its arguments (`Case` in `api_table`)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from torchlint.rule import Frame, block_of, parents, trees

from .api_calls import UnclearError
from .api_table import METHODS, Case, Row

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

    from .api_calls import Fix

_NUMBERS = frozenset({"inf", "pi", "e"})


class _Asked(NamedTuple):
    """What of the results of a call is used: `result` as in `Case`, and the expression that stands for it."""

    result: str
    target: ast.expr
    assignment: ast.Assign | None = None


def from_template(frame: Frame, row: Row, call: ast.Call) -> Fix | None:
    """A fix by the first case of a row that fits a call; None where there is none."""
    try:
        given = _bound(row, call)
        asked, case = next((asked, case) for asked in _asked(frame, row, call) for case in _cases(row, asked, given))
        lines = _lines_after(frame, case, asked)
    except (UnclearError, StopIteration):
        return None

    def fix(editor: Editor) -> None:
        template = _spelled(editor, frame, _without_absent(case.new, row, given))
        editor.template(asked.target, template, given)
        if case.need:
            editor.proof.need(case.need)
        if asked.assignment is not None and asked.result.isdigit():
            target = asked.assignment.targets[0]
            editor.replace(target, _names(target)[int(asked.result)])
        if lines and asked.assignment is not None:
            editor.insert_before(_next_statement(frame, asked.assignment), lines)

    return fix


def _bound(row: Row, call: ast.Call) -> dict[str, ast.expr]:
    """The arguments of a call by the parameters of the old name. Raises `UnclearError`."""
    names = [part.partition("=")[0] for part in row.signature.split()]
    values = [*_receiver(row, call), *call.args]
    if len(values) > len(names) or any(isinstance(value, ast.Starred) for value in values):
        raise UnclearError
    given = dict(zip(names, values, strict=False))
    for keyword in call.keywords:
        if keyword.arg not in names or keyword.arg in given:
            raise UnclearError
        given[keyword.arg] = keyword.value
    if not {part for part in row.signature.split() if "=" not in part} <= given.keys():
        raise UnclearError
    return given


def _receiver(row: Row, call: ast.Call) -> list[ast.expr]:
    is_method = row.old.startswith(METHODS) and isinstance(call.func, ast.Attribute)
    return [call.func.value] if is_method and isinstance(call.func, ast.Attribute) else []


def _asked(frame: Frame, row: Row, call: ast.Call) -> Iterator[_Asked]:
    """What of the results is used, the most particular first."""
    names = row.results.split()
    parent = parents(frame.module).get(call)
    match parent:
        case ast.Subscript(slice=ast.Constant(value=int(index)), ctx=ast.Load()) if parent.value is call and names:
            yield _Asked(str(index), parent)
        case ast.Attribute(attr=name) if name in names:
            yield _Asked(str(names.index(name)), parent)
            return
        case ast.Assign(targets=[ast.Tuple(elts=elements)]) if len(elements) == len(names):
            yield from _unpacked(frame, call, parent, elements)
            return
    yield _Asked("", call)


def _unpacked(frame: Frame, call: ast.Call, statement: ast.Assign, elements: list[ast.expr]) -> Iterator[_Asked]:
    """What `a, b = f()` uses: all, or only what is read of it."""
    targets = [element.id for element in elements if isinstance(element, ast.Name)]
    if len(targets) == len(elements):
        yield _Asked("unpack", call, statement)
    yield _Asked("", call)
    read = [index for index, name in enumerate(targets) if _is_read(frame, name)]
    if len(targets) == len(elements) and len(read) == 1 and targets.count(targets[read[0]]) == 1:
        yield _Asked(str(read[0]), call, statement)


def _cases(row: Row, asked: _Asked, given: dict[str, ast.expr]) -> Iterator[Case]:
    defaults = {name: text for name, equals, text in (part.partition("=") for part in row.signature.split()) if equals}
    for case in row.cases:
        used = {node.id for node in ast.walk(ast.parse(case.new, mode="eval")) if isinstance(node, ast.Name)}
        decided = {part.partition(":")[0].partition("=")[0] for part in case.when.split()}
        fits = all(_holds(part, given, defaults) for part in case.when.split())
        if case.result == asked.result and fits and given.keys() <= used | decided:
            yield case


def _holds(condition: str, given: dict[str, ast.expr], defaults: dict[str, str]) -> bool:
    name, colon, _ = condition.partition(":")
    if colon:
        return name in given and _is_number(given[name])
    name, _, wanted = condition.partition("=")
    if name not in given:
        return defaults.get(name) == wanted
    value = given[name]
    return isinstance(value, ast.Constant) and str(value.value) == wanted


def _is_number(value: ast.expr) -> bool:
    """Whether an expression is written as a number: `2`, `-1.5`, `math.inf`, `float("inf")`."""
    match value:
        case ast.UnaryOp(operand=operand):
            return _is_number(operand)
        case ast.Constant(value=bool() | str() | None):
            return False
        case ast.Constant(value=int() | float()):
            return True
        case ast.Attribute(attr=name):
            return name in _NUMBERS
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "float"


def _without_absent(text: str, row: Row, given: dict[str, ast.expr]) -> ast.expr:
    """The expression without the keywords for parameters that the call leaves out."""
    template = ast.parse(text, mode="eval").body
    names = {part.partition("=")[0] for part in row.signature.split()}
    for call in [node for node in ast.walk(template) if isinstance(node, ast.Call)]:
        call.keywords = [
            keyword
            for keyword in call.keywords
            if not (isinstance(keyword.value, ast.Name) and keyword.value.id in names - given.keys())
        ]
    return template


def _spelled(editor: Editor, frame: Frame, template: ast.expr) -> ast.expr:
    """The expression with the names by which the file calls modules of torch."""

    class Spelling(ast.NodeTransformer):
        def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
            home, _, name = ast.unparse(node).rpartition(".")
            if (home != "torch" and not home.startswith("torch.")) or not home.replace(".", "").isidentifier():
                self.generic_visit(node)
                return node
            text = f"{editor.import_module(home, scope_names=frame.local_names)}.{name}"
            return ast.parse(text, mode="eval").body

    result: ast.expr = Spelling().visit(template)
    return result


def _lines_after(frame: Frame, case: Case, asked: _Asked) -> list[str]:
    """The lines after an assignment to the results: `v = v.mH`. Raises `UnclearError` where they have no place."""
    if not case.then or asked.assignment is None:
        return []
    names = _names(asked.assignment.targets[0])
    index, _, attribute = case.then.partition(":")
    name = names[int(index)]
    if names.count(name) > 1 or not _is_read(frame, name):
        return []
    _next_statement(frame, asked.assignment)
    return [f"{name} = {name}.{attribute}"]


def _names(target: ast.expr) -> list[str]:
    """The names in a tuple of targets."""
    return [element.id for element in getattr(target, "elts", ()) if isinstance(element, ast.Name)]


def _is_read(frame: Frame, name: str) -> bool:
    """Whether anything reads a name: in its function, or in the file where it is not local."""
    local = frame.function is not None and name in frame.function.locals
    scope = frame.function.node if frame.function is not None and local else frame.module.tree
    names = (part for part in trees.walk(scope) if isinstance(part, ast.Name) and part.id == name)
    return any(isinstance(part.ctx, ast.Load) for part in names)


def _next_statement(frame: Frame, statement: ast.stmt) -> ast.stmt:
    """The statement that follows another in its block. Raises `UnclearError`."""
    block = block_of(frame.module, statement)
    index = next((index for index, each in enumerate(block) if each is statement), len(block))
    if index + 1 >= len(block) or block[index + 1].lineno == statement.end_lineno:
        raise UnclearError
    return block[index + 1]
