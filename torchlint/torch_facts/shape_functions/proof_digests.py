"""Which text of a shape function was compared with torch: a proof counts as long as that text is what it was.

Comments, docstrings and layout do not count. To tell that takes the parser, which is too slow for linting; so the bytes
of the files are remembered too, and only where they differ is the code itself compared.
"""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from types import ModuleType

_HOME = __name__.rpartition(".")[0]
_SHARED = ("torchlint.torch_facts.dims", f"{_HOME}.refusal")


def current(
    rows: Mapping[str, str], texts: Mapping[str, list[str]], functions: Mapping[str, Callable[..., object]]
) -> Iterator[str]:
    """The operations whose proof, of which `rows` has the digest, is one of the function that there is now.

    `texts` has what `text_rows` gave when the proofs were made.
    """
    for name, digest in rows.items():
        function = functions.get(name)
        if function is not None and digest == _row(function, _code_of(function.__module__, texts)):
            yield name


def digest(function: Callable[..., object]) -> str:
    """12 hex digits over a function, what it was made with, and the modules that it is written in and asks."""
    return _row(function, code_digest(function.__module__))


def text_rows(functions: Iterable[Callable[..., object]]) -> dict[str, list[str]]:
    """For each module of some functions the digest of its bytes, with those that it asks, and that of its code."""
    modules = sorted({function.__module__ for function in functions})
    return {name.rpartition(".")[2]: [bytes_digest(name), code_digest(name)] for name in modules}


@cache
def code_digest(module: str) -> str:
    """A digest of the code of a module, with the modules of this package that it asks."""
    return _hexadecimal(ast.unparse(_without_docstrings(ast.parse(text))).encode() for _, text in sources(module))


@cache
def bytes_digest(module: str) -> str:
    """A digest of the files of a module and of those that it asks."""
    return _hexadecimal(text for _, text in sources(module))


def _code_of(module: str, texts: Mapping[str, list[str]]) -> str:
    of_bytes, of_code = texts.get(module.rpartition(".")[2], ("", ""))
    return of_code if of_bytes == bytes_digest(module) else code_digest(module)


def _row(function: Callable[..., object], code: str) -> str:
    cells = getattr(function, "__closure__", None) or ()
    made_with = repr([_named(cell.cell_contents) for cell in cells])
    return _hexadecimal([code.encode(), function.__qualname__.encode(), made_with.encode()])


def _named(value: object) -> object:
    """What a function was made with: a function by its name, since it has another place in memory each time."""
    return getattr(value, "__qualname__", value)


def _hexadecimal(parts: Iterable[bytes]) -> str:
    found = hashlib.sha256()
    for part in parts:
        found.update(part + b"\0")
    return found.hexdigest()[:12]


def sources(module: str) -> Iterator[tuple[str, bytes]]:
    """The names and texts of a module, of those of this package that it imports from, and of what all of them share."""
    names = {module, *_SHARED}
    stack = [module]
    while stack:
        for name in _asked(sys.modules[stack.pop()]):
            if name not in names:
                names.add(name)
                stack.append(name)
    for name in sorted(names):
        with open(sys.modules[name].__file__ or "", "rb") as stream:
            yield name, stream.read()


def _asked(module: ModuleType) -> Iterator[str]:
    for value in vars(module).values():
        home = getattr(value, "__module__", "")
        if isinstance(home, str) and home.startswith(f"{_HOME}.") and home != module.__name__:
            yield home


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
            and ast.get_docstring(node, clean=False) is not None
        ):
            node.body = node.body[1:] or [ast.Pass()]
    return tree
