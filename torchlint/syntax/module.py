"""The shape of a file: its functions and classes, the regions they form, and the words that occur in each.

Only statements are walked here; expressions are looked at where a rule may have something to say.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from torchlint.kept import kept
from torchlint.renames import Rename
from torchlint.source import Source
from torchlint.syntax import trees
from torchlint.syntax.bindings import imported
from torchlint.syntax.inventory import Inventory, inventory_of
from torchlint.syntax.names import Names
from torchlint.syntax.plain import flags_of, names_tensor
from torchlint.syntax.scope import FunctionNode, Scope
from torchlint.syntax.words import Words
from torchlint.torch_range import CURRENT, Range

# What editors take for the beginning of a cell in a script.
_CELL_MARKS = ("# %%", "# In[", "#%%")


class FunctionModel:
    """A function or method, its parameters and the scope it stands in."""

    def __init__(
        self, node: FunctionNode, module: Module, cls: ClassModel | None, parent: FunctionModel | None
    ) -> None:
        self.node = node
        self.name = node.name
        self.module = module
        self.cls = cls
        self.parent = parent
        self.scope = Scope(node, module.words)
        self.inner: list[FunctionModel] = []
        self.decorators: list[ast.expr] = node.decorator_list

    @property
    def parameters(self) -> list[ast.arg]:
        """All named parameters in order, keyword-only ones last, without `*args` and `**kwargs`."""
        args = self.node.args
        return [*args.posonlyargs, *args.args, *args.kwonlyargs]

    def _decorated(self, name: str) -> bool:
        return bool(self.decorators) and any(isinstance(node, ast.Name) and node.id == name for node in self.decorators)

    @property
    def is_static(self) -> bool:
        return self._decorated("staticmethod")

    @property
    def is_class_method(self) -> bool:
        return self._decorated("classmethod")

    @property
    def is_property(self) -> bool:
        return self._decorated("property") or self._decorated("cached_property")

    @kept
    def self_name(self) -> str | None:
        """The name of the parameter that holds the instance; None where there is none."""
        args = self.node.args
        positional = [*args.posonlyargs, *args.args]
        if self.cls is None or self.is_static or self.is_class_method or not positional:
            return None
        return positional[0].arg

    @kept
    def locals(self) -> frozenset[str]:
        """The names that the function binds, its parameters included."""
        args = self.node.args
        nodes = inventory_of(self.node)
        names = nodes.bound.union(arg.arg for arg in self.parameters)
        names = names.union(arg.arg for arg in (args.vararg, args.kwarg) if arg is not None)
        outer: set[str] = set()
        for declaration in nodes.of(ast.Global):
            outer.update(declaration.names)
        for other in nodes.of(ast.Nonlocal):
            outer.update(other.names)
        return names - outer

    @kept
    def tensors(self) -> frozenset[str]:
        """The parameters that are annotated as tensors, or as something with tensors."""
        annotated = [(arg.arg, arg.annotation) for arg in self.parameters if arg.annotation is not None]
        return frozenset(name for name, annotation in annotated if names_tensor(annotation))

    @kept
    def flags(self) -> frozenset[str]:
        """The names that hold settings and other plain values, not tensors."""
        args = self.node.args
        tensors = self.tensors
        settings = [arg.arg for arg in self.parameters if arg.arg not in tensors]
        settings += [arg.arg for arg in (args.vararg, args.kwarg) if arg is not None]
        nodes = inventory_of(self.node)
        if self.parent is None:
            # What the module itself holds is a setting as well.
            settings += nodes.names - self.locals
        return flags_of(settings, tensors, nodes)

    def inventories(self) -> Iterator[Inventory]:
        """What is in the function, and in the functions in it."""
        yield inventory_of(self.node)
        yield from (inventory_of(function.node) for function in self.inner)

    @kept
    def is_procedure(self) -> bool:
        """Whether a call gives back None, whatever happens."""
        nodes = inventory_of(self.node)
        made = self.is_generator or isinstance(self.node, ast.AsyncFunctionDef) or bool(self.node.decorator_list)
        return not made and all(node.value is None for node in nodes.of(ast.Return))

    @kept
    def is_generator(self) -> bool:
        return inventory_of(self.node).has(ast.Yield, ast.YieldFrom)


class ClassModel:
    """A class: its methods and where its attributes are assigned."""

    def __init__(self, node: ast.ClassDef, module: Module, parent: FunctionModel | None) -> None:
        self.node = node
        self.name = node.name
        self.module = module
        self.parent = parent
        self.scope = Scope(node, module.words)
        self.methods: dict[str, FunctionModel] = {}

    @kept
    def constants(self) -> dict[str, ast.expr]:
        """What names are given in the body of the class."""
        constants: dict[str, ast.expr] = {}
        for statement in self.scope.statements:
            if isinstance(statement, ast.Assign):
                constants.update({node.id: statement.value for node in statement.targets if isinstance(node, ast.Name)})
            elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value:
                constants[statement.target.id] = statement.value
        return constants

    def inventories(self) -> Iterator[Inventory]:
        """What is in the class: its body, its methods and the functions in these."""
        yield inventory_of(self.node)
        for method in self.methods.values():
            yield from method.inventories()

    @kept
    def writers(self) -> dict[str, list[FunctionModel]]:
        """For each attribute, the methods that assign it through their first parameter."""
        writers: dict[str, list[FunctionModel]] = {}
        for method in self.methods.values():
            for name in dict.fromkeys(self._written(method)):
                writers.setdefault(name, []).append(method)
        return writers

    @staticmethod
    def _written(method: FunctionModel) -> Iterator[str]:
        name = method.self_name
        for function in (method, *method.inner):
            for node in function.scope.stores:
                if trees.is_attribute_of(node, name):
                    yield node.attr


class Reference(NamedTuple):
    """A place where an identifier is read: the node, the call whose callee it is, the function it stands in."""

    node: ast.expr
    call: ast.Call | None
    function: FunctionModel | None


class Region:
    """A top-level function or class, or all other statements of the module together."""

    def __init__(self, module: Module, node: FunctionNode | ast.ClassDef | None) -> None:
        self.module = module
        self.node = node
        self.functions: list[FunctionModel] = []
        self.classes: list[ClassModel] = []

    @kept
    def words(self) -> frozenset[str]:
        """The words of its scopes, and the names of its functions."""
        if self.node is None:
            return self.module.body.words
        return self.module.models[self.node].scope.all_words.union([function.name for function in self.functions])


class Module:
    """A parsed file. `target` are the versions of torch that it is for, `renames` the old names of its project."""

    def __init__(
        self,
        source: Source,
        tree: ast.Module,
        words: Words | None = None,
        target: Range = CURRENT,
        renames: tuple[Rename, ...] = (),
    ) -> None:
        self.source = source
        self.tree = tree
        self.target = target
        self.renames = renames
        self.words = words or Words(source.text)
        self.functions: dict[str, FunctionModel] = {}
        self.classes: dict[str, ClassModel] = {}
        self.models: dict[ast.AST, FunctionModel | ClassModel] = {}
        self.all_functions: list[FunctionModel] = []
        self.all_classes: list[ClassModel] = []
        self.body = Scope(tree, self.words)
        self.body_region = Region(self, None)
        self.regions = [self.body_region]
        self.imported_words: dict[str, frozenset[str]] = {}
        self._references: dict[str, list[Reference]] = {}
        self._passed: dict[str, bool] = {}
        self._named: dict[str, bool] = {}
        self._spelled: dict[str, bool] = {}
        for definition in self.body.definitions:
            region = Region(self, definition)
            self.regions.append(region)
            self._collect(definition, region, self.body, None, None)

    def _collect(
        self,
        node: FunctionNode | ast.ClassDef,
        region: Region,
        scope: Scope,
        cls: ClassModel | None,
        parent: FunctionModel | None,
    ) -> None:
        """Register a definition and those inside it."""
        if isinstance(node, ast.ClassDef):
            model = ClassModel(node, self, parent)
            scope.inner.append(model.scope)
            self.models[node] = model
            self.all_classes.append(model)
            region.classes.append(model)
            if parent is None and cls is None:
                self.classes[node.name] = model
            for definition in model.scope.definitions:
                self._collect(definition, region, model.scope, model, parent)
            return
        function = FunctionModel(node, self, cls, parent)
        scope.inner.append(function.scope)
        self.models[node] = function
        self.all_functions.append(function)
        region.functions.append(function)
        outer = parent
        while outer is not None:
            outer.inner.append(function)
            outer = outer.parent
        if cls is not None:
            cls.methods[node.name] = function
        elif parent is None:
            self.functions[node.name] = function
        for definition in function.scope.definitions:
            self._collect(definition, region, function.scope, None, function)

    def close(self) -> None:
        """Let go of everything: models, scopes and the module refer to each other."""
        for model in (*self.all_functions, *self.all_classes):
            model.__dict__.clear()
        self.__dict__.clear()

    def references(self, name: str) -> list[Reference]:
        """The places where an identifier is read, as a name or an attribute."""
        known = self._references.get(name)
        if known is None:
            known = self._references[name] = list(self._find_references(name))
        return known

    def _find_references(self, name: str) -> Iterator[Reference]:
        for scope in self._scopes_naming.get(name, self.all_scopes):
            found = scope.nodes.reads(name) if name in scope.words else ()
            for node in found:
                yield Reference(node, scope.nodes.calls.get(node), self.function_of(scope))

    @kept
    def _scopes_naming(self) -> dict[str, list[Scope]]:
        """For each definition, the scopes that may name it: a large file has thousands of both."""
        naming: dict[str, list[Scope]] = {model.name: [] for model in self.models.values()}
        for scope in self.all_scopes:
            for name in naming.keys() & scope.words:
                naming[name].append(scope)
        return naming

    def is_passed(self, name: str) -> bool:
        """Whether an identifier stands anywhere, as a name or an attribute, without being called."""
        known = self._passed.get(name)
        if known is None:
            scopes = [scope for scope in self.all_scopes if name in scope.words]
            known = self._passed[name] = any(scope.nodes.passes(name) for scope in scopes)
        return known

    def is_named(self, name: str) -> bool:
        """Whether an identifier stands anywhere but in comments, or a string that is this name, as for `getattr`."""
        known = self._named.get(name)
        if known is None:
            known = any(name in scope.words and scope.nodes.spells(name) for scope in self.all_scopes)
            self._named[name] = known
        return known

    def spells_attribute(self, name: str) -> bool:
        """Whether the text has an attribute of this name anywhere, or a string that is this name, as for `getattr`."""
        known = self._spelled.get(name)
        if known is None:
            pattern = rf"""\.\s*{name}\b|["']{name}["']"""
            known = self._spelled[name] = name in self.source.text and bool(re.search(pattern, self.source.text))
        return known

    @kept
    def foreign_writes(self) -> frozenset[str]:
        """Attributes that are assigned on something other than the first parameter of a method."""
        stores = [(node, self.function_of(scope)) for scope in self.all_scopes for node in scope.stores]
        return frozenset(node.attr for node, function in stores if not _is_own(node, function))

    @kept
    def shown(self) -> frozenset[ast.stmt]:
        """The expressions of the module's body whose values are there to be looked at: those at the end of cells."""
        found = [statement for statement in self.tree.body if isinstance(statement, ast.Expr)]
        # In a script with cells it is not told here where each of them ends.
        if self.source.has_cells or not any(mark in self.source.text for mark in _CELL_MARKS):
            places = self.source.shown
            found = [statement for statement in found if (statement.lineno, statement.col_offset) in places]
        return frozenset(found)

    @kept
    def naming(self) -> Names:
        return Names(self.all_scopes)

    @kept
    def has_foreign_tensors(self) -> bool:
        """Whether `Tensor` is another framework's: imported from elsewhere, in a file that imports nothing of torch."""
        nodes = inventory_of(self.tree)
        found = [each for node in (*nodes.of(ast.Import), *nodes.of(ast.ImportFrom)) for each in imported(node)]
        absolute = [each for each in found if not each.is_relative]
        if any("torch" in each.module for each in absolute):
            return False
        return any(each.is_member and each.last == "Tensor" for each in absolute)

    @kept
    def all_scopes(self) -> list[Scope]:
        """The module's body, the classes and the functions."""
        return [self.body, *(cls.scope for cls in self.all_classes), *(each.scope for each in self.all_functions)]

    def function_of(self, scope: Scope) -> FunctionModel | None:
        """The function that a scope is, or that the class which it is stands in."""
        return self._functions_of_scopes.get(scope)

    @kept
    def _functions_of_scopes(self) -> dict[Scope, FunctionModel]:
        functions = {cls.scope: cls.parent for cls in self.all_classes if cls.parent is not None}
        return functions | {function.scope: function for function in self.all_functions}

    @kept
    def vocabulary(self) -> frozenset[str]:
        """The words of all regions: those of the file without docstrings."""
        return frozenset().union(*(region.words for region in self.regions))

    @kept
    def documented(self) -> frozenset[str]:
        """The words of the docstrings."""
        return self.words.of([piece for scope in self.all_scopes for piece in scope.docstring])


def _is_own(node: ast.Attribute, function: FunctionModel | None) -> bool:
    """Whether an attribute is one of the instance that a method runs on."""
    name = function.self_name if function is not None else None
    return trees.is_attribute_of(node, name)


def own_nodes(node: ast.AST) -> list[ast.AST]:
    """The nodes below one that run in its own scope; definitions inside are among them, not what is in these."""
    return trees.walk_own(node)
