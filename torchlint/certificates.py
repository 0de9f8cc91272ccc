"""What the harness found, read at lint time: who may apply a fix.

The table `data/certificates.json` is written by `torchlint verify --write`. A certificate counts only as long as the
text that it was made for is unchanged: its digest covers both functions of a pair with all that they call and take, or
a rule's fixture programs.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import inspect
import json
import textwrap
import types
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from typing import Annotated, Any, get_args

from torchlint.claims import Pair
from torchlint.finding import Applicability

# Raised whenever the harness changes so that old certificates say less than new ones.
HARNESS = "2"

_ANNOTATED = type(Annotated[int, ""])
_SAFE = ("IDENTICAL", "EQUAL", "IMPROVES", "EXTENDS")


@dataclass(frozen=True, slots=True)
class Grant:
    """What a certificate allows. `text` is one line for people: what was seen, or why there is nothing."""

    verdict: str
    applicability: Applicability
    text: str


NOT_VERIFIED = Grant("", Applicability.UNSAFE, "not verified")


def grant(code: str, pair_index: int, digest: str) -> Grant:
    """What may be done with a fix of pair number `pair_index` of rule `code`, whose `pair_digest` is `digest`."""
    rows = [row for row in _rows(code) if row.get("kind") == "pair" and row.get("index") == pair_index]
    return _strictest([row for row in rows if row.get("digest") == digest])


def grant_program(code: str, digest: str | None = None) -> Grant:
    """What may be done with a fix of a rule that is proven by its fixtures: all of its programs must agree.

    With `digest` (see `program_digest`) a certificate made for other fixtures does not count.
    """
    rows = [row for row in _rows(code) if row.get("kind") == "program"]
    # A program that cannot be run by itself says nothing; the others do.
    rows = [row for row in rows if row["verdict"] != "UNSUPPORTED"] or rows
    if digest is not None:
        rows = [row for row in rows if row.get("digest") == digest]
    return _strictest(rows)


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


def evidence(code: str) -> list[dict[str, Any]]:
    """All certificate rows of a rule, as they are stored."""
    return list(_rows(code))


def times(ratio: float) -> str:
    """A speed-up as people write it: `0.83x`, `2.1x`, `4,404x`."""
    return f"{ratio:,.0f}x" if ratio >= 100 else f"{ratio:.2g}x"


def _strictest(rows: list[dict[str, Any]]) -> Grant:
    """CPU and GPU rows of one thing: the one that allows least decides."""
    if not rows:
        return NOT_VERIFIED
    grants = [_of_row(row) for row in rows]
    order = (Applicability.DISPLAY, Applicability.UNSAFE, Applicability.SAFE)
    return min(grants, key=lambda granted: order.index(granted.applicability))


def _of_row(row: dict[str, Any]) -> Grant:
    verdict = str(row["verdict"])
    where = f"{row['device']}, torch {row['torch']}"
    seen = f"verified on {row['points']:,} inputs ({where}): {verdict.lower().replace('_', ' ')}"
    if not row.get("agrees", True):
        return Grant(verdict, Applicability.UNSAFE, f"{seen}, which contradicts the rule")
    if verdict in _SAFE and not row.get("intended_change", False):
        return Grant(verdict, Applicability.SAFE, seen)
    if verdict == "CONDITIONAL":
        text = f"verified on {row['points']:,} inputs ({where}), only where {row['condition']}"
        return Grant(verdict, Applicability.DISPLAY, text)
    return Grant(verdict, Applicability.UNSAFE, seen)


@functools.cache
def _table() -> dict[str, list[dict[str, Any]]]:
    try:
        text = resources.files("torchlint.data").joinpath("certificates.json").read_text(encoding="utf-8")
    except (FileNotFoundError, ModuleNotFoundError):
        return {}
    content = json.loads(text)
    return content["rules"] if content.get("harness") == HARNESS else {}


def _rows(code: str) -> list[dict[str, Any]]:
    return _table().get(code, [])


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
