"""What a module binds or replaces without spelling a name for it: by text, through its namespace, by a star import."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping

from torchlint.syntax import trees
from torchlint.syntax.ancestors import parents
from torchlint.syntax.bindings import imported, stored
from torchlint.syntax.module import Module
from torchlint.syntax.names import first_name, last_name
from torchlint.syntax.scope import statements_of

# What a file that binds names in one of these ways has among its words.
_WORDS = frozenset({"globals", "vars", "locals", "exec", "eval", "modules", "__main__", "import_module", "__import__"})
_FRAMES = frozenset({"f_globals", "f_locals", "__globals__"})
# Methods of a namespace that only read it.
_READING = frozenset({"get", "keys", "values", "items", "copy"})
_NAMESPACES = frozenset({"globals", "vars", "locals"})
_REPLACING = frozenset({"setattr", "delattr", "patch", "object", "multiple", "setitem", "delitem"})
# The names that modules of torch go by where no import is seen.
_USUAL = frozenset({"torch", "nn", "F", "functional", "init", "th"})
_ANY = "*"


def bound_by_text(module: Module) -> str:
    """The code by which a module may bind any of its names without spelling them; empty where there is none."""
    words = module.vocabulary
    if (_WORDS | _FRAMES).isdisjoint(words):
        return ""
    above = parents(module)
    writes = "setattr" in words or "__dict__" in words
    for node in trees.walk(module.tree):
        if _binds_any(node, above, writes):
            return ast.unparse(node)
    return ""


def _binds_any(node: ast.AST, above: Mapping[ast.AST, ast.AST], writes: bool) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="exec" | "eval"), args=[ast.Constant(value=str() as text), *_]):
            return _binds(text)
        case ast.Call(func=ast.Name(id="exec" | "eval")):
            return True
        case ast.Call(func=ast.Name(id=name), args=[]) if name in _NAMESPACES:
            at_top = name == "globals" or not _is_in_function(node, above)
            return at_top and not _is_read(node, above)
        case ast.Attribute(attr=name) if name in _FRAMES:
            return True
        case ast.Attribute(attr="modules", value=ast.Name(id="sys")) | ast.Name(id="__main__"):
            return writes or _is_assigned_through(node, above)
        case ast.Call(args=[ast.Name(id="__name__")]) if last_name(node.func) in ("import_module", "__import__"):
            return writes or _is_assigned_through(node, above)
    return False


def _binds(text: str) -> bool:
    """Whether code in a text binds a name, or is none."""
    try:
        tree = ast.parse(text.strip())
    except SyntaxError:
        return True
    calls = any(isinstance(node, ast.Call) and last_name(node.func) in _WORDS for node in ast.walk(tree))
    return calls or any(stored(line) for line in tree.body)


def _is_in_function(node: ast.AST, above: Mapping[ast.AST, ast.AST]) -> bool:
    while node in above:
        node = above[node]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            return True
    return False


def _is_read(node: ast.AST, above: Mapping[ast.AST, ast.AST]) -> bool:
    """Whether a namespace is only looked into: `globals()[name]`, `name in globals()`."""
    match above.get(node):
        case ast.Subscript(value=value, ctx=ast.Load()):
            return value is node
        case ast.Attribute(attr=name):
            return name in _READING
        case ast.Compare():
            return True
        case ast.Call(func=ast.Name(id="len" | "list" | "sorted" | "dict" | "set" | "print")):
            return True
        case ast.Call(func=ast.Attribute(attr="copy")):
            return True
    return False


def _is_assigned_through(node: ast.AST, above: Mapping[ast.AST, ast.AST]) -> bool:
    """Whether an attribute of what an expression gives is assigned to: `sys.modules[__name__].F = 3`."""
    while isinstance(parent := above.get(node), ast.Subscript | ast.Attribute):
        node = parent
    return isinstance(getattr(node, "ctx", None), ast.Store | ast.Del)


def replaced(module: ast.Module) -> set[str]:
    """The attributes of modules of torch that something replaces: by assignment, `setattr`, a patch of a test, or
    their `__dict__`; `*` where it is not said which."""
    names = _USUAL | {each.name for node in trees.walk(module) for each in imported(node) if each.is_of("torch")}
    found: set[str] = set()
    for node in trees.walk(module):
        match node:
            case ast.Attribute(ctx=ast.Store() | ast.Del(), value=base) if first_name(base) in names:
                found.add(node.attr)
            case ast.Subscript(ctx=ast.Store() | ast.Del(), value=base, slice=key) if _namespace_of(base) in names:
                found.add(str(key.value) if isinstance(key, ast.Constant) else _ANY)
            case ast.Call(func=ast.Attribute(attr="update" | "pop" | "setdefault" | "clear", value=base)):
                found |= {_ANY} if _namespace_of(base) in names else set()
            case ast.Call() if last_name(node.func) in _REPLACING and node.args:
                found.update(_replaced_by(node, names))
    return found


def _replaced_by(call: ast.Call, names: Collection[str]) -> Iterator[str]:
    first, *rest = call.args
    match first:
        case ast.Constant(value=str() as text) if text.partition(".")[0] in names:
            yield text.rpartition(".")[2]
        case ast.Name() | ast.Attribute() if first_name(first) in names:
            said = rest[0] if rest else None
            yield said.value if isinstance(said, ast.Constant) and isinstance(said.value, str) else _ANY


def _namespace_of(node: ast.expr) -> str:
    """The module whose `__dict__` an expression is; empty for anything else."""
    match node:
        case ast.Attribute(attr="__dict__", value=base):
            return first_name(base)
        case ast.Call(func=ast.Name(id="vars"), args=[base]):
            return first_name(base)
    return ""


def star_imports(module: ast.Module) -> Iterator[tuple[ast.ImportFrom, str]]:
    """The star imports of a module, each with the dotted name of what it imports from."""
    for line in statements_of(module.body):
        if isinstance(line, ast.ImportFrom) and line.names[0].name == _ANY:
            yield line, "." * line.level + (line.module or "")
