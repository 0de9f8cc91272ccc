"""Which functions and classes of a file are worth a look for which rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from torchlint.analysis.bound import Bound
from torchlint.analysis.plan import Asked, Plan, union
from torchlint.analysis.reach import Reach
from torchlint.analysis.scout import FunctionModel, Module, Region
from torchlint.analysis.tokens import Interest, Tokens, tokens_of
from torchlint.registry import Anchor, RuleInfo


class Gate:
    """Decides which functions and classes of a file are worth a look for the rules that concern the file."""

    def __init__(self, module: Module, plan: Plan, wanted: Iterable[Asked]) -> None:
        self._module = module
        self._plan = plan
        self._on_classes = [asked for asked in wanted if asked.info.on_classes]
        self._on_frames = [asked for asked in wanted if asked.info.on_frames]
        self._bound = Bound(module, plan)
        self._reach = Reach(module, plan)
        self._hidden_in: dict[Region, int] = {}

    def on_classes(self, region: Region) -> list[RuleInfo]:
        """The rules that may have something to say of the classes in a region."""
        if not self._on_classes:
            return []
        around = self._reach.around(region)
        return [asked.info for asked in self._on_classes if asked.concerns(around)]

    def on_function(self, region: Region, function: FunctionModel | None) -> list[RuleInfo]:
        """The rules that may have something to say of a function, or of the module's body."""
        if not self._on_frames:
            return []
        tokens = tokens_of(self._module, function, self._interest, self._bound.torch_names)
        mask = self._mask(tokens)
        # What a function calls without naming it is looked at last: few rules depend on it.
        possible = mask | self._hidden(region)
        found = [asked for asked in self._on_frames if possible & asked.anchors == asked.anchors]
        if found:
            around = self._reach.around(region)
            found = [asked for asked in found if asked.concerns(around)]
        return [asked.info for asked in found if self._has_anchors(asked, mask, region, tokens)]

    def _hidden(self, region: Region) -> int:
        """The bits of anchors that may be behind what the functions of a region call."""
        known = self._hidden_in.get(region)
        if known is None:
            around = self._reach.around(region)
            known = self._hidden_in[region] = union([bit for plain, bit in self._plan.hidden if around & plain])
        return known

    def _mask(self, tokens: Tokens) -> int:
        bits = self._plan.tokens
        mask = union([bits[token] for token in bits.keys() & tokens.spelled])
        aliases = self._bound.aliases
        for token in [token for token in tokens.spelled if ":" in token] if aliases else ():
            kind, _, name = token.partition(":")
            for word in aliases.get(name, ()):
                mask |= bits.get(f"{kind}:{word}", 0)
        return mask

    @cached_property
    def _interest(self) -> Interest:
        """What the rules ask for, and what the file calls it."""
        return self._plan.interest.widened(self._bound.aliases)

    def _has_anchors(self, asked: Asked, mask: int, region: Region, tokens: Tokens) -> bool:
        if mask & asked.anchors == asked.anchors:
            return True
        return all(self._is_hidden(anchor, region, tokens) for anchor in self._plan.lacking(asked, mask))

    def _is_hidden(self, anchor: Anchor, region: Region, tokens: Tokens) -> bool:
        """Whether what an anchor asks for may be behind something that a function calls."""
        bit = self._plan.plain_bit(anchor)
        if self._module.imported_words or _called(self._bound.renamed, tokens) & bit:
            return True
        if anchor.layered:
            return tokens.opaque or bool(_called(self._bound.held, tokens) & bit)
        # A function that came in as an argument was named somewhere without being called.
        return tokens.opaque and not anchor.plain.isdisjoint(self._module.uncalled)


def _called(masks: Mapping[str, int], tokens: Tokens) -> int:
    return union([masks[name] for name in masks.keys() & tokens.callees])
