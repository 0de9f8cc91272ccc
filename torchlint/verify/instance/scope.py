"""What the names of one version of a file mean where a rewrite stands: imports, locals, who reads a name later."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cached_property

from torchlint.analysis import trees
from torchlint.verify.instance.whitelist import dotted

Function = ast.FunctionDef | ast.AsyncFunctionDef
_Scope = Function | ast.Module


def imported(nodes: Iterable[ast.AST]) -> dict[str, str]:
    """The dotted names that the imports among nodes bind names to."""
    found: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                root = alias.name.partition(".")[0]
                found[alias.asname or root] = alias.name if alias.asname else root
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return found


def own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes that run in a function's or a module's own scope, without those of definitions inside."""
    stack: list[ast.AST] = list(ast.iter_child_nodes(scope))
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, Function | ast.ClassDef | ast.Lambda):
            stack.extend(ast.iter_child_nodes(node))


def stored(node: ast.AST) -> set[str]:
    """The names that a statement binds in its scope."""
    names = set()
    for part in (node, *own_nodes(node)):
        if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load):
            names.add(part.id)
        elif isinstance(part, Function | ast.ClassDef | ast.ExceptHandler) and part.name:
            names.add(part.name)
    return names | set(imported([node, *own_nodes(node)]))


def loaded(node: ast.AST) -> set[str]:
    """The names that a node reads, in definitions and lambdas inside it too."""
    return {
        part.id
        for part in trees.walk(node)
        if isinstance(part, ast.Name) and (isinstance(part.ctx, ast.Load) or _augments(node, part))
    }


def _augments(node: ast.AST, name: ast.Name) -> bool:
    return any(isinstance(part, ast.AugAssign) and part.target is name for part in trees.walk(node))


class Scope:
    """A function, or the body of a module, in one version of a file."""

    def __init__(self, module_imports: dict[str, str], module_bound: frozenset[str], node: _Scope) -> None:
        self.node = node
        self.module_imports = module_imports
        self._module_bound = module_bound

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
        return imported(own_nodes(self.node))

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
        origin = self._local_imports.get(root) or self.module_imports.get(root)
        return None if origin is None else _public(f"{origin}.{rest}" if rest else origin)

    def is_builtin(self, name: str) -> bool:
        """Whether a name means what it means everywhere."""
        taken = (self.bound, self._local_imports, self.module_imports, self._module_bound)
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
