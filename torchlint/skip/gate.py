"""Which functions and classes of a file are worth a look for which rules.

What can be told from the rows of a function is asked first: only what may have all that a rule needs is walked over.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from torchlint.kept import kept
from torchlint.registry import RuleInfo
from torchlint.skip.aliases import Bound
from torchlint.skip.plan import Asked, Look, plan_of, union
from torchlint.skip.reach import Reach
from torchlint.skip.tokens import Interest, stated
from torchlint.skip.view import View
from torchlint.syntax.module import FunctionModel, Module, Region
from torchlint.syntax.scope import Scope


class _Near(NamedTuple):
    """The bits of words that a region can reach, the rules that these concern, and the anchors they may hide."""

    around: int
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
        self.is_open = is_open
        self._module = module
        self._plan = plan
        self._on_classes = [asked for asked in wanted if asked.info.on_classes]
        self._on_frames = [asked for asked in wanted if asked.info.on_frames]
        self._bound = Bound(module, self._on_frames)
        self._reach = Reach(module, plan)
        self._near: dict[Region, _Near] = {}
        self._hideable: dict[Look, bool] = {}

    def on_classes(self, region: Region) -> list[RuleInfo]:
        """The rules that may have something to say of the classes in a region."""
        if self.is_open:
            return self.rules
        if not self._on_classes:
            return []
        around = self._reach.around(region)
        return [asked.info for asked in self._on_classes if asked.concerns(around)]

    def on_function(self, region: Region, function: FunctionModel | None) -> list[RuleInfo]:
        """The rules that may have something to say of a function, or of the module's body."""
        if self.is_open:
            return self.rules
        near = self._near.get(region)
        if near is None:
            near = self._near[region] = self._of_region(region)
        if not near.concerned:
            return []
        scope = function.scope if function is not None else self._module.body
        mask = self._mask(scope)
        # What may be written without words, and what a function calls without naming it, is looked at last.
        possible = mask | self._plan.signed | near.hidden
        asked = [one for one in near.concerned if not one.anchors & ~possible]
        if not asked:
            return []
        view = View(self._module, self._bound, self._interest, scope, mask, near.hidden)
        return [one.info for one in asked if view.may_have(one) and view.has(one)]

    def _of_region(self, region: Region) -> _Near:
        around = self._reach.around(region)
        concerned = [asked for asked in self._on_frames if asked.concerns(around)]
        looks = {look for asked in concerned for look in asked.looks if around & look.plain_bit}
        hidden = union([look.bit for look in looks if self._is_hideable(look)])
        return _Near(around, concerned, hidden)

    def _is_hideable(self, look: Look) -> bool:
        """Whether any function of the file may call what a look is for without naming it."""
        known = self._hideable.get(look)
        if known is None:
            known = look.anchor.layered or bool(self._module.imported_words)
            known = known or any(not look.plain.isdisjoint(words) for words in self._bound.renamed.values())
            known = known or any(map(self._module.is_passed, look.plain & self._module.vocabulary))
            self._hideable[look] = known
        return known

    @kept
    def _interest(self) -> Interest:
        """What the rules ask for, and what the file calls it."""
        return self._plan.interest.widened(self._bound.aliases)

    def _mask(self, scope: Scope) -> int:
        """The bits of the tokens that a scope may have by its words, and of those that its statements are."""
        spelled, told = self._plan.spelled, self._plan.stated
        words, aliases = scope.words, self._bound.aliases
        if aliases:
            words = words.union(*[aliases[name] for name in aliases.keys() & words])
        statements = self._interest.renamed(stated(scope))
        return union([spelled[word] for word in spelled.keys() & words]) | union(
            [told[token] for token in told.keys() & statements]
        )


def rules_on_comments(codes: Collection[str]) -> Sequence[RuleInfo]:
    """Those of the rules with these codes that are asked about comments: no gate lets them off."""
    return plan_of(tuple(sorted(codes))).on_comments
