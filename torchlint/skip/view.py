"""The words and tokens that rules ask for and a single function has: first by its rows, then by its nodes."""

from __future__ import annotations

from collections.abc import Mapping, Set

from torchlint.kept import kept
from torchlint.skip.aliases import Bound
from torchlint.skip.plan import Asked, Look
from torchlint.skip.tokens import Interest, Tokens, is_written
from torchlint.syntax.module import Module
from torchlint.syntax.scope import Scope

# What may stand between the parts of an expression.
_BLANKS = b" \t\r\n\f\\"
# What something without a name ends with where it is called, a comment in between.
_NAMELESS = (b")(", b"](", b")#", b"]#")


class View:
    """A look at a scope that gets closer as it has to: most are told by the words in their rows."""

    def __init__(self, module: Module, bound: Bound, interest: Interest, scope: Scope, mask: int, hidden: int) -> None:
        """`mask` has the bits of the tokens that the rows tell of, `hidden` those that a call may hide."""
        self._module = module
        self._bound = bound
        self._interest = interest
        self._scope = scope
        self._mask = mask
        self._hidden = hidden
        self._may: dict[Look, bool] = {}
        self._had: dict[Look, bool] = {}
        self._function = module.function_of(scope)
        self._nodes: Tokens | None = None

    def may_have(self, asked: Asked) -> bool:
        """Whether the scope may have all that a rule needs, by the words and characters in its rows."""
        missing = [look for look in asked.looks if not self._mask & look.bit]
        return all(map(self._may_be_there, missing))

    def has(self, asked: Asked) -> bool:
        """Whether the scope has all that a rule needs, or calls what may have it."""
        return all(self._has(look) for look in asked.looks)

    def _has(self, look: Look) -> bool:
        known = self._had.get(look)
        if known is None:
            tokens = self._tokens
            spelled = any(not wanted.isdisjoint(tokens.of(way)) for way, wanted in look.tokens)
            known = self._had[look] = spelled or self._hides(look)
        return known

    def _may_be_there(self, look: Look) -> bool:
        known = self._may.get(look)
        if known is None:
            known = self._may[look] = self._is_written(look) or self._may_hide(look)
        return known

    @property
    def _tokens(self) -> Tokens:
        if self._nodes is None:
            self._nodes = Tokens(self._scope, self._function, self._interest, self._bound.torch_names)
        return self._nodes

    def _is_written(self, look: Look) -> bool:
        text = self._scope.text if look.signs else b""
        return any(is_written(sign, text) for sign in look.signs)

    def _may_hide(self, look: Look) -> bool:
        """Whether what a look is for may be behind something that the scope calls, by the words in its rows."""
        if not self._hidden & look.bit:
            return False
        if self._module.imported_words:
            return True
        words = self._scope.words
        if _stand_for(look, self._bound.renamed, words):
            return True
        if look.anchor.layered:
            return _stand_for(look, self._bound.held, words) or self._may_be_opaque
        return self._may_be_opaque and self._is_uncalled(look)

    @kept
    def _may_be_opaque(self) -> bool:
        """Whether something may be called that came in as an argument or has no name, by the characters in the rows."""
        text = self._scope.text.translate(None, _BLANKS)
        if any(map(text.__contains__, _NAMELESS)):
            return True
        function = self._function
        names = [arg.arg.encode() for arg in function.parameters] if function is not None else []
        return not text.isascii() or any(name + b"(" in text or name + b"#" in text for name in names)

    def _hides(self, look: Look) -> bool:
        """Whether what a look is for may be behind something that the scope calls."""
        if not self._hidden & look.bit:
            return False
        if self._module.imported_words:
            return True
        callees = self._tokens.callees
        if _stand_for(look, self._bound.renamed, callees):
            return True
        if not look.anchor.layered:
            # A function that came in as an argument was named somewhere without being called.
            return self._tokens.is_opaque and self._is_uncalled(look)
        return self._tokens.is_opaque or _stand_for(look, self._bound.held, callees)

    def _is_uncalled(self, look: Look) -> bool:
        return any(map(self._module.is_passed, look.plain))


def _stand_for(look: Look, known: Mapping[str, Set[str]], names: Set[str | None]) -> bool:
    """Whether what a look is for stands behind one of these names."""
    return any(not look.plain.isdisjoint(known[name]) for name in known.keys() & names)
