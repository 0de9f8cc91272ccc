"""Where the names of a table (`api_table`) are used."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence

from torchlint.rule import (
    UNKNOWN,
    Call,
    Choice,
    ClassModel,
    External,
    Frame,
    FunctionModel,
    Method,
    Module,
    Op,
    Value,
    facts,
    inventory_of,
    members,
    peek,
    trees,
)

from .api_table import METHODS, MODULE, SCHEDULER, TENSOR, Row
from .nn_modules import is_module
from .training import settled

_SCHEDULER_CLASS = re.compile(r"torch\.optim\.lr_scheduler\.[A-Z]\w*$")
# What their `step` is given is not the number of an epoch, or is meant to be one.
_STEPS_WITH_AN_ARGUMENT = ("ReduceLROnPlateau", "CosineAnnealingWarmRestarts", "SequentialLR")
# Tests of what the installed torch has.
_GUARD = re.compile(r"hasattr|version|WITH_PT|TORCH_(?:GE|LT|MAJOR|MINOR|\d)|(?<!\.is)_available", re.IGNORECASE)
_CAUGHT = frozenset({"ImportError", "ModuleNotFoundError", "AttributeError", "Exception", "BaseException"})
# What these names mean in every file that has them: modules of torch.
_USUAL = {"torch": "torch", "F": "torch.nn.functional", "nn": "torch.nn"}
UsedNode = ast.Name | ast.Attribute | ast.ImportFrom | ast.alias
_Use = tuple[Row, UsedNode, ast.Call | None]


def words_of(rows: Sequence[Row]) -> tuple[str, ...]:
    """What a function must have one of: the name in torch, or the name of a method."""
    return tuple(sorted({_word(row) for row in rows}))


def _word(row: Row) -> str:
    """What stands where a row is used: a keyword, if it must be written, or the last part of the old name."""
    is_written = bool(row.keyword) and not row.absent and row.place < 0
    return row.keyword if is_written else row.old.rpartition(".")[2]


def by_name(rows: Sequence[Row]) -> dict[str, Row]:
    """Rows of a table by the old name."""
    return {row.old: row for row in rows}


def last_names(rows: Mapping[str, Row]) -> frozenset[str]:
    """The last parts of the dotted names of a table."""
    return frozenset(name.rpartition(".")[2] for name in rows)


def may_use(scope: ast.AST, module: Module, rows: Mapping[str, Row], last: frozenset[str]) -> bool:
    """Whether a function, a class outside its methods or the module's body may read a name of a table, whose last parts
    are `last`: `F.pad` is not a `torch.pad`, nor is `self.pad`."""
    nodes, model = inventory_of(scope), module.models.get(scope)
    if any(_imported(node, rows) for node in nodes.of(ast.ImportFrom)):
        return True
    instance = model.self_name if isinstance(model, FunctionModel) else None
    for node in nodes.of(ast.Attribute):
        is_own = isinstance(node.value, ast.Name) and node.value.id == instance and f"{MODULE}{node.attr}" not in rows
        if node.attr in last and not is_own and _may_be(node, rows, called=node in nodes.calls):
            return True
    naming = module.naming
    return any(name in naming.imported or name not in last for name in naming.names_for(last) & nodes.names)


def _may_be(node: ast.Attribute, rows: Mapping[str, Row], *, called: bool) -> bool:
    """Whether an attribute with the last name of a row may be that name, or a call of that method of a tensor."""
    if called and any(f"{owner}{node.attr}" in rows for owner in METHODS):
        return True
    parts = [node.attr]
    value = node.value
    while isinstance(value, ast.Attribute):
        parts.append(value.attr)
        value = value.value
    module = _USUAL.get(value.id) if isinstance(value, ast.Name) else None
    return module is None or ".".join([module, *reversed(parts)]) in rows


def _imported_module(node: ast.ImportFrom, rows: Mapping[str, Row]) -> Row | None:
    """The row of the module that names are imported from, or of one that it lies in."""
    parts = (node.module or "").split(".") if not node.level else []
    names = (".".join(parts[:count]) for count in range(len(parts), 1, -1))
    return next((rows[name] for name in names if name in rows and rows[name].module), None)


def _imported(node: ast.ImportFrom, rows: Mapping[str, Row]) -> list[tuple[Row, ast.ImportFrom | ast.alias]]:
    """The rows of which an import is a use, and where: of a module that it names, of names that are not there now."""
    module = _imported_module(node, rows)
    names = [(rows.get(f"{node.module}.{part.name}"), part) for part in node.names if not node.level]
    gone = [(row, part) for row, part in names if row is not None and row.is_gone]
    return [*([(module, node)] if module is not None else []), *gone]


def uses(frame: Frame, rows: Mapping[str, Row], cls: ClassModel | None = None) -> Iterator[_Use]:
    """The uses of a table's names in a frame, or in a class outside its methods: the row, the name, the call if any."""
    nodes = list(nodes_of(frame, cls))
    called = {node.func: node for node in nodes if isinstance(node, ast.Call)}
    last = {name.rpartition(".")[2] for name in rows}
    found: list[_Use] = []
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            found += [(row, part, None) for row, part in _imported(node, rows)]
        if not isinstance(node, ast.Name | ast.Attribute) or not isinstance(node.ctx, ast.Load):
            continue
        row = _row(frame, node, rows, node in called) if isinstance(node, ast.Name) or node.attr in last else None
        call = called.get(node)
        if row is not None and (not row.keyword or _is_old(call, row)):
            found.append((row, node, call))
    if not found:
        return
    guarded_nodes = set(guarded(frame.module.tree))
    for row, node, call in found:
        if node not in guarded_nodes and row.old.rpartition(".")[2] not in frame.module.foreign_writes:
            yield row, node, call


