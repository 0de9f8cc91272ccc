"""What a file gets from elsewhere than torch, and which functions mean that by a word: `math.log`, `np.clip`."""

from __future__ import annotations

import ast

from torchlint.syntax.inventory import inventory_of
from torchlint.syntax.module import Module
from torchlint.syntax.names import first_name


def foreign_names(module: Module) -> frozenset[str]:
    """The names that a module gives to what it imports from elsewhere than torch and the file's project, and to
    nothing else."""
    return module.naming.foreign - module.imported_words.keys()


def is_foreign(node: ast.expr, foreign: frozenset[str]) -> bool:
    """Whether a dotted name begins with a foreign one."""
    return first_name(node) in foreign


def means_only_foreign(words: frozenset[str], scope: ast.AST, module: Module, foreign: frozenset[str]) -> bool:
    """Whether nothing in a scope can be what one of these words is in torch: where they stand they are something
    foreign, and they have no other names."""
    nodes = inventory_of(scope)
    foreign = foreign - nodes.bound
    places: list[ast.Name | ast.Attribute] = [node for node in nodes.of(ast.Attribute) if node.attr in words]
    places += [node for node in nodes.of(ast.Name) if node.id in words]
    if module.imported_words or "getattr" in nodes.names or not all(is_foreign(node, foreign) for node in places):
        return False
    others = module.naming.names_for(words) - words
    renamed = not others.isdisjoint(nodes.names) or any(node.attr in others for node in nodes.of(ast.Attribute))
    return not renamed and not any(map(module.is_passed, words))
