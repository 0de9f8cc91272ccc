"""Which words a region of a file can reach: those of what it names, and of what names it."""

from __future__ import annotations

import ast
from functools import cached_property

from torchlint.analysis import trees
from torchlint.analysis.plan import Plan, union
from torchlint.analysis.scout import Module, Region, statements_of

_STEPS = 3


class Reach:
    """The bits of a plan within reach of each region."""

    def __init__(self, module: Module, plan: Plan) -> None:
        self._module = module
        self._plan = plan
        self._reached: dict[Region, int] = {}
        self._surrounding: dict[Region, int] = {}
        self._near: dict[Region, tuple[int, set[str]]] = {}

    def around(self, region: Region) -> int:
        """The bits that a region can reach, and those that the regions which name it can: its callers."""
        known = self._surrounding.get(region)
        if known is None:
            known = self._reach(region)
            if region.node is not None:
                callers = self._naming.get(region.node.name, ())
                known |= union([self._reach(other) for other in callers if other is not region])
            self._surrounding[region] = known
        return known

    def _reach(self, region: Region) -> int:
        """The bits of a region and of the definitions of the file that it can reach by name, in a few steps."""
        known = self._reached.get(region)
        if known is not None:
            return known
        mask, frontier = self._of_region(region)
        seen = set(frontier)
        for _ in range(_STEPS):
            fresh: set[str] = set()
            for name in frontier:
                reached, names = self._of_name(name)
                mask |= reached
                fresh |= names
            frontier = fresh - seen
            if not frontier:
                break
            seen |= frontier
        self._reached[region] = mask
        return mask

    def _of_region(self, region: Region) -> tuple[int, set[str]]:
        known = self._near.get(region)
        if known is None:
            words = region.words
            known = self._near[region] = self._plan.mask(words), self._names & words
        return known

    @cached_property
    def _naming(self) -> dict[str, list[Region]]:
        """For each definition of the file, the regions that name it."""
        naming: dict[str, list[Region]] = {}
        for region in self._module.regions:
            for name in self._region_of.keys() & self._of_region(region)[1]:
                naming.setdefault(name, []).append(region)
        return naming

    def _of_name(self, name: str) -> tuple[int, set[str]]:
        mask = 0
        names: set[str] = set()
        region = self._region_of.get(name)
        if region is not None:
            mask, names = self._of_region(region)
        assigned = self._assigned.get(name)
        if assigned is not None:
            mask, names = mask | assigned[0], names | assigned[1]
        return mask, names

    @cached_property
    def _region_of(self) -> dict[str, Region]:
        return {region.node.name: region for region in self._module.regions if region.node is not None}

    @cached_property
    def _names(self) -> set[str]:
        """The names that lead further."""
        return {*self._region_of, *self._words_of_names}

    @cached_property
    def _assigned(self) -> dict[str, tuple[int, set[str]]]:
        return {name: (self._plan.mask(words), self._names & words) for name, words in self._words_of_names.items()}

    @cached_property
    def _words_of_names(self) -> dict[str, frozenset[str]]:
        """The words of the module-level statements that give each global name its value, `import x as y` too."""
        module = self._module
        words = dict(module.imported_words)
        for statement in statements_of(module.tree.body):
            if isinstance(statement, ast.ImportFrom):
                for alias in statement.names:
                    if alias.asname:
                        words[alias.asname] = words.get(alias.asname, frozenset()) | {alias.name}
            if not isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
                continue
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            names = [node.id for target in targets for node in trees.walk(target) if isinstance(node, ast.Name)]
            text = module.words.of_rows(statement.lineno, statement.end_lineno) if names else frozenset()
            for name in names:
                words[name] = words.get(name, frozenset()) | text
        return words
