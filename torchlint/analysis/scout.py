"""The shape of a file: its functions and classes, the regions they form, and the words that occur in each.

Only statements are walked here; expressions are looked at where a rule may have something to say.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from torchlint.analysis import trees
from torchlint.analysis.flags import flags_of, names_tensor
from torchlint.analysis.inventory import Inventory, inventory_of
from torchlint.analysis.naming import Naming
from torchlint.analysis.words import Words
from torchlint.source import Source

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


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

    @cached_property
    def self_name(self) -> str | None:
        """The name of the parameter that holds the instance; None where there is none."""
        args = self.node.args
        positional = [*args.posonlyargs, *args.args]
        if self.cls is None or self.is_static or self.is_class_method or not positional:
            return None
        return positional[0].arg

    @cached_property
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

    @cached_property
    def tensors(self) -> frozenset[str]:
        """The parameters that are annotated as tensors, or as something with tensors."""
        annotated = [(arg.arg, arg.annotation) for arg in self.parameters if arg.annotation is not None]
        return frozenset(name for name, annotation in annotated if names_tensor(annotation))

    @cached_property
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

    @cached_property
    def is_procedure(self) -> bool:
        """Whether a call gives back None, whatever happens."""
        nodes = inventory_of(self.node)
        made = self.is_generator or isinstance(self.node, ast.AsyncFunctionDef) or bool(self.node.decorator_list)
        return not made and all(node.value is None for node in nodes.of(ast.Return))

    @cached_property
    def is_generator(self) -> bool:
        return inventory_of(self.node).has(ast.Yield, ast.YieldFrom)


class ClassModel:
    """A class: its methods and where its attributes are assigned."""

    def __init__(self, node: ast.ClassDef, module: Module, parent: FunctionModel | None) -> None:
        self.node = node
        self.name = node.name
        self.module = module
        self.parent = parent
        self.methods: dict[str, FunctionModel] = {}
        self.constants: dict[str, ast.expr] = {}

    def inventories(self) -> Iterator[Inventory]:
        """What is in the class: its body, its methods and the functions in these."""
        yield inventory_of(self.node)
        for method in self.methods.values():
            yield from method.inventories()

    @cached_property
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
        for nodes in method.inventories():
            for node in nodes.stored_attributes():
                if isinstance(node.value, ast.Name) and node.value.id == name:
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

    @cached_property
    def words(self) -> frozenset[str]:
        return self.module.words_of_region(self)


class Module:
    """A parsed file."""

    def __init__(self, source: Source, tree: ast.Module, words: Words | None = None) -> None:
        self.source = source
        self.tree = tree
        self.words = words or Words(source.text)
        self.functions: dict[str, FunctionModel] = {}
        self.classes: dict[str, ClassModel] = {}
        self.models: dict[ast.AST, FunctionModel | ClassModel] = {}
        self.all_functions: list[FunctionModel] = []
        self.all_classes: list[ClassModel] = []
        self.body_region = Region(self, None)
        self.regions = [self.body_region]
        self.imported_words: dict[str, frozenset[str]] = {}
        self._references: dict[str, list[Reference]] = {}
        self._calls: dict[int, dict[ast.expr, ast.Call]] = {}
        self._spans: list[tuple[int, int]] = []
        for statement in statements_of(tree.body):
            if isinstance(statement, FunctionNode | ast.ClassDef):
                self._add_region(statement)

    def _add_region(self, node: FunctionNode | ast.ClassDef) -> None:
        region = Region(self, node)
        self.regions.append(region)
        self._spans.append(lines_of(node))
        self._collect(node, region, None, None)

    def _collect(
        self, node: FunctionNode | ast.ClassDef, region: Region, cls: ClassModel | None, parent: FunctionModel | None
    ) -> None:
        """Register a definition and those inside it."""
        if isinstance(node, ast.ClassDef):
            model = ClassModel(node, self, parent)
            self.models[node] = model
            self.all_classes.append(model)
            region.classes.append(model)
            if parent is None and cls is None:
                self.classes[node.name] = model
            for statement in statements_of(node.body):
                self._collect_member(statement, region, model, parent)
            return
        function = FunctionModel(node, self, cls, parent)
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
        for statement in statements_of(node.body):
            if isinstance(statement, FunctionNode | ast.ClassDef):
                self._collect(statement, region, None, function)

    def _collect_member(
        self, statement: ast.stmt, region: Region, cls: ClassModel, parent: FunctionModel | None
    ) -> None:
        if isinstance(statement, FunctionNode | ast.ClassDef):
            self._collect(statement, region, cls, parent)
        elif isinstance(statement, ast.Assign):
            for target in statement.targets:
                if isinstance(target, ast.Name):
                    cls.constants[target.id] = statement.value
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value:
            cls.constants[statement.target.id] = statement.value

    def rows_of(self, region: Region) -> list[tuple[int, int | None]]:
        """First and last rows of the pieces of a region: the module's body is the lines of no other region. None is the
        end of the file."""
        if region.node is not None:
            return [lines_of(region.node)]
        pieces: list[tuple[int, int | None]] = []
        row = 1
        for first, last in self._spans:
            if first > row:
                pieces.append((row, first - 1))
            row = max(row, last + 1)
        return [*pieces, (row, None)]

    def words_of_region(self, region: Region) -> frozenset[str]:
        return frozenset().union(*(self.words.of_rows(first, last) for first, last in self.rows_of(region)))

    def rows(self, first: int, last: int | None) -> str:
        """The text of some rows, both ends included."""
        starts = self.source.line_starts
        end = starts[last] if last is not None and last < len(starts) else len(self.source.text)
        return self.source.text[starts[first - 1] : end]

    def references(self, name: str) -> list[Reference]:
        """The places where an identifier is read, as a name or an attribute."""
        known = self._references.get(name)
        if known is None:
            known = self._references[name] = list(self._find_references(name))
        return known

    def _find_references(self, name: str) -> Iterator[Reference]:
        for place in self._scopes_naming.get(name, ()):
            function, nodes = self.scopes[place]
            found = nodes.reads(name)
            if found:
                calls = self._calls_in(place)
                yield from (Reference(node, calls.get(node), function) for node in found)

    @cached_property
    def _scopes_naming(self) -> dict[str, list[int]]:
        """The places among the scopes where an identifier stands: a large file has thousands of both."""
        found: dict[str, list[int]] = {}
        for place, (_, nodes) in enumerate(self.scopes):
            for name in nodes.names.union([node.attr for node in nodes.of(ast.Attribute)]):
                found.setdefault(name, []).append(place)
        return found

    def _calls_in(self, place: int) -> dict[ast.expr, ast.Call]:
        """The calls in a scope by what they call."""
        known = self._calls.get(place)
        if known is None:
            known = self._calls[place] = {call.func: call for call in self.scopes[place][1].of(ast.Call)}
        return known

    @cached_property
    def uncalled(self) -> frozenset[str]:
        """The identifiers that are read, as a name or an attribute, without being called."""
        found: set[str] = set()
        for _, nodes in self.scopes:
            callees = {call.func for call in nodes.of(ast.Call)}
            found.update([node.id for node in nodes.of(ast.Name) if node not in callees])
            found.update([node.attr for node in nodes.of(ast.Attribute) if node not in callees])
        return frozenset(found)

    @cached_property
    def foreign_writes(self) -> frozenset[str]:
        """Attributes that are assigned on something other than the first parameter of a method."""
        return frozenset(
            node.attr
            for function, nodes in self.scopes
            for node in nodes.stored_attributes()
            if not _is_own(node, function)
        )

    @cached_property
    def naming(self) -> Naming:
        return Naming([nodes for _, nodes in self.scopes])

    @cached_property
    def has_foreign_tensors(self) -> bool:
        """Whether `Tensor` is another framework's: imported from elsewhere, in a file that imports nothing of torch."""
        nodes = inventory_of(self.tree)
        origins = [(node, node.module or "") for node in nodes.of(ast.ImportFrom) if not node.level]
        roots = [origin for _, origin in origins] + [
            alias.name for node in nodes.of(ast.Import) for alias in node.names
        ]
        if any("torch" in root for root in roots):
            return False
        return any(alias.name == "Tensor" for node, _ in origins for alias in node.names)

    @cached_property
    def scopes(self) -> list[tuple[FunctionModel | None, Inventory]]:
        """The module's body, the classes and the functions: what is in each, and the function that it is part of."""
        return [
            (None, inventory_of(self.tree)),
            *((cls.parent, inventory_of(cls.node)) for cls in self.all_classes),
            *((function, inventory_of(function.node)) for function in self.all_functions),
        ]


