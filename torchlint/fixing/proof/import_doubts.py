"""Which names that a file imports may mean something else by the time that a fix reads them."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import NamedTuple

from torchlint.syntax.bindings import imported, rebound
from torchlint.syntax.hidden_bindings import bound_by_text, replaced, star_imports
from torchlint.syntax.module import Module
from torchlint.values.interpret.frame import Frame

# Where it is kept: on the evaluator of the file.
_KEPT = "_torchlint_import_doubts"
# By these a file does something else wherever it calls torch: tensors of a class of its own, and modes.
_INTERCEPTING = frozenset({"__torch_function__", "__torch_dispatch__", "TorchFunctionMode", "TorchDispatchMode"})
_INTERCEPTING |= {"as_subclass", "_make_subclass", "_make_wrapper_subclass"}
# By these it looks at which operations are run, by their names, or at what they keep.
_INTERCEPTING |= {"symbolic_trace", "create_feature_extractor", "saved_tensors_hooks"}


class Bindings(NamedTuple):
    """`doubted`: imported names that may mean something else, with the clause that goes on after "safe if";
    `replaced`: attributes of modules that something replaces, `*` for any."""

    doubted: Mapping[str, str]
    replaced: frozenset[str]

    def __bool__(self) -> bool:
        return bool(self.doubted or self.replaced)


def bindings_of(frame: Frame) -> Bindings:
    """The names of the file of a frame that are in doubt."""
    kept: dict[Module, Bindings] = frame.evaluator.__dict__.setdefault(_KEPT, {})
    known = kept.get(frame.module)
    if known is None:
        attributes = {"*"} if _INTERCEPTING & frame.module.vocabulary else replaced(frame.module.tree)
        known = kept[frame.module] = Bindings(_doubted(frame), frozenset(attributes))
    return known


def _doubted(frame: Frame) -> dict[str, str]:
    tree, found = frame.module.tree, dict[str, str]()
    lines = [line for line in tree.body if isinstance(line, ast.Import | ast.ImportFrom)]
    bound = {each.name: (each.qualname, line.lineno) for line in lines for each in imported(line) if each.name != "*"}
    anew = rebound(tree) | {
        each.name for line in lines for each in imported(line) if each.qualname != _first(bound, each.name)
    }
    for name in bound.keys() & anew:
        found[name] = f"`{name}` is what its import binds"
    text = bound_by_text(frame.module)
    if text:
        said = text if len(text) <= 40 else f"{text[:37]}..."
        found |= {name: f"`{said}` does not bind `{name}` anew" for name in bound}
    return found | _by_stars(frame, bound)


def _first(bound: Mapping[str, tuple[str, int]], name: str) -> str:
    return bound[name][0] if name in bound else ""


def _by_stars(frame: Frame, bound: Mapping[str, tuple[str, int]]) -> dict[str, str]:
    """The names that a later `from module import *` may bind to something else."""
    found: dict[str, str] = {}
    project, path = frame.evaluator.project, frame.module.source.path
    for line, module in star_imports(frame.module.tree):
        exports = project.exports(path, module) if project is not None else None
        for name, (qualname, row) in bound.items():
            other = None if exports is None else exports.get(name, qualname)
            if row < line.lineno and other != qualname:
                found[name] = f"`from {module} import *` does not bind `{name}` anew"
    return found
