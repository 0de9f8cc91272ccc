"""Digests of what certificates are made for: both functions of a pair with all that they call and take, or the texts
of a rule's fixture programs."""

from __future__ import annotations

import ast
import functools
import hashlib
import inspect
import textwrap
import types
from collections.abc import Iterable
from typing import Annotated, Any, get_args

from torchlint.certificates import HARNESS
from torchlint.claims import Pair

_ANNOTATED = type(Annotated[int, ""])


@functools.cache
def pair_digest(pair: Pair) -> str:
    """16 hex digits over both functions, the kind of claim and the harness version; comments and layout do not count.

    Covered is all that decides what is run: the helpers and constants that the functions name, what they close over,
    and the kinds of inputs in their annotations.
    """
    return _digest(*_texts(pair.before), *_texts(pair.after), type(pair.claim).__name__)


def program_digest(texts: Iterable[str]) -> str:
    """16 hex digits over the texts of a rule's fixtures and goldens, in the order given."""
    return _digest(*texts)


def _digest(*texts: str) -> str:
    digest = hashlib.sha256(HARNESS.encode())
    for text in texts:
        digest.update(b"\0" + text.encode())
    return digest.hexdigest()[:16]


def _texts(function: Any) -> list[str]:
    """The function's own text, then what it names, in order of appearance; each function once."""
    texts: list[str] = []
    seen: set[int] = set()
    _collect(function, texts, seen)
    return texts


def _collect(function: Any, texts: list[str], seen: set[int]) -> None:
    if id(function) in seen:
        return
    seen.add(id(function))
    tree = _definition(function)
    if tree is None:
        texts.append(function.__qualname__)
        return
    texts.append(_canonical(tree.args, tree.body) if isinstance(tree, ast.FunctionDef) else _canonical(tree))
    reach = _reach(function)
    # A field keeps its order; a set of names would not.
    names = dict.fromkeys(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
    for name in names:
        value = reach.get(name)
        # Asked by `type`, because anything else would make the stand-ins for torch import it.
        if type(value) is types.FunctionType:
            _collect(value, texts, seen)
        elif type(value) in (bool, int, float, str, bytes, tuple):
            texts.append(f"{name} = {value!r}")
        elif type(value) is _ANNOTATED:
            texts.append(f"{name}: {get_args(value)[1:]!r}")


def _definition(function: Any) -> ast.stmt | None:
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    except (OSError, TypeError, SyntaxError):
        return None


def _reach(function: Any) -> dict[str, Any]:
    """Global names and those of enclosing functions, with their values now."""
    code, cells = function.__code__, function.__closure__ or ()
    closed = {name: cell.cell_contents for name, cell in zip(code.co_freevars, cells, strict=True)}
    return {**function.__globals__, **closed}


def _canonical(*nodes: Any) -> str:
    """Like `ast.dump`, but the same in every version of Python: what is empty or only for editors is left out."""
    return " ".join(_dump(node) for node in nodes)


def _dump(node: Any) -> str:
    if isinstance(node, list):
        return "[" + ",".join(map(_dump, node)) + "]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = ((name, getattr(node, name, None)) for name in node._fields)
    kept = (
        (name, value)
        for name, value in fields
        if value not in (None, []) and name not in ("ctx", "kind", "type_comment")
    )
    return f"{type(node).__name__}({','.join(f'{name}={_dump(value)}' for name, value in kept)})"
