"""What the names of one version of a file mean where a rewrite stands: imports, locals, who reads a name later."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import cached_property

from torchlint.syntax import trees
from torchlint.syntax.bindings import imported, stored
from torchlint.verify.instance.whitelist import dotted

Function = ast.FunctionDef | ast.AsyncFunctionDef
_Scope = Function | ast.Module


def imports_among(nodes: Iterable[ast.AST]) -> dict[str, str]:
    """The dotted names that the imports among nodes, except relative ones, bind names to."""
    return {each.name: each.qualname for node in nodes for each in imported(node) if not each.is_relative}


class Scope:
    """A function, or the body of a module, in one version of a file."""

    def __init__(self, imports: dict[str, str], globals_: frozenset[str], node: _Scope) -> None:
        self.node = node
        self._imports = imports
        self._globals = globals_

    def changed(self, statements: Iterable[ast.stmt], imports: dict[str, str]) -> Scope:
        """The same scope after a fix that adds imports to the file and puts other statements into it."""
        other = Scope({**self._imports, **imports}, self._globals, self.node)
        other.__dict__["bound"] = self.bound | {name for statement in statements for name in stored(statement)}
        other.__dict__["_local_imports"] = self._local_imports
        return other

    @cached_property
    def parameters(self) -> dict[str, ast.arg]:
        if isinstance(self.node, ast.Module):
            return {}
        spec = self.node.args
        arguments = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs, *filter(None, (spec.vararg, spec.kwarg))]
        return {argument.arg: argument for argument in arguments}

    @cached_property
    def defaults(self) -> dict[str, ast.expr]:
        """The default of each parameter that has one."""
        if isinstance(self.node, ast.Module):
            return {}
        spec = self.node.args
        positional = [*spec.posonlyargs, *spec.args]
        pairs = list(zip(reversed(positional), reversed(spec.defaults), strict=False))
        pairs += [(name, default) for name, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if default]
        return {argument.arg: default for argument, default in pairs}

    @cached_property
    def _local_imports(self) -> dict[str, str]:
        return imports_among(trees.walk_own(self.node))

    @cached_property
    def bound(self) -> frozenset[str]:
        """The names that the scope binds by other means than imports."""
        names = {part for node in self.node.body for part in stored(node)} | set(self.parameters)
        return frozenset(names - set(self._local_imports))

    def qualname(self, node: ast.expr) -> str | None:
        """The dotted name of something imported, None for anything else."""
        text = dotted(node)
        if text is None:
            return None
        root, _, rest = text.partition(".")
        if root in self.bound:
            return None
        origin = self._local_imports.get(root) or self._imports.get(root)
        return None if origin is None else _public(f"{origin}.{rest}" if rest else origin)

    def is_builtin(self, name: str) -> bool:
        """Whether a name means what it means everywhere."""
        taken = (self.bound, self._local_imports, self._imports, self._globals)
        return not any(name in names for names in taken)


_HOMES = {
    "torch.functional.": "torch.",
    "torch.nn.modules.activation.": "torch.nn.",
    "torch.nn.modules.loss.": "torch.nn.",
}


def _public(qualname: str) -> str:
    for home, public in _HOMES.items():
        if qualname.startswith(home):
            return public + qualname.removeprefix(home)
    return qualname