def _is_own(node: ast.Attribute, function: FunctionModel | None) -> bool:
    """Whether an attribute is one of the instance that a method runs on."""
    name = function.self_name if function is not None else None
    return isinstance(node.value, ast.Name) and node.value.id == name


def lines_of(node: FunctionNode | ast.ClassDef) -> tuple[int, int]:
    """First and last row of a definition, its decorators included."""
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return first, node.end_lineno or node.lineno


def statements_of(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a block and of the blocks in it, not those of definitions."""
    stack = list(reversed(body))
    while stack:
        statement = stack.pop()
        yield statement
        if not isinstance(statement, FunctionNode | ast.ClassDef):
            stack.extend(reversed(inner_statements(statement)))


# Most statements of every file.
_SIMPLE = frozenset({ast.Assign, ast.Expr, ast.Return, ast.AugAssign, ast.AnnAssign, ast.Import, ast.ImportFrom})


def inner_statements(statement: ast.stmt) -> list[ast.stmt]:
    """The statements directly inside the blocks of a compound statement."""
    if statement.__class__ in _SIMPLE:
        return []
    inner: list[ast.stmt] = []
    match statement:
        case ast.If() | ast.For() | ast.AsyncFor() | ast.While():
            inner = [*statement.body, *statement.orelse]
        case ast.With() | ast.AsyncWith():
            inner = statement.body
        case ast.Try() | ast.TryStar():
            handlers = [inner for handler in statement.handlers for inner in handler.body]
            inner = [*statement.body, *handlers, *statement.orelse, *statement.finalbody]
        case ast.Match():
            inner = [inner for case in statement.cases for inner in case.body]
    return inner


def own_nodes(node: ast.AST) -> list[ast.AST]:
    """The nodes below one that run in its own scope; definitions inside are among them, not what is in these."""
    return trees.walk_own(node)
