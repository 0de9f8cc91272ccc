"""The needs of one fix: what must hold for it to keep what the program does, as far as that is not certain."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, TypeGuard

from torchlint.finding import Edit
from torchlint.fixing.proof import gradients, kinds, operation_traits
from torchlint.fixing.proof.dtype_sources import has_same_dtype, is_narrow, is_wide
from torchlint.fixing.proof.global_settings import sets_default_device, sets_default_dtype, uses_autocast
from torchlint.fixing.proof.import_doubts import bindings_of
from torchlint.fixing.proof.memory import is_made_in, roots
from torchlint.fixing.proof.order import runs_with
from torchlint.fixing.proof.phrases import article, short
from torchlint.fixing.proof.versions import Versions
from torchlint.fixing.proof.writes import Writes, writes_of
from torchlint.kept import kept
from torchlint.syntax import trees
from torchlint.values.compare import walk
from torchlint.values.interpret.frame import Frame
from torchlint.values.value import UNKNOWN, External, Op, Value

_TRIES = ast.Try | ast.TryStar
_COMPOUND = ast.For | ast.AsyncFor | ast.While | ast.If | ast.With | ast.AsyncWith


class Touched(Protocol):
    """What a fix does to the nodes of a file, as its `Editor` notes it."""

    targets: list[ast.AST]
    kept: list[ast.expr]
    gone: list[ast.stmt]
    replaced: list[ast.stmt]
    written: list[tuple[ast.expr, str]]
    renamed: list[str]


class Proof:
    """Collects the needs of a fix in a frame: each is proven, or it is said."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.needs: list[str] = []

    def need(self, text: str) -> None:
        """Something that cannot be proven: a clause that goes on after "safe if"."""
        if text not in self.needs:
            self.needs.append(text)

    @kept
    def writes(self) -> Writes:
        return writes_of(self.frame)

    # -- kinds of values ----------------------------------------------------------------------------------------

    def has_dtype(
        self, value: Value, said: str, at: ast.AST, wanted: Iterable[str] = ("float",), besides: Iterable[ast.AST] = ()
    ) -> None:
        """A value must be a tensor of one of these kinds of numbers: `bool`, `int`, `float`, `complex`."""
        if not kinds.only(self.frame, value, wanted, at, besides):
            self.need(f"`{said}` is {article(' or '.join(wanted))} tensor")

    def has_same_dtype(self, value: Value, other: Value, said: tuple[str, str]) -> None:
        """Two floating-point tensors must have as many bits: what a half one is rounded to shows in a wider result."""
        if not has_same_dtype(value, other):
            self.need(f"{said[0]} and {said[1]} have one dtype")

    def is_precise(self, value: Value, said: str) -> None:
        """A tensor must not have half precision, in which a stable form differs by more than the last bits."""
        if is_narrow(value):
            self.need(f"it does not matter how `{said}`, which has half precision, is rounded")
        if uses_autocast(self.frame.module):
            # It chooses the dtype of each operation by its name.
            self.need("it is not run under `autocast`, which chooses another dtype for it")

    def sums_in_its_dtype(self, value: Value, said: str) -> None:
        """One sum must be what adding one after the other gives: of half precision and small integers it is not."""
        if not is_wide(value) or sets_default_dtype(self.frame.module):
            self.need(f"`{said}` is of dtype float32, float64 or int64")

    def is_made_on_its_device(self, said: str) -> None:
        """Nobody may have set another device for what is made there."""
        if sets_default_device(self.frame.module):
            self.need(f"no other default device than that of `{said}` is set")

    def input_of(self, op: Op, wanted: Iterable[str] = ("float",)) -> None:
        """What an operation takes, which goes with the fix, must be a tensor of one of these kinds of numbers."""
        node = op.node or self.frame.scope
        written = op.nodes.get("input")
        said = short(written) if written is not None else "its input"
        self.has_dtype(op.input, said, node, wanted, [node])

    def is_tensor(self, value: Value, said: str, besides: Iterable[ast.AST] = ()) -> None:
        """A value must be one tensor: not a list or a tuple of them, not a number."""
        if not kinds.is_tensor(value, self.frame, besides):
            self.need(f"`{said}` is a tensor")

    def is_integer(self, value: Value, said: str) -> None:
        if not kinds.is_integer(value):
            self.need(f"`{said}` is an int")

    def is_natural(self, value: Value, said: str) -> None:
        if not kinds.is_natural(value):
            self.need(f"`{said}` is not negative")

    def is_device(self, value: Value, said: str) -> None:
        if not kinds.is_device(value, self.frame):
            self.need(f"`{said}` is a device")

    # -- memory -------------------------------------------------------------------------------------------------

    def is_apart(self, written: Value, read: Value, at: ast.AST, said: tuple[str, str]) -> None:
        """Two values must not share memory: one is written while the other is read."""
        a, b = roots(written), roots(read)
        alone = all(self._is_alone(root, at) for root in a) or all(self._is_alone(root, at) for root in b)
        if a & b or not alone:
            self.need(f"`{said[0]}` and `{said[1]}` share no memory")

    def is_left_alone(self, node: ast.AST | None, until: ast.AST | None) -> None:
        """What an expression made must not be written before another one is evaluated."""
        order = self.writes.order
        if not isinstance(node, ast.expr) or until is None or not (order.holds(node) and order.holds(until)):
            return
        own = {*order.below(node), *order.below(until)}
        window = [one for one in order.between([node, until]) if one not in own]
        what = self.writes.hit([node], window, moved=False)
        if what is not None:
            self.need(f"{what} does not change `{short(node)}`")

    def _is_alone(self, root: Value, at: ast.AST) -> bool:
        return self.writes.is_private(root, at)

    def has_unseen_layout(self, node: ast.AST | None, sources: Iterable[Value] = ()) -> None:
        """Nobody may look at how the result lies in memory, unless it is made of contiguous tensors alone."""
        if all(isinstance(value, Op) and operation_traits.is_contiguous(value) for value in sources) and sources:
            return
        if node is None or self._layout_is_seen(node):
            self.need("nobody asks how the result lies in memory")

    def _layout_is_seen(self, node: ast.AST) -> bool:
        for frame in self.frame.evaluator.frames:
            for op in frame.ops:
                if operation_traits.sees_layout(op.name) and _is_made_of(op, node):
                    return True
            if any(
                _called(call) in operation_traits.LAYOUT_WORDS and _is_given(frame, call, node)
                for call in frame.callees
            ):
                return True
        words = operation_traits.LAYOUT_WORDS & self.frame.module.vocabulary
        return bool(words) and self._leaves(node, words)

    def _leaves(self, node: ast.AST, words: frozenset[str]) -> bool:
        """Whether other code of the file that asks for layouts may get hold of a result."""
        function = self.frame.function
        asked = {name for name in words if self._asks(name)}
        if function is None or not asked:
            return bool(asked)
        called = sum(isinstance(one, ast.Call) and _called(one) == function.name for one in ast.walk(self._tree))
        returned = any(any(part.node is node for part in walk(value)) for _, value in self.frame.returns)
        return not returned or bool(called) or function.cls is not None

    def _asks(self, name: str) -> bool:
        """Whether the file calls a method of this name where its own function does not make what it is called on."""
        return any(isinstance(one, ast.Attribute) and one.attr == name for one in ast.walk(self._tree))

    @property
    def _tree(self) -> ast.Module:
        return self.frame.module.tree

    # -- the edits ----------------------------------------------------------------------------------------------

    def check(self, editor: Touched, edits: Sequence[Edit], reads: Sequence[ast.expr], ends: Sequence[ast.AST]) -> None:
        """What holds for every fix: nothing that it reads is written meanwhile, the same code of others is run in the
        same order, names are left as they were, and what stops half way stops at the same place.

        `reads` are expressions that the fix evaluates once, where the old code evaluated them at other places or
        several times; `ends` are further nodes of the old code.
        """
        order = self.writes.order
        places = [node for node in (*editor.targets, *editor.kept, *editor.gone, *ends) if order.holds(node)]
        if not places:
            return
        aliases = list(self._aliases(editor))
        self._check_writes(editor, [*reads, *editor.kept, *(inner for _, inner in aliases)], places)
        self._check_aliases(aliases)
        self._check_gradients(editor, places)
        self._check_contexts(places)
        self._check_names(editor)
        if "_version" in self.frame.module.vocabulary:
            self.need("nobody counts how often tensors are written to")
        statements = {id(one): one for one in map(order.statement, places) if one is not None}
        self._check_exceptions(places)
        several = len(statements) > 1 or any(isinstance(one, _COMPOUND) for one in editor.gone)
        if several:
            self._check_branches(editor)
            if self.writes.effects.inspects_names:
                self.need("the function does not look at its own names")
        self._check_versions(editor, edits)

    def _check_writes(self, editor: Touched, reads: Sequence[ast.expr], places: Sequence[ast.AST]) -> None:
        order = self.writes.order
        own = {
            below for node in (*editor.kept, *reads, *editor.gone) if order.holds(node) for below in order.below(node)
        }
        rewritten = (*editor.targets, *editor.replaced)
        inside = {below for node in rewritten if order.holds(node) for below in order.below(node)}
        for node in dict.fromkeys(reads):
            if not order.holds(node):
                continue
            moved = node not in inside or sum(_is_like(node, other) for other in reads) > 1
            after = [place for place in places if node not in inside or order.last[place] >= order.last[node]]
            window = [one for one in order.between([node, *after]) if one not in own]
            what = self.writes.hit([node], window, moved=moved)
            if what is not None:
                self.need(f"{what} does not change `{short(node)}`")

    def _aliases(self, editor: Touched) -> Iterator[tuple[ast.expr, ast.expr]]:
        """The expressions that made something new and now give back, or view, what is there, and that."""
        order = self.writes.order
        read = [
            *editor.kept,
            *(part for stmt in editor.gone for part in trees.walk(stmt) if isinstance(part, ast.expr)),
        ]
        known = {ast.dump(node): node for node in read if order.holds(node)}
        for target, text in editor.written:
            new = _viewed(text)
            inner = known.get(ast.dump(new)) if new is not None else None
            if inner is None or not order.holds(target):
                continue
            old = self.frame.values.get(target, UNKNOWN)
            if roots(old).isdisjoint(roots(self.frame.values.get(inner, UNKNOWN))):
                yield target, inner

    def _check_aliases(self, aliases: Sequence[tuple[ast.expr, ast.expr]]) -> None:
        """Where the new code gives back what was there before instead of something new, nobody may write to either."""
        for target, inner in aliases:
            window, escapes = self.writes.lifetime(target)
            what = self.writes.hit([inner], window, moved=False)
            if what is not None:
                self.need(f"{what} does not change `{short(inner)}`")
            elif escapes and not all(
                is_made_in(self.frame, root) for root in roots(self.frame.values.get(inner, UNKNOWN))
            ):
                self.need(f"nobody writes to `{short(inner)}` later")

    def _check_gradients(self, editor: Touched, places: Sequence[ast.AST]) -> None:
        """What only the old or only the new code keeps for the gradient must not be written in place later."""
        order = self.writes.order
        written = ((target, new) for target, text in editor.written if (new := _parsed(text)) is not None)
        inside = {below for node in places for below in order.below(node)}
        old = [op for op in self.frame.ops if op.node in inside]
        for swap in gradients.swaps(written, order):
            for node in gradients.left_behind(swap, old):
                # Its gradient is not taken any more.
                self._is_left_by(node, swap.target)
            if gradients.result_differs(self.frame, swap):
                self._is_kept_from(swap.target, swap.target)
            for operand in {ast.dump(node): node for node in editor.kept if order.holds(node)}.values():
                if gradients.operand_differs(self.frame, swap, operand, old):
                    self._is_kept_from(operand, swap.target)

    def _is_left_by(self, node: ast.expr, target: ast.expr) -> None:
        window, _ = self.writes.rest(target)
        what = self.writes.written_to(node, window)
        if what:
            self.need(f"{what} does not write to `{short(node)}` before the gradient is computed")

    def _is_kept_from(self, node: ast.expr, start: ast.expr) -> None:
        """Nobody may write, after a node is evaluated, to what another one gave."""
        window, escapes = self.writes.rest(start)
        what = self.writes.written_to(node, window)
        if what is None and (escapes or not self._is_made_here(node)):
            what = gradients.written_by_callers(self.frame)
        if what:
            self.need(f"{what} does not write to `{short(node)}` before the gradient is computed")

    def _is_made_here(self, node: ast.expr) -> bool:
        return all(is_made_in(self.frame, root) for root in roots(self.frame.values.get(node, UNKNOWN)))

    def _check_contexts(self, places: Sequence[ast.AST]) -> None:
        order = self.writes.order
        contexts = {
            tuple(id(one) for one in order.around(node) if isinstance(one, ast.With | ast.AsyncWith)) for node in places
        }
        if len(contexts) > 1:
            self.need("the `with` block makes no difference to what is moved")
        if any(map(_waits, {around for node in places for around in order.around(node)})):
            self.need("the `with` block waits for no warning or error of it")
        setting = next(filter(self._is_setting, order.between(places)), None)
        if setting is not None:
            self.need(f"`{short(setting)}` makes no difference to what is moved")
        if "inference_mode" in self.frame.module.vocabulary and any(map(self._is_inference, order.nodes)):
            # What is made there cannot be kept for a gradient, which other operations may do.
            self.need("nothing that it reads is made in `inference_mode`")

    def _is_setting(self, node: ast.AST) -> TypeGuard[ast.Call]:
        """Whether a call changes how torch computes from there on: `torch.set_grad_enabled(False)`."""
        if not isinstance(node, ast.Call) or not _called(node).lstrip("_").startswith("set_"):
            return False
        callee = self.frame.callees.get(node, UNKNOWN)
        return isinstance(callee, External) and callee.qualname.startswith("torch.")

    def _is_inference(self, node: ast.AST) -> bool:
        return isinstance(node, ast.With) and any("inference_mode" in ast.unparse(item) for item in node.items)

    def _check_names(self, editor: Touched) -> None:
        """What the old and the new code name must be what the imports bind, and have the attributes that it has."""
        bindings = bindings_of(self.frame)
        if not bindings:
            return
        new = [node for _, text in editor.written if (node := _parsed(text)) is not None]
        for part in (part for node in (*editor.targets, *editor.gone, *new) for part in trees.walk(node)):
            if isinstance(part, ast.Name) and part.id in bindings.doubted:
                self.need(bindings.doubted[part.id])
            if isinstance(part, ast.Attribute) and not bindings.replaced.isdisjoint({part.attr, "*"}):
                self.need(f"nobody replaced `{part.attr}`")
        for name in bindings.replaced.intersection(editor.renamed):
            self.need(f"nobody replaced `{name}`")

    def _check_exceptions(self, places: Sequence[ast.AST]) -> None:
        order = self.writes.order
        for node in places:
            child: ast.AST = node
            for around in order.around(node):
                if isinstance(around, _TRIES) and around.handlers and child in around.body:
                    self.need("nothing in it raises, which the `try` would catch")
                    return
                child = around

    def _check_branches(self, editor: Touched) -> None:
        """What is deleted must have been run where the new code is, and where it is not must not have raised."""
        held = [target for target in editor.targets if self.writes.order.holds(target)]
        for statement in editor.gone:
            if held and not any(runs_with(self.frame, target, statement) for target in held):
                self.need(f"nothing raises in `{short(statement)}`, which is run in more cases")
            if not all(runs_with(self.frame, statement, target) for target in held):
                self.need(f"`{short(statement)}` is always run before")

    def _check_versions(self, editor: Touched, edits: Sequence[Edit]) -> None:
        versions = Versions(self.frame, edits, self.writes.effects)
        if not versions.has_same_events([*editor.targets, *editor.kept, *editor.gone], editor.replaced):
            self.need("it does not matter how often and in which order its parts are evaluated")
        for name in versions.lost_names(editor.gone):
            self.need(f"nothing reads `{name}` afterwards")


