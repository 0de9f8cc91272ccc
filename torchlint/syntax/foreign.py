"""What a file gets from elsewhere than torch: `math` in `math.log`, `np` in `np.clip`."""

from __future__ import annotations

import ast

from torchlint.syntax.module import Module
from torchlint.syntax.names import first_name


def foreign_names(module: Module) -> frozenset[str]:
    """The names that a module gives to what it imports from elsewhere than torch and the file's project, and to
    nothing else."""
    return module.naming.foreign - module.imported_words.keys()


def is_foreign(node: ast.expr, foreign: frozenset[str]) -> bool:
    """Whether a dotted name begins with a foreign one."""
    return first_name(node) in foreign
