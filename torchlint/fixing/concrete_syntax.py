"""The concrete syntax of a piece of code: its parentheses, commas and comments, as LibCST knows them.

Importing this module imports LibCST, so only code that builds a fix does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import NamedTuple

import libcst
from libcst._nodes.internal import CodegenState

from torchlint.finding import Edit
from torchlint.fixing.logical_lines import CannotFix, Span

_Parameter = libcst.Param | libcst.ParamSlash | libcst.ParamStar


class Item(NamedTuple):
    """An argument or a parameter: its own text, and the end of the comma after it where there is one."""

    span: Span
    comma_end: int | None


class Items(NamedTuple):
    """What stands between the parentheses of a call or a definition; `inside` is all between them."""

    inside: Span
    items: tuple[Item, ...]


class _Recorder(CodegenState):
    """Prints a tree as LibCST does and notes where each node goes.

    LibCST's own position providers do the same, in 0.4 s of imports and with columns that would have to be converted.
    """

    def __init__(self, newline: str, indent: str) -> None:
        super().__init__(default_indent=indent, default_newline=newline)
        self.position = 0
        self.outer: dict[libcst.CSTNode, Span] = {}
        self.inner: dict[libcst.CSTNode, Span] = {}
        self._starts: list[int] = []

    def add_indent_tokens(self) -> None:
        super().add_indent_tokens()
        self.position += sum(map(len, self.indent_tokens))

    def add_token(self, value: str) -> None:
        super().add_token(value)
        self.position += len(value)

    def before_codegen(self, node: libcst.CSTNode) -> None:
        self._starts.append(self.position)

    def after_codegen(self, node: libcst.CSTNode) -> None:
        self.outer[node] = Span(self._starts.pop(), self.position)

    @contextmanager
    def record_syntactic_position(
        self,
        node: libcst.CSTNode,
        *,
        start_node: libcst.CSTNode | None = None,
        end_node: libcst.CSTNode | None = None,
    ) -> Iterator[None]:
        start = self.position
        yield
        self.inner[node] = Span(start, self.position)


class Concrete:
    """The LibCST tree of a piece, and the places of its nodes as offsets into the piece."""

    def __init__(self, text: str) -> None:
        try:
            module = libcst.parse_module(text)
            places = _Recorder(module.default_newline, module.default_indent)
            module._codegen(places)
        except Exception:  # it has no common ancestor for its errors, and refuses some code that is valid
            raise CannotFix("LibCST does not read the code") from None
        if "".join(places.tokens) != text:
            raise CannotFix("LibCST does not give the code back as it is")
        self.text = text
        self._outer = places.outer
        self.comments = tuple(span for node, span in places.outer.items() if isinstance(node, libcst.Comment))
        self._expressions = {
            _as_ast(node, span, places.outer): node
            for node, span in places.inner.items()
            if isinstance(node, libcst.BaseExpression)
        }
        self._functions = [node for node in places.inner if isinstance(node, libcst.FunctionDef)]

    def knows(self, span: Span) -> bool:
        """Whether an expression stands exactly there; a call's only generator, for one, does not."""
        return span in self._expressions

    def parenthesised(self, span: Span) -> Span:
        """The span of an expression with the parentheses around it."""
        node = self._expressions.get(span)
        return self._outer[node] if node is not None else span

    def arguments(self, call: Span) -> Items:
        node = self._expressions.get(call)
        if not isinstance(node, libcst.Call):
            raise CannotFix("LibCST does not see the call")
        items = [self._item(self._outer[arg].start, self._outer[arg.value].end, arg.comma) for arg in node.args]
        return self._items(node.whitespace_before_args, items, call.end - 1)

    def function_name(self) -> Span:
        return self._outer[self._function().name]

    def parameters(self) -> Items:
        """The parameters of the function whose header the piece is, `/` and `*` among them."""
        node = self._function()
        items = [
            self._item(self._outer[part].start, self._parameter_end(part), part.comma) for part in _parts(node.params)
        ]
        end = self._outer[node.params].end
        return self._items(node.whitespace_before_params, items, end)

    def insertion(self, items: Items, index: int, new: str, newline: str) -> list[Edit]:
        """Edits that put an item before the one at `index`, or after the last one; the layout goes on as it is."""
        if not items.items:
            return [Edit(items.inside.start, items.inside.start, new)]
        if index < len(items.items):
            start = items.items[index].span.start
            return [Edit(start, start, f"{new},{self._break(start, newline)}")]
        last = items.items[-1]
        end = last.comma_end or last.span.end
        at = self._after_comment(end)
        separator = self._break(last.span.start, newline)
        if at > end and separator == " ":
            separator = newline + self._indent(last.span.start) + "    "
        if last.comma_end is not None:
            return [Edit(at, at, f"{separator}{new},")]
        return [Edit(end, end, ","), Edit(at, at, separator + new)]

    def removal(self, items: Items, index: int) -> list[Edit]:
        """Edits that take an item out with the comma that it no longer needs. Raises `CannotFix` at comments."""
        item = items.items[index]
        if len(items.items) == 1:
            return self._deletions(items.inside)
        if index + 1 < len(items.items):
            return self._deletions(Span(item.span.start, items.items[index + 1].span.start))
        before = items.items[index - 1]
        assert before.comma_end is not None
        end = self._after_comment(before.comma_end)
        own_end = item.comma_end or item.span.end
        if self._after_comment(own_end) > own_end:
            raise CannotFix("a comment would stay that is about the argument")
        if item.comma_end is not None:
            return self._deletions(Span(end, item.comma_end))
        return self._deletions(Span(before.span.end, before.comma_end), Span(end, item.span.end))

    def _deletions(self, *spans: Span) -> list[Edit]:
        if any(span.holds(comment) for span in spans for comment in self.comments):
            raise CannotFix("a comment would be lost")
        return [Edit(span.start, span.end, "") for span in spans if span.start < span.end]

    def _break(self, start: int, newline: str) -> str:
        """What separates an item from the one before: a line end and its indentation where it starts its line."""
        indent = self._indent(start)
        return newline + indent if self.text[:start].endswith(("\n" + indent, "\r" + indent)) else " "

    def _indent(self, position: int) -> str:
        """The white space at the start of the line of `position`."""
        line = max(self.text.rfind("\n", 0, position), self.text.rfind("\r", 0, position)) + 1
        text = self.text[line:position]
        return text[: len(text) - len(text.lstrip())]

    def _after_comment(self, position: int) -> int:
        """The end of the comment that follows on the line, else `position`."""
        after = [span for span in self.comments if span.start >= position]
        return after[0].end if after and not self.text[position : after[0].start].strip(" \t") else position

    def _function(self) -> libcst.FunctionDef:
        # A header is printed before the functions that stand in it, but recorded after them.
        functions = sorted(self._functions, key=lambda node: self._outer[node].start)
        if not functions:
            raise CannotFix("LibCST does not see the function")
        return functions[0]

    def _parameter_end(self, part: _Parameter) -> int:
        if not isinstance(part, libcst.Param):
            return self._outer[part].start + 1
        return self._outer[part.default or part.annotation or part.name].end

    def _item(self, start: int, end: int, comma: libcst.Comma | libcst.MaybeSentinel) -> Item:
        if not isinstance(comma, libcst.Comma):
            return Item(Span(start, end), None)
        return Item(Span(start, end), self._outer[comma.whitespace_before].end + 1)

    def _items(self, opening: libcst.BaseParenthesizableWhitespace, items: Sequence[Item], end: int) -> Items:
        inside = Span(self._outer[opening].start, end)
        if self.text[inside.start - 1] != "(" or self.text[end] != ")":
            raise CannotFix("LibCST does not see the parentheses")
        for item in items:
            if item.comma_end is not None and self.text[item.comma_end - 1] != ",":
                raise CannotFix("LibCST does not see the comma")
        return Items(inside, tuple(items))


@lru_cache(maxsize=32)
def concrete(text: str) -> Concrete:
    """The concrete syntax of a piece's text. Raises `CannotFix`."""
    return Concrete(text)


def _parts(parameters: libcst.Parameters) -> list[_Parameter]:
    slash, star, double = parameters.posonly_ind, parameters.star_arg, parameters.star_kwarg
    parts: list[_Parameter] = [*parameters.posonly_params]
    parts += [slash] if isinstance(slash, libcst.ParamSlash) else []
    parts += parameters.params
    parts += [star] if isinstance(star, libcst.Param | libcst.ParamStar) else []
    parts += parameters.kwonly_params
    parts += [double] if double else []
    return parts


def _as_ast(node: libcst.BaseExpression, inner: Span, outer: dict[libcst.CSTNode, Span]) -> Span:
    """The span that `ast` gives a node: it counts one pair of parentheses to a tuple and to a generator."""
    if not isinstance(node, libcst.Tuple | libcst.GeneratorExp) or not node.lpar:
        return inner
    return Span(outer[node.lpar[-1]].start, outer[node.rpar[0]].end)
