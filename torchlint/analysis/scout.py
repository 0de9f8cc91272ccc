"""The shape of a file: its functions and classes, the regions they form, and the words that occur in each.

Only statements are walked here; expressions are looked at where a rule may have something to say.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from torchlint.analysis import trees
from torchlint.source import Source

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_WORD = re.compile(r"[^\W\d]\w*")
_CLOSURE_STEPS = 3


def words_of(text: str) -> frozenset[str]:
    """All identifiers of a text, those in comments and strings included."""
    return frozenset(_WORD.findall(text))


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

    @property
    def parameters(self) -> list[ast.arg]:
        """All named parameters in order, keyword-only ones last, without `*args` and `**kwargs`."""
        args = self.node.args
        return [*args.posonlyargs, *args.args, *args.kwonlyargs]

    @cached_property
    def decorators(self) -> list[ast.expr]:
        return self.node.decorator_list

    def _decorated(self, name: str) -> bool:
        return any(isinstance(node, ast.Name) and node.id == name for node in self.decorators)

    @property
    def is_static(self) -> bool:
        return self._decorated("staticmethod")

    @property
    def is_class_method(self) -> bool:
        return self._decorated("classmethod")

    @property
    def is_property(self) -> bool:
        return self._decorated("property") or self._decorated("cached_property")

    @property
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
        names = {arg.arg for arg in self.parameters}
        names.update(arg.arg for arg in (args.vararg, args.kwarg) if arg is not None)
        outer: set[str] = set()
        for node in own_nodes(self.node):
            if isinstance(node, ast.Name):
                if node.ctx.__class__ is not ast.Load:
                    names.add(node.id)
            elif isinstance(node, ast.Global | ast.Nonlocal):
                outer.update(node.names)
            elif isinstance(node, _BINDERS):
                names.update(_bound_by(node))
        return frozenset(names - outer)

    @cached_property
    def is_generator(self) -> bool:
        return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in own_nodes(self.node))


class ClassModel:
    """A class: its methods and where its attributes are assigned."""

    def __init__(self, node: ast.ClassDef, module: Module, parent: FunctionModel | None) -> None:
        self.node = node
        self.name = node.name
        self.module = module
        self.parent = parent
        self.methods: dict[str, FunctionModel] = {}
        self.constants: dict[str, ast.expr] = {}

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
        for node in trees.walk(method.node):
            if not (isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store | ast.Del)):
                continue
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
        return words_of(self.module.region_text(self))


class Module:
    """A parsed file."""

    def __init__(self, source: Source, tree: ast.Module) -> None:
        self.source = source
        self.tree = tree
        self.functions: dict[str, FunctionModel] = {}
        self.classes: dict[str, ClassModel] = {}
        self.models: dict[ast.AST, FunctionModel | ClassModel] = {}
        self.all_functions: list[FunctionModel] = []
        self.all_classes: list[ClassModel] = []
        self.body_region = Region(self, None)
        self.regions = [self.body_region]
        self.imported_words: dict[str, frozenset[str]] = {}
        self._reached: dict[Region, frozenset[str]] = {}
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

    def region_text(self, region: Region) -> str:
        """The lines of a region; those of the module's body are the lines of no other region."""
        if region.node is not None:
            return self.rows(*lines_of(region.node))
        starts = [*self.source.line_starts, len(self.source.text)]
        parts, row = [], 1
        for first, last in self._spans:
            parts.append(self.source.text[starts[row - 1] : starts[first - 1]] if first > row else "")
            row = max(row, last + 1)
        parts.append(self.source.text[starts[min(row, len(starts)) - 1] :])
        return "\n".join(parts)

    def rows(self, first: int, last: int | None) -> str:
        """The text of some rows, both ends included."""
        starts = self.source.line_starts
        end = starts[last] if last is not None and last < len(starts) else len(self.source.text)
        return self.source.text[starts[first - 1] : end]

    @cached_property
    def words(self) -> frozenset[str]:
        return words_of(self.source.text)

    @cached_property
    def _assigned_words(self) -> dict[str, frozenset[str]]:
        """The words of the module-level statements that give each global name its value, `import x as y` too."""
        words: dict[str, frozenset[str]] = {}
        for statement in statements_of(self.tree.body):
            if isinstance(statement, ast.ImportFrom):
                for alias in statement.names:
                    if alias.asname:
                        words[alias.asname] = words.get(alias.asname, frozenset()) | {alias.name}
            if not isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
                continue
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            names = [node.id for target in targets for node in trees.walk(target) if isinstance(node, ast.Name)]
            text = words_of(self.rows(statement.lineno, statement.end_lineno)) if names else frozenset()
            for name in names:
                words[name] = words.get(name, frozenset()) | text
        return words

    @cached_property
    def _region_of(self) -> dict[str, Region]:
        return {region.node.name: region for region in self.regions if region.node is not None}

    def reach(self, region: Region) -> frozenset[str]:
        known = self._reached.get(region)
        if known is None:
            known = self._reached[region] = self._reach(region)
        return known

    def _reach(self, region: Region) -> frozenset[str]:
        """The words of a region and of the definitions of the file that it can reach by name, in a few steps."""
        words: set[str] = set(region.words)
        frontier: set[str] = set(region.words)
        for _ in range(_CLOSURE_STEPS):
            fresh: set[str] = set()
            for name in frontier & self._region_of.keys():
                fresh |= self._region_of[name].words
            for named in (self._assigned_words, self.imported_words):
                for name in frontier & named.keys():
                    fresh |= named[name]
            frontier = fresh - words
            if not frontier:
                break
            words |= frontier
        return frozenset(words)

    def surroundings(self, region: Region) -> frozenset[str]:
        """The words that a region can reach, and those of the regions that name it: its callers."""
        words = self.reach(region)
        if region.node is None:
            return words
        callers = [other for other in self.regions if other is not region and region.node.name in other.words]
        return words.union(*(self.reach(caller) for caller in callers))

    @property
    def references(self) -> dict[str, list[Reference]]:
        """Loads of each identifier, as a name or an attribute."""
        return self._survey[0]

    @property
    def foreign_writes(self) -> frozenset[str]:
        """Attributes that are assigned on something other than the first parameter of a method."""
        return self._survey[1]

    @cached_property
    def _survey(self) -> tuple[dict[str, list[Reference]], frozenset[str]]:
        loads: dict[str, list[Reference]] = {}
        written: set[str] = set()
        callee_of: dict[ast.expr, ast.Call] = {}
        stack: list[tuple[ast.AST, FunctionModel | None]] = [(self.tree, None)]
        while stack:
            node, function = stack.pop()
            cls = node.__class__
            if cls is ast.Name or cls is ast.Attribute:
                assert isinstance(node, ast.Name | ast.Attribute)
                name = node.id if isinstance(node, ast.Name) else node.attr
                if node.ctx.__class__ is ast.Load:
                    loads.setdefault(name, []).append(Reference(node, callee_of.get(node), function))
                elif isinstance(node, ast.Attribute) and not _is_own(node, function):
                    written.add(name)
            elif isinstance(node, ast.Call):
                callee_of[node.func] = node
            elif isinstance(node, FunctionNode):
                model = self.models.get(node)
                function = model if isinstance(model, FunctionModel) else function
            stack += [(child, function) for child in trees.children(node)]
        return loads, frozenset(written)


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


def inner_statements(statement: ast.stmt) -> list[ast.stmt]:
    """The statements directly inside the blocks of a compound statement."""
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


_BINDERS = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.ExceptHandler),
    *(ast.MatchAs, ast.MatchStar, ast.MatchMapping),
)


def _bound_by(node: ast.AST) -> Iterator[str]:
    """The names that a single node, no name itself, binds in its scope."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield node.name
        case ast.Import() | ast.ImportFrom():
            for alias in node.names:
                yield alias.asname or alias.name.partition(".")[0]
        case ast.ExceptHandler(name=str() as name):
            yield name
        case ast.MatchAs(name=str() as name) | ast.MatchStar(name=str() as name):
            yield name
        case ast.MatchMapping(rest=str() as name):
            yield name