def _is_old(call: ast.Call | None, row: Row) -> bool:
    """Whether a call gives the keyword of a row, or lacks it where that is what is old."""
    if call is None:
        return False
    names = [keyword.arg for keyword in call.keywords]
    is_starred = any(isinstance(arg, ast.Starred) for arg in call.args)
    if row.absent:
        is_short = row.place < 0 or (not is_starred and len(call.args) <= row.place)
        return is_short and None not in names and row.keyword not in names
    return row.keyword in names or (0 <= row.place < len(call.args) and not is_starred)


def _row(frame: Frame, node: ast.Name | ast.Attribute, rows: Mapping[str, Row], called: bool) -> Row | None:
    value = frame.values.get(node)
    if not isinstance(value, External):
        value = peek(frame, node)
    if isinstance(value, External):
        return None if value.qualname.startswith(TENSOR) else rows.get(value.qualname)
    if not called or not isinstance(node, ast.Attribute) or not isinstance(frame.values.get(node), Method):
        return None
    receivers = members(frame.values.get(node.value, UNKNOWN))
    if all(facts.is_tensor(receiver) and _is_sure(receiver) for receiver in receivers):
        return rows.get(f"{TENSOR}{node.attr}")
    if f"{MODULE}{node.attr}" in rows and all(is_module(frame, receiver) for receiver in receivers):
        return rows[f"{MODULE}{node.attr}"]
    row = rows.get(f"{SCHEDULER}{node.attr}")
    return row if row is not None and all(_is_scheduler(receiver, row) for receiver in receivers) else None


def _is_scheduler(value: Value, row: Row) -> bool:
    made = settled(value)
    if not isinstance(made, Call) or _SCHEDULER_CLASS.match(made.qualname) is None:
        return False
    return row.old != f"{SCHEDULER}step" or made.qualname.rpartition(".")[2] not in _STEPS_WITH_AN_ARGUMENT


def _is_sure(value: Value, depth: int = 12) -> bool:
    """Whether more than a keyword (`scores.sum(dim=1)`) shows that a value is a tensor: in code for arrays too, the
    keyword may be the mistake."""
    if not depth:
        return False
    match value:
        case Choice():
            return all(_is_sure(member, depth - 1) for member in value.members)
        case Op() if value.form == "operator" or (value.form == "Tensor" and _names_dim(value)):
            return any(_is_sure(argument, depth - 1) for argument in value.args.values())
        case Op() if value.form == "Tensor" and facts.is_tensor(value.input):
            return _is_sure(value.input, depth - 1)
    return facts.is_tensor(value) is True


def _names_dim(op: Op) -> bool:
    keywords = op.node.keywords if isinstance(op.node, ast.Call) else ()
    return any(keyword.arg in ("dim", "keepdim") for keyword in keywords)


def nodes_of(frame: Frame, cls: ClassModel | None) -> Iterator[ast.AST]:
    """The nodes that belong to a frame or a class: lambdas and decorators too, not the functions and classes in it."""
    stack: list[ast.AST]
    if cls is not None:
        bases = [*cls.node.bases, *(keyword.value for keyword in cls.node.keywords)]
        stack = [*cls.node.body, *cls.node.decorator_list, *bases]
    elif frame.function is not None:
        node = frame.function.node
        stack = [*node.body, *node.decorator_list, *node.args.defaults, *_annotations(node)]
    else:
        stack = list(frame.module.tree.body)
    while stack:
        part = stack.pop()
        if not isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield part
            stack.extend(trees.children(part))


def _annotations(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.AST]:
    """The annotations of a function's parameters and of what it returns."""
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg]
    yield from (each.annotation for each in arguments if each is not None and each.annotation is not None)
    if node.returns is not None:
        yield node.returns


def guarded(tree: ast.Module) -> Iterator[ast.AST]:
    """All nodes in a `try` that expects a name to be missing, or under a test of what torch has."""
    for node in trees.walk(tree):
        inside: Sequence[ast.AST] = ()
        if isinstance(node, ast.Try) and any(_expects(handler) for handler in node.handlers):
            inside = [*node.body, *node.handlers, *node.orelse]
        elif isinstance(node, ast.If | ast.IfExp) and _GUARD.search(ast.unparse(node.test)):
            inside = [node]
        for part in (*inside, *_replaced(node)):
            yield from trees.walk(part)


def _replaced(node: ast.AST) -> Iterator[ast.stmt]:
    """The statements below a node that a test of what torch has comes after: `f = old`, `if hasattr(..): f = new`."""
    for name in ("body", "orelse"):
        block = getattr(node, name, None)
        for first, second in itertools.pairwise(block if isinstance(block, list) else ()):
            if isinstance(second, ast.If) and isinstance(first, ast.Assign) and _GUARD.search(ast.unparse(second.test)):
                again = {ast.unparse(target) for part in second.body for target in getattr(part, "targets", ())}
                if {ast.unparse(target) for target in first.targets} & again:
                    yield first


def _expects(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    return any(isinstance(node, ast.Name) and node.id in _CAUGHT for node in trees.walk(handler.type))
