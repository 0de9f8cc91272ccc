"""What a fix needs: a rewrite, that its inputs are of the kinds that its pair was tried on; all, see `Proof.check`.

The certificate of a pair says that both functions agree on inputs of the kinds that its parameters are annotated with.
So what a parameter captured must be certain to be of that kind, or of one beyond it that the pair names.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator, Sequence

from torchlint.claims import Pair, Same
from torchlint.finding import Edit
from torchlint.fixing.editor import Editor
from torchlint.fixing.proof import kinds
from torchlint.fixing.proof.gradients import asks_for_gradient
from torchlint.fixing.proof.replaced_callees import replaced
from torchlint.fixing.proof.safety import Proof
from torchlint.fixing.template import leading_negation
from torchlint.match import Match
from torchlint.rule import Rewrite
from torchlint.torch_facts import ops
from torchlint.values.interpret.frame import Frame
from torchlint.values.value import UNKNOWN, Constant, Items, Op, Value

# Parameters that take tensors: for all others a literal is matched, or there is no safe pair.
TENSORS = frozenset({"Floats", "Vector", "Logits", "Columns", "Regular", "Probabilities", "Binary", "BinaryTargets"})


def needs(
    editor: Editor, edits: Sequence[Edit], frame: Frame, rewrite: tuple[Rewrite, Pair, Match] | None
) -> tuple[str, ...]:
    """What must hold for a fix to be safe and is not certain: clauses that go on after "safe if"."""
    proof = editor.proof
    reads: list[ast.expr] = []
    ends: list[ast.AST] = []
    if rewrite is not None:
        rule, pair, match = rewrite
        _check_inputs(proof, rule, pair, match)
        reads = list(_reads(match))
        ends = [op.node for op in match.ops if op.node is not None]
        callee = replaced(frame, match.ops)
        if callee:
            proof.need(f"nobody replaced `{callee}`")
        _check_leftovers(proof, pair, match, editor)
        _check_signs(proof, match, editor)
        for op in match.ops:
            proof.is_left_alone(op.node, match.root.node)
    proof.check(editor, edits, reads, ends)
    return (*editor.needs, *(need for need in proof.needs if need not in editor.needs))


def _check_leftovers(proof: Proof, pair: Pair, match: Match, editor: Editor) -> None:
    """A rewrite that only spares an operation must not leave that behind, for another reader, beside the new one; and
    no gradient goes through what any rewrite leaves behind."""
    for op in match.ops:
        if op is not match.root and asks_for_gradient(match.frame, op):
            proof.need(f"nobody asks for the gradient of `{ast.unparse(op.node) if op.node else op.name}`")
    if not isinstance(pair.claim, Same):
        return
    inside = set(ast.walk(match.root.node)) if match.root.node is not None else set()
    for op in match.ops:
        statement = match.frame.definitions.get(op)
        if isinstance(statement, ast.Assign) and statement not in editor.gone and statement.value not in inside:
            proof.need(f"`{ast.unparse(statement.targets[0])}` is not read elsewhere, where it is computed for still")


def _check_signs(proof: Proof, match: Match, editor: Editor) -> None:
    """Where a sign is gone that the old code computed, it must have been one that could be: not that of a bool."""
    new = {ast.dump(part) for _, text in editor.written for part in ast.walk(ast.parse(f"(\n{text}\n)"))}
    matched = [op.node for op in match.ops if op.node is not None]
    for node in match.nodes.values():
        negated = leading_negation(node)
        if negated is not None and ast.dump(node) not in new:
            value = match.frame.values.get(negated, UNKNOWN)
            if "bool" in kinds.dtypes_of(value):
                at = match.root.node or match.frame.scope
                proof.has_dtype(value, ast.unparse(negated), at, ("float", "int", "complex"), matched)


def _reads(match: Match) -> Iterator[ast.expr]:
    """All places at which the matched operations take what the parameters captured."""
    captured = list(match.captured.values())
    for op in match.ops:
        for node in op.nodes.values():
            if any(match.frame.values.get(node) is value for value in captured):
                yield node


def _check_inputs(proof: Proof, rule: Rewrite, pair: Pair, match: Match) -> None:
    matched = [op.node for op in match.ops if op.node is not None]
    root = match.root.node or match.frame.scope
    for name, kind in input_kinds(pair).items():
        value = match.captured.get(name)
        if value is None:
            continue
        text = _said(match, name)
        if kind in TENSORS:
            _check_tensor(proof, rule, match, value, text, matched)
            if not isinstance(pair.claim, Same):
                proof.is_precise(value, text)
        elif kind == "Dim":
            _check_dim(proof, rule, match, value, text)
    tensors = [name for name, kind in input_kinds(pair).items() if kind in TENSORS]
    for one, other in itertools.pairwise(tensors):
        said = f"`{_said(match, one)}`", f"`{_said(match, other)}`"
        proof.has_same_dtype(match.captured[one], match.captured[other], said)
    if "layout" not in rule.also_for:
        proof.has_unseen_layout(root, [match.captured[name] for name in tensors])


def _check_tensor(
    proof: Proof, rule: Rewrite, match: Match, value: Value, said: str, matched: Sequence[ast.AST]
) -> None:
    root = match.root.node or match.frame.scope
    wanted = ("float", *(kind for kind in ("int", "bool", "complex") if kind in rule.also_for))
    if isinstance(value, Op) and value.form == "operator" and all(value is not op for op in match.frame.ops):
        # It is not written like this: what it is made of goes through other operations.
        for operand in value.args.values():
            if not isinstance(operand, Constant) and not kinds.dtypes_of(operand) <= set(wanted):
                proof.has_dtype(operand, said, root, wanted, matched)
    if len(wanted) == len(kinds.ANY):
        # Functions of torch take nothing but tensors, before and after; a method may be anybody's.
        if not _is_method_of_tensor(match):
            proof.is_tensor(value, said, matched)
        return
    # A function of torch raises for what is not a tensor, and so does the new one.
    if not (kinds.dtypes_of(value) <= set(wanted) and _is_method_of_tensor(match)):
        proof.has_dtype(value, said, root, wanted, matched)


def _is_method_of_tensor(match: Match) -> bool:
    """Whether one of the matched operations shows that tensors are at work."""
    return any(op.form in ("torch", "F") for op in match.ops) or any(
        kinds.is_tensor(op, match.frame) for op in match.ops
    )


def _check_dim(proof: Proof, rule: Rewrite, match: Match, value: Value, said: str) -> None:
    reduces = all(op.name in ops.REDUCTIONS for op in match.ops if op.args.get("dim") is value)
    several = reduces and isinstance(value, Items) and value.items and all(map(kinds.is_integer, value.items))
    if "dims" in rule.also_for and several:
        return
    if "no dim" in rule.also_for and isinstance(value, Constant) and value.value is None:
        return
    proof.is_integer(value, said)


def input_kinds(pair: Pair) -> dict[str, str]:
    return {name: str(kind) for name, kind in pair.before.__annotations__.items() if name != "return"}


def _said(match: Match, name: str) -> str:
    node = match.nodes.get(name)
    text = ast.unparse(node) if node is not None else name
    return text if len(text) <= 40 else f"{text[:37]}..."
