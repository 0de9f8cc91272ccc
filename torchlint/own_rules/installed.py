"""Rules of installed packages: the entry points of the group `torchlint.rules`.

An entry point names a module with one rule, a package with such modules, or a class: `acme = "acme_lint.rules"`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from torchlint.own_rules.entry_points import EntryPoint
from torchlint.own_rules.found import Fault, Found, read_rule, said, sorted_out
from torchlint.rule_info import RuleInfo


def rules_of(points: Iterable[EntryPoint]) -> Found:
    """The rules that entry points of packages name."""
    return sorted_out(each for point in points for each in _of_point(point))


def files_of(rules: Iterable[RuleInfo]) -> list[str]:
    """The modules of the packages that these rules are in, in order."""
    found: set[str] = set()
    for info in rules:
        package = sys.modules.get(info.module.partition(".")[0])
        for folder in getattr(package, "__path__", ()):
            found.update(str(path) for path in Path(folder).rglob("*.py"))
        found.add(info.file)
    return sorted(path for path in found if os.path.isfile(path))


def _of_point(point: EntryPoint) -> Iterator[RuleInfo | Fault]:
    try:
        places = list(_places(point))
    except (Exception, SystemExit) as error:
        yield Fault(point.file, f"the entry point {point.name!r} of torchlint.rules leads nowhere: {said(error)}")
        return
    for module, file in places:
        yield read_rule(module, point.attribute, file)


def _places(point: EntryPoint) -> Iterator[tuple[str, str]]:
    """The modules with rules that an entry point names, and their files."""
    # Start-up: only packages of rules need it.
    import importlib.util

    spec = importlib.util.find_spec(point.module)
    if spec is None:
        raise ModuleNotFoundError(f"there is no module {point.module!r}")
    if spec.submodule_search_locations is None or point.attribute:
        yield point.module, spec.origin or point.file
        return
    # Start-up: only packages of rules need it.
    import pkgutil

    for module in pkgutil.iter_modules(spec.submodule_search_locations):
        inner = None if module.name.startswith("_") or module.ispkg else f"{point.module}.{module.name}"
        found = importlib.util.find_spec(inner) if inner else None
        if inner and found is not None:
            yield inner, found.origin or point.file
