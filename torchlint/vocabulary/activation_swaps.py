"""Fixes that take an activation out, or put another one in, where a loss is its only user."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from torchlint.rule import Chain, Frame, Op, ops, same, trees, units

from .loss_inputs import operand
from .routes import Route, is_lone, parents_of, route

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

    Fix = Callable[[Editor], None]


def without(frame: Frame, found: list[Chain], sink: ast.AST | None) -> Fix | None:
    """A fix that puts the inputs of operations in their places; None where one has other uses or is made elsewhere, or
    something is computed of it."""
    if not all(map(units.is_plain, found)):
        return None
    fixes = [_dropped(frame, chain, sink, lone=len(found) == 1) for chain in found]
    known = [fix for fix in fixes if fix is not None]
    if len(known) != len(fixes):
        return None

    def all_of_them(editor: Editor) -> None:
        for fix in known:
            fix(editor)

    return all_of_them


def _dropped(frame: Frame, chain: Chain, sink: ast.AST | None, *, lone: bool) -> Fix | None:
    op = units.source(chain)
    way = route(frame, chain, sink)
    inner = operand(op)
    if way is None or inner is None or not isinstance(op.node, ast.expr):
        return None
    whole, part = op.node, inner

    def fix(editor: Editor) -> None:
        if lone and way.statements and frame.function is not None and _is_alias(frame, part, way):
            _inline(editor, part, way)
        else:
            editor.replace(whole, editor.text(part), [part])
        # Its result may be rounded to half precision, which the loss then starts from.
        editor.proof.is_precise(op.input, editor.text(part))
        if any(isinstance(link, Op) and link.name in ops.CASTS for link in chain):
            # Without a cast the loss refuses what the operation refuses.
            editor.proof.input_of(op)

    return fix


def _is_alias(frame: Frame, part: ast.expr, way: Route) -> bool:
    """Whether the first assignment would only give a local another name, and the local is still what it was."""
    statement, read = way.statements[0], way.reads[0]
    if not isinstance(part, ast.Name) or not isinstance(statement.value, ast.Call):
        return False
    target = statement.targets[0]
    if isinstance(target, ast.Name) and target.id == part.id:
        return True
    return _is_unchanged(frame, part, read)


def _inline(editor: Editor, part: ast.expr, way: Route) -> None:
    statement, read = way.statements[0], way.reads[0]
    name = editor.text(part)
    if read.id != name:
        editor.replace(read, name)
    editor.delete_statement(statement)


def renamed(frame: Frame, chain: Chain, sink: ast.AST | None, new: str, new_layer: str) -> Fix | None:
    """A fix that calls another function, or makes another layer, in the place of an operation with one use."""
    op = units.source(chain)
    if not units.is_plain(chain) or route(frame, chain, sink) is None or operand(op) is None:
        return None
    return respelled(op, frame, new, new_layer)


def respelled(op: Op, frame: Frame, new: str, new_layer: str) -> Fix | None:
    """A fix that calls another function of `torch.nn.functional`, or another layer, with the same arguments."""
    if op.layer is not None:
        layer = op.layer.node if is_lone(op.layer, frame) else None
        return _recalled(layer, frame, "torch.nn", new_layer)
    return _recalled(op.node, frame, "torch.nn.functional", new)


def _recalled(call: ast.AST | None, frame: Frame, module: str, name: str) -> Fix | None:
    if not isinstance(call, ast.Call):
        return None
    callee = call.func

    def fix(editor: Editor) -> None:
        if isinstance(callee, ast.Attribute):
            editor.rename(callee, name)
        else:
            home = editor.import_module(module, scope_names=frame.local_names)
            editor.rename_callee(call, f"{home}.{name}")

    return fix


def called_instead(
    frame: Frame, root: Op, core: Op, chain: Chain, target: ast.expr | None, reduction: str
) -> Fix | None:
    """A fix that writes `cross_entropy(logits, target)` for a loss that is made of a log-softmax with one use."""
    way, logits, op = route(frame, chain, core.node), operand(units.source(chain)), units.source(chain)
    whole, log_softmax = root.node, op.node
    if way is None or logits is None or target is None or len(chain) != 1 or frame.function is None:
        return None
    if not isinstance(whole, ast.expr) or not isinstance(log_softmax, ast.expr) or len(way.statements) > 1:
        return None
    inside = set(trees.walk(whole))
    if core.node not in inside or not (target in inside or _is_unchanged(frame, target, whole)):
        return None
    part = logits

    def fix(editor: Editor) -> None:
        text = editor.text(part)
        if way.statements and _is_alias(frame, part, way):
            editor.delete_statement(way.statements[0])
        elif way.statements:
            editor.replace(log_softmax, text, [part])
            text = way.reads[0].id
        home = editor.import_module("torch.nn.functional", scope_names=frame.local_names)
        text_of_file = editor.source.text
        quote = '"' if text_of_file.count('"') >= text_of_file.count("'") else "'"
        given = "" if reduction == "mean" else f", reduction={quote}{reduction}{quote}"
        kept = [node for node in (part, target) if node in inside]
        editor.replace(whole, f"{home}.cross_entropy({text}, {editor.text(target)}{given})", kept)

    return fix


def _is_unchanged(frame: Frame, node: ast.expr, user: ast.expr) -> bool:
    """Whether a name holds at another expression what it holds where it is written."""
    if not isinstance(node, ast.Name):
        return False
    statement: ast.AST = user
    parents = parents_of(frame)
    while not isinstance(statement, ast.stmt):
        statement = parents[statement]
    now, before = frame.envs.get(statement, {}).get(node.id), frame.values.get(node)
    return now is not None and before is not None and same(now, before)
