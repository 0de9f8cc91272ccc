"""The edits of one fix, made of slices of the old text.

Every method either adds edits that keep all comments and give the tree that was meant, or raises `CannotFix`.
LibCST is imported by the first method that has to know about parentheses, commas or comments.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from torchlint.finding import Edit
from torchlint.fixing.blocks import Blocks
from torchlint.fixing.imports import Imports
from torchlint.fixing.layout import laid_out
from torchlint.fixing.logical_lines import CannotFix, Piece, Pieces, Span, shape_of
from torchlint.fixing.template import Capture, fill, splice
from torchlint.kept import kept
from torchlint.source import Source, apply

if TYPE_CHECKING:
    from torchlint.fixing.concrete_syntax import Concrete
    from torchlint.fixing.proof.safety import Proof
    from torchlint.values.interpret.frame import Frame

__all__ = ["CannotFix", "Editor"]

_Expression = ast.expr | ast.keyword | ast.arg
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Named = ast.Attribute | ast.Name | ast.arg | ast.keyword | ast.alias | _Function

_CLOSING = {"": "", "(": ")"}


class Editor:
    """Collects the edits of one fix of a file. All nodes are nodes of the file's tree.

    `needs` is what must hold for the fix to be safe and is not known, each a clause that goes on after "safe if".
    `proof` proves needs, where the editor was made for the frame that the fix is in. `targets` are the expressions that
    are replaced, `gone` the statements that are deleted or replaced, `kept` the nodes whose text is used again.
    """

    def __init__(self, source: Source, tree: ast.Module, frame: Frame | None = None) -> None:
        self.source = source
        self.tree = tree
        self._frame = frame
        self.targets: list[ast.AST] = []
        self.kept: list[ast.expr] = []
        self.gone: list[ast.stmt] = []
        self.replaced: list[ast.stmt] = []
        self.written: list[tuple[ast.expr, str]] = []
        self.renamed: list[str] = []
        self._pieces = Pieces(source, tree)
        self._blocks = Blocks(self._pieces)
        self._imports = Imports(self._pieces)
        self._edits: list[Edit] = []
        self.needs: list[str] = []
        self._kept: list[Span] = []

    @kept
    def proof(self) -> Proof:
        # Start-up: only safe fixes are proven.
        from torchlint.fixing.proof.safety import Proof

        if self._frame is None:
            raise CannotFix("there is nothing to prove needs with")
        return Proof(self._frame)

    def edits(self) -> tuple[Edit, ...]:
        """All edits in order; those that touch are one. Raises `CannotFix` if they overlap."""
        orphans, needs = self._blocks.orphans()
        self.needs = [*dict.fromkeys([*self.needs, *needs])]
        merged: list[Edit] = []
        for edit in sorted([*self._edits, *orphans], key=lambda edit: edit[:2]):
            last = merged[-1] if merged else Edit(-1, -1, "")
            if edit.start < last.end:
                raise CannotFix("the parts of the fix overlap")
            if edit.start == last.end:
                merged[-1] = Edit(last.start, edit.end, last.content + edit.content)
            else:
                merged.append(edit)
        imports = self._imports.edit()
        if merged and merged[0].start < self._imports.end:
            raise CannotFix("the code comes before the imports")
        if not imports or not merged:
            return (imports,) if imports else tuple(merged)
        if merged[0].start < imports.start:
            raise CannotFix("the code comes before the imports")
        if merged[0][:2] == imports[:2]:
            return (imports._replace(content=imports.content + merged[0].content), *merged[1:])
        return (imports, *merged)

    def text(self, node: ast.expr) -> str:
        """The source text of an expression, without parentheses around it."""
        self.kept.append(node)
        self._pieces.around(node)
        return self._slice(self._pieces.span(node))

    def spliced(self, node: ast.expr, parts: Mapping[ast.expr, str]) -> str:
        """The source text of an expression in which some inner nodes are written otherwise."""
        outer = self._pieces.span(node)
        spans = {self._pieces.span(inner): new for inner, new in parts.items()}
        if not all(outer.holds(span) for span in spans):
            raise CannotFix("the code is not part of the expression")
        self._pieces.around(node)
        return splice(self._slice(outer), {span.moved(-outer.start): new for span, new in spans.items()})

    def replace(self, node: ast.expr, new: str, keeps: Sequence[ast.expr] = ()) -> None:
        """Put a new expression in the place of a node, in parentheses if it needs them there.

        `keeps` are the nodes whose text (see `text`) `new` contains: comments within them are not lost.
        """
        self._replace(node, new, [self._pieces.span(kept) for kept in keeps])

    def template(self, node: ast.expr, template: ast.expr, captures: Mapping[str, ast.expr]) -> None:
        """Put a template in the place of a node, with the text of the captured nodes for the names of `captures`."""
        self.kept += captures.values()
        kept: list[Span] = []
        filling = {name: self._capture(captured, kept) for name, captured in captures.items()}
        used = {name.id for name in ast.walk(template) if isinstance(name, ast.Name)}
        new = fill(template, filling, self._quote)
        self._replace(node, new, [span for name, span in zip(filling, kept, strict=True) if name in used])

    def wrap(self, node: ast.expr, before: str, after: str) -> None:
        """Put text around an expression, such as `abs(` and `)`, and parentheses where they are needed."""
        self.targets.append(node)
        piece, concrete = self._concrete(node)
        span = piece.local(self._pieces.span(node))
        outer = concrete.parenthesised(span)
        if isinstance(node, ast.GeneratorExp) and not concrete.knows(span):
            # The parentheses of `sum(x for x in y)` are the call's.
            outer = Span(span.start + 1, span.end - 1)
        wanted = _shape_in_parentheses(piece, outer, f"{before}(\n{piece.text[outer.start : outer.end]}\n){after}")
        ends = [(outer.start, outer.start, outer.end, outer.end, a, b) for a in _CLOSING for b in _CLOSING]
        if outer.start < span.start:
            # `abs(a + b)` makes use of the parentheses of `(a + b)`.
            ends.insert(0, (outer.start, outer.start + 1, outer.end - 1, outer.end, "", ""))
        for start, text_start, text_end, end, a, b in ends:
            opening = Edit(start, text_start, f"{a}{before}{b}")
            closing = Edit(text_end, end, f"{_CLOSING[b]}{after}{_CLOSING[a]}")
            if shape_of(apply(piece.text, [opening, closing])) == wanted:
                self._add(piece, [opening, closing])
                return
        raise CannotFix("the new code does not fit in its place")

    def rename_callee(self, call: ast.Call, new: str) -> None:
        """Call something else with the same arguments."""
        self.replace(call.func, new)

    def rename(self, node: _Named, new: str) -> None:
        """Change an identifier only: an attribute's last part, a keyword of a call, a function's name, or what an
        import names."""
        self.targets.append(node)
        old, span = self._identifier(node)
        if self._slice(span) != old:
            raise CannotFix(f"`{old}` is not written as it is in the code")
        self._edits.append(Edit(span.start, span.end, new))
        self.renamed.append(new)

    def add_argument(self, call: ast.Call, text: str) -> None:
        """Append a keyword argument such as `dim=-1`, before any `**kwargs`, which may hold the same name."""
        self.targets.append(call)
        name = text.partition("=")[0].strip()
        if any(keyword.arg == name for keyword in call.keywords):
            raise CannotFix(f"the call has `{name}` already")
        piece, concrete = self._concrete(call)
        items = concrete.arguments(piece.local(self._pieces.span(call)))
        doubles = [keyword.value for keyword in call.keywords if keyword.arg is None]
        index = len(items.items)
        if doubles:
            first = piece.local(self._pieces.span(doubles[0])).start
            index = next(index for index, item in enumerate(items.items) if item.span.end > first)
        edits = concrete.insertion(items, index, text, self.source.newline)
        if self._is_lone_generator(call, piece, concrete):
            span = items.items[0].span
            edits = [Edit(span.start, span.start, "("), Edit(span.end, span.end, ")"), *edits]
        self._add(piece, edits)

    def prepend_argument(self, call: ast.Call, text: str) -> None:
        """Put a positional argument before all others."""
        self.targets.append(call)
        piece, concrete = self._concrete(call)
        if self._is_lone_generator(call, piece, concrete):
            raise CannotFix("the parentheses are those of a generator")
        items = concrete.arguments(piece.local(self._pieces.span(call)))
        self._add(piece, concrete.insertion(items, 0, text, self.source.newline))

    def name_argument(self, argument: ast.expr, name: str) -> None:
        """Pass a positional argument as a keyword. Those after it must be keywords, or become some."""
        piece, concrete = self._concrete(argument)
        span = piece.local(self._pieces.span(argument))
        if not concrete.knows(span):
            # `*xs`, or a generator in the parentheses of the call.
            raise CannotFix("the argument cannot have a name")
        start = concrete.parenthesised(span).start + piece.shift
        self._edits.append(Edit(start, start, f"{name}="))

    def list_arguments(self, call: ast.Call) -> None:
        """Pass all positional arguments as one list: `f(a, b, out=c)` becomes `f([a, b], out=c)`."""
        piece, concrete = self._concrete(call)
        items = concrete.arguments(piece.local(self._pieces.span(call))).items[: len(call.args)]
        if not items or self._is_lone_generator(call, piece, concrete):
            raise CannotFix("the arguments are not to be listed")
        start, end = items[0].span.start, items[-1].span.end
        self._add(piece, [Edit(start, start, "["), Edit(end, end, "]")])

    def quoted(self, text: str) -> str:
        """A string literal in the file's quotation marks."""
        return f"{self._quote}{text}{self._quote}"

    def remove_argument(self, call: ast.Call, argument: ast.expr | ast.keyword) -> None:
        """Take an argument out of a call, with the comma that it no longer needs."""
        piece, concrete = self._concrete(call)
        items = concrete.arguments(piece.local(self._pieces.span(call)))
        arguments: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
        arguments.sort(key=lambda node: (node.lineno, node.col_offset))
        index = next((index for index, node in enumerate(arguments) if node is argument), None)
        if index is None or len(arguments) != len(items.items):
            raise CannotFix("the argument is not in the call")
        self._add(piece, concrete.removal(items, index))

    def add_parameter(self, function: _Function, text: str, index: int) -> None:
        """Put a parameter before the positional one at `index`, or after the last positional one."""
        # Start-up: LibCST takes 0.3 s.
        from torchlint.fixing.concrete_syntax import concrete

        piece = self._pieces.header(function)
        syntax = concrete(piece.text)
        items = syntax.parameters()
        before = len(function.args.posonlyargs)
        index = min(index, before + len(function.args.args))
        # A `/` is an item of its own.
        index += 1 if before and index >= before else 0
        self._add(piece, syntax.insertion(items, index, text, self.source.newline))

    def assign(self, stmt: ast.Expr, target: str) -> None:
        """Give what an expression statement computes to a target: `x.abs()` becomes `x = x.abs()`."""
        start = self._pieces.start(stmt)
        self._edits.append(Edit(start, start, f"{target} = "))

    def delete_statement(self, stmt: ast.stmt) -> None:
        """Delete a statement with its line; a block that would be empty gets `pass`.

        Comments on its lines must be suppressions or be part of code that this fix has moved elsewhere before.
        """
        self.gone.append(stmt)
        self._edits.append(self._blocks.deletion(stmt, self._kept))

    def replace_statements(
        self, first: ast.stmt, last: ast.stmt, lines: Sequence[str], *, carry_comments: bool = False
    ) -> None:
        """Put lines in the place of neighbouring statements; their indentation (by 4) is relative to the old one's.

        With `carry_comments` the comments among the statements stay: the first line's at its end, the others above it.
        """
        self.gone += {first: None, last: None}
        self.replaced += {first: None, last: None}
        carried = self._blocks.comments_within(first, last, self._kept) if carry_comments else []
        if carried and lines:
            own = [self._slice(span) for span in carried]
            trails = self.source.location(carried[0].start).row == first.lineno
            trailing = f"  {own.pop(0)}" if trails else ""
            lines = [*own, lines[0] + trailing, *lines[1:]]
        self._edits.append(self._blocks.replacement(first, last, lines, [*self._kept, *carried]))

    def insert_before(self, stmt: ast.stmt, lines: Sequence[str]) -> None:
        """Put lines before a statement and its decorators."""
        self._edits.append(self._blocks.insertion(stmt, lines))

    def insert_first(self, owner: _Function | ast.ClassDef, lines: Sequence[str]) -> None:
        """Put lines at the start of a function or class, after its docstring."""
        self._edits.append(self._blocks.first(owner, lines))

    def import_module(self, module: str, asname: str | None = None, *, scope_names: Collection[str]) -> str:
        """The expression for a module such as `torch.nn.functional`, which is imported if the file does not have it.

        `scope_names` are the names that the file binds by other means than imports of its top level.
        """
        return self._imports.name(module, asname, scope_names)

    @kept
    def _quote(self) -> str:
        """The quotation mark that the file uses most."""
        return '"' if self.source.text.count('"') >= self.source.text.count("'") else "'"

    def _slice(self, span: Span) -> str:
        return self.source.text[span.start : span.end]

    def _concrete(self, node: _Expression) -> tuple[Piece, Concrete]:
        # Start-up: LibCST takes 0.3 s.
        from torchlint.fixing.concrete_syntax import concrete

        piece = self._pieces.around(node)
        return piece, concrete(piece.text)

    def _is_lone_generator(self, call: ast.Call, piece: Piece, concrete: Concrete) -> bool:
        """Whether the parentheses of a generator are those of the call."""
        if not call.args or not isinstance(call.args[0], ast.GeneratorExp):
            return False
        return not concrete.knows(piece.local(self._pieces.span(call.args[0])))

    def _capture(self, node: ast.expr, kept: list[Span]) -> Capture:
        piece, concrete = self._concrete(node)
        span = piece.local(self._pieces.span(node))
        outer = concrete.parenthesised(span)
        text = piece.text[span.start : span.end]
        if any(outer.holds(comment) and not span.holds(comment) for comment in concrete.comments):
            # `(x  # why\n)`: the comment goes where the parentheses go.
            kept.append(outer.moved(piece.shift))
            text = piece.text[outer.start : outer.end]
            return Capture(node, text, text)
        kept.append(span.moved(piece.shift))
        if isinstance(node, ast.Starred | ast.Slice):
            return Capture(node, text, text)
        if isinstance(node, ast.GeneratorExp):
            return Capture(node, text[1:-1], text)
        return Capture(node, text, f"({text})")

    def _replace(self, node: ast.expr, new: str, kept: Sequence[Span]) -> None:
        self.targets.append(node)
        self.written.append((node, new))
        piece, concrete = self._concrete(node)
        span = piece.local(self._pieces.span(node))
        for comment in concrete.comments:
            place = comment.moved(piece.shift)
            if span.holds(comment) and not any(other.holds(place) for other in kept):
                raise CannotFix("a comment would be lost")
        new = laid_out(self.source.text, span.moved(piece.shift), kept, new)
        place, text = self._fitting(piece, span, concrete.parenthesised(span), new)
        self._add(piece, [Edit(place.start, place.end, text)])
        self._kept += kept

    def _fitting(self, piece: Piece, span: Span, outer: Span, new: str) -> tuple[Span, str]:
        """The span to replace and the text to put there, with as few parentheses as the place allows."""
        wanted = _shape_in_parentheses(piece, span, new)
        forms = [(span, new), (span, f"({new})"), (span, f"(({new}))")]
        old = piece.text[span.start : span.end]
        hugged = piece.text[outer.start : outer.end] == f"({old})"
        if hugged and shape_of(piece.with_text(outer, old)) != piece.shape():
            # The old expression needed its parentheses; the new one may not.
            forms.insert(0, (outer, new))
        for place, text in forms:
            if shape_of(piece.with_text(place, text)) == wanted:
                return place, text
        raise CannotFix("the new code does not fit in its place")

    def _add(self, piece: Piece, edits: Sequence[Edit]) -> None:
        if shape_of(apply(piece.text, edits)) is None:
            raise CannotFix("the new code does not parse in its place")
        self._edits += [Edit(start + piece.shift, end + piece.shift, content) for start, end, content in edits]

    def _identifier(self, node: _Named) -> tuple[str, Span]:
        if isinstance(node, _Function):
            # Start-up: LibCST takes 0.3 s.
            from torchlint.fixing.concrete_syntax import concrete

            piece = self._pieces.header(node)
            return node.name, concrete(piece.text).function_name().moved(piece.shift)
        self._pieces.around(node)
        start, end = self._pieces.span(node)
        if isinstance(node, ast.Attribute):
            return node.attr, Span(end - len(node.attr), end)
        if isinstance(node, ast.alias):
            return node.name, Span(start, start + len(node.name))
        name = node.id if isinstance(node, ast.Name) else node.arg
        if name is None:
            raise CannotFix("`**` has no name")
        return name, Span(start, start + len(name))


def _shape_in_parentheses(piece: Piece, span: Span, new: str) -> str:
    """What the piece shall mean with `new` at `span`; two pairs because `with (a, b):` is not about a tuple."""
    for text in (f"((\n{new}\n))", new):
        wanted = shape_of(piece.with_text(span, text))
        if wanted is not None:
            return wanted
    raise CannotFix("the new code does not parse in its place")