def _waits(node: ast.AST) -> bool:
    """Whether a `with` block is there for a warning or an error: `catch_warnings`, `pytest.raises`."""
    if not isinstance(node, ast.With | ast.AsyncWith):
        return False
    calls = (item.context_expr for item in node.items if isinstance(item.context_expr, ast.Call))
    return any(word in _called(call).lower() for call in calls for word in ("warn", "raises", "suppress"))


def _is_made_of(op: Op, node: ast.AST) -> bool:
    return any(part.node is node for arg in op.args.values() for part in walk(arg))


def _is_given(frame: Frame, call: ast.Call, node: ast.AST) -> bool:
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    return any(part.node is node for arg in given for part in walk(frame.values.get(arg, UNKNOWN)))


def _viewed(text: str) -> ast.expr | None:
    """What a text is, or a view of: `x` for `x.view(-1)`; None where it makes something new."""
    node = _parsed(text)
    while node is not None:
        match node:
            case ast.Call(func=ast.Attribute(value=inner, attr=name)) if operation_traits.is_view(name):
                node = inner
            case ast.Name() | ast.Attribute() | ast.Subscript():
                return node
            case _:
                return None
    return None


def _parsed(text: str) -> ast.expr | None:
    try:
        return ast.parse(f"(\n{text}\n)", mode="eval").body
    except SyntaxError:
        return None


def _is_like(a: ast.expr, b: ast.expr) -> bool:
    return a is b or ast.dump(a) == ast.dump(b)


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
