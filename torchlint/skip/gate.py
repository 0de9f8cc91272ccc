"""Which functions and classes of a file are worth a look for which rules.

What can be told from the rows of a function is asked first: only what may have all that a rule needs is walked over.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set
from typing import NamedTuple

from torchlint.kept import kept
from torchlint.registry import RuleInfo
from torchlint.skip.aliases import Bound
from torchlint.skip.plan import Asked, Look, bits_of, plan_of, union
from torchlint.skip.reach import Reach
from torchlint.skip.tokens import Tokens, is_written
from torchlint.syntax.module import FunctionModel, Module, Region
from torchlint.syntax.scope import Scope


class _Near(NamedTuple):
    """The rules that the words within reach of a region concern, and the anchors that its calls may hide."""

    concerned: list[Asked]
    hidden: int


class Gate:
    """Decides which functions and classes of a file are worth a look for the rules that concern the file.

    `rules` are those that do; `imported` are the words behind the names that the file imports from its project. One
    that is open lets everything pass.
    """

    def __init__(
        self, module: Module, codes: Collection[str], imported: Mapping[str, frozenset[str]], *, is_open: bool = False
    ) -> None:
        plan = plan_of(tuple(sorted(codes)))
        mask = plan.mask(module.vocabulary.union(*imported.values()))
        wanted = [asked for asked in plan.asked if is_open or asked.concerns(mask)]
        self.rules = [asked.info for asked in wanted]
        self._is_open = is_open
        self._module = module
        self._plan = plan
        self._on_classes = [asked for asked in wanted if asked.info.on_classes]
        self._on_frames = [asked for asked in wanted if asked.info.on_frames]
        self._bound = Bound(module, [look for asked in self._on_frames for look in asked.looks], plan.written)
        self._reach = Reach(module, plan)
        self._near: dict[Region, _Near] = {}
        self._hideable: dict[Look, bool] = {}

    def on_classes(self, region: Region) -> list[RuleInfo]:
        """The rules that may have something to say of the classes in a region."""
        if self._is_open:
            return self.rules
        if not self._on_classes:
            return []
        around = self._reach.around(region)
        return [asked.info for asked in self._on_classes if asked.concerns(around)]

    def on_function(self, region: Region, function: FunctionModel | None) -> list[RuleInfo]:
        """The rules that may have something to say of a function, or of the module's body."""
        if self._is_open:
            return self.rules
        near = self._near.get(region)
        if near is None:
            near = self._near[region] = self._of_region(region)
        if not near.concerned:
            return []
        scope = function.scope if function is not None else self._module.body
        possible = self._mask(scope) | near.hidden
        # What is written without words, and what a function calls without naming it, is looked at last.
        asked = [one for one in near.concerned if not one.anchors & ~(possible | self._plan.signed)]
        if union([one.anchors for one in asked]) & ~possible:
            possible |= union([bits for sign, bits in self._plan.signs.items() if is_written(sign, scope.text)])
            asked = [one for one in asked if not one.anchors & ~possible]
        return self._spelled(asked, scope, near.hidden) if asked else []

    def _spelled(self, asked: Sequence[Asked], scope: Scope, hidden: int) -> list[RuleInfo]:
        """The rules whose anchors a scope all spells, or calls what may have them."""
        tokens = Tokens(scope, self._module.function_of(scope), self._called, self._bound)
        wanted, table = union([one.anchors for one in asked]), self._plan.tokens
        had = bits_of(table, tokens.words)
        had |= bits_of(table, tokens.calls) if wanted & ~had else 0
        had |= bits_of(table, tokens.signs) if wanted & ~had & self._plan.signed else 0
        missing = wanted & ~had & hidden
        looks = {look for one in asked for look in one.looks if missing & look.bit} if missing else ()
        had |= union([look.bit for look in looks if self._hides(look, tokens)])
        return [one.info for one in asked if not one.anchors & ~had]

    def _of_region(self, region: Region) -> _Near:
        around = self._reach.around(region)
        concerned = [asked for asked in self._on_frames if asked.concerns(around)]
        looks = {look for asked in concerned for look in asked.looks if around & look.plain_bit}
        return _Near(concerned, union([look.bit for look in looks if self._is_hideable(look)]))

    def _is_hideable(self, look: Look) -> bool:
        """Whether any function of the file may call what a look is for without naming it."""
        known = self._hideable.get(look)
        if known is None:
            renames = any(not look.plain.isdisjoint(words) for words in self._bound.renamed.values())
            known = bool(self._module.imported_words) or renames or self._bound.may_hold(look)
            self._hideable[look] = known
        return known

    def _mask(self, scope: Scope) -> int:
        """The bits of the tokens that a scope may have by its words."""
        aliases, words = self._bound.aliases, scope.words
        if aliases:
            words = words.union(*[aliases[name] for name in aliases.keys() & words])
        return bits_of(self._plan.spelled, words)

    @kept
    def _called(self) -> Mapping[str, Collection[str]]:
        """The names of which calls matter, those that the file gives too, with the words that each stands for."""
        called = self._plan.called
        others = {name: words for name, words in self._bound.aliases.items() if not called.isdisjoint(words)}
        return {**{word: (word,) for word in called}, **others}

    def _hides(self, look: Look, tokens: Tokens) -> bool:
        """Whether what a look is for may be behind something that a scope calls."""
        if self._module.imported_words or _stand_for(look, self._bound.renamed, tokens.words):
            return True
        bound, layered = self._bound, look.anchor.layered
        return bound.may_hold(look) and (tokens.is_opaque or (layered and _stand_for(look, bound.held, tokens.callees)))


def _stand_for(look: Look, known: Mapping[str, Set[str]], names: Set[str | None] | Set[str]) -> bool:
    """Whether what a look is for stands behind one of these names."""
    return any(not look.plain.isdisjoint(known[name]) for name in known.keys() & names)
