"""Identifiers reachable from a region of a file through its callees and callers."""

from __future__ import annotations

import ast

from torchlint.kept import kept
from torchlint.skip.plan import Plan, union
from torchlint.syntax import trees
from torchlint.syntax.bindings import imported
from torchlint.syntax.module import Module, Region

_STEPS = 3


class Reach:
    """The bits of a plan within reach of each region."""

    def __init__(self, module: Module, plan: Plan) -> None:
        self._module = module
        self._plan = plan
        self._surrounding: dict[Region, int] = {}

    def around(self, region: Region) -> int:
        """The bits that a region can reach, and those that the regions which name it can: its callers."""
        known = self._surrounding.get(region)
        if known is None:
            known = self._reached[region]
            if region.node is not None:
                known |= union([self._reached[other] for other in self._naming.get(region.node.name, ())])
            self._surrounding[region] = known
        return known

    @kept
    def _near(self) -> dict[Region, tuple[int, list[str]]]:
        """The bits of the words of each region, and the names among them that lead further."""
        plan, names = self._plan, {*self._region_of, *self._words_of_names}
        return {region: (plan.mask(region.words), [*(names & region.words)]) for region in self._module.regions}

    @kept
    def _reached(self) -> dict[Region, int]:
        """The bits of a region and of the definitions of the file that it can reach by name, in `_STEPS` steps."""
        near = self._near
        links = {name: near[region] for name, region in self._region_of.items()}
        for name, words in self._words_of_names.items():
            mask, names = links.get(name, (0, []))
            further = words & self._region_of.keys() | words & self._words_of_names.keys()
            links[name] = mask | self._plan.mask(words), [*names, *further]
        reached = {name: mask for name, (mask, _) in links.items()}
        for _ in range(_STEPS - 1):
            reached = {name: mask | union([reached[other] for other in names]) for name, (mask, names) in links.items()}
        return {region: mask | union([reached[name] for name in names]) for region, (mask, names) in near.items()}

    @kept
    def _naming(self) -> dict[str, list[Region]]:
        """For each definition of the file, the regions that name it."""
        naming: dict[str, list[Region]] = {}
        for region, (_, names) in self._near.items():
            for name in names:
                naming.setdefault(name, []).append(region)
        return naming

    @kept
    def _region_of(self) -> dict[str, Region]:
        return {region.node.name: region for region in self._module.regions if region.node is not None}

    @kept
    def _words_of_names(self) -> dict[str, frozenset[str]]:
        """The words of the module-level statements that give each global name its value, `import x as y` too."""
        module = self._module
        words = dict(module.imported_words)
        for statement in module.body.statements:
            for each in imported(statement):
                if each.is_member and each.name != each.last:
                    words[each.name] = words.get(each.name, frozenset()) | {each.last}
            if not isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
                continue
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            names = [node.id for target in targets for node in trees.walk(target) if isinstance(node, ast.Name)]
            text = module.words.of_rows(statement.lineno, statement.end_lineno) if names else frozenset()
            for name in names:
                words[name] = words.get(name, frozenset()) | text
        return words
