"""The deprecated names of the installed torch, from its sources and libraries: `python -m tools.torch_deprecations`.

Nothing of torch is imported. A name is listed where a decorator `deprecated` stands on it, where it warns with a
`FutureWarning` or `DeprecationWarning` or in such words, where its docstring calls it deprecated, and, without a
name, where a compiled library has such a message. `--new` leaves out what the tables of `torchlint.vocabulary` and the
reviewed lists beside this file decide, so that what is left of a new release is to be read by a person.
"""

from __future__ import annotations

import argparse
import ast
import csv
import importlib
import importlib.util
import mmap
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

REVIEWED = Path(__file__).with_name("reviewed_deprecations.csv")
REVIEWED_MESSAGES = Path(__file__).with_name("reviewed_messages.csv")
# Tests and generated code of torch itself, and compilers whose parts nobody calls by name.
_LEFT_OUT = ("testing/_internal/", "_inductor/", "_dynamo/polyfills/", "_vendor/", "include/", "onnx/_internal/")
_CATEGORIES = frozenset({"FutureWarning", "DeprecationWarning", "PendingDeprecationWarning"})
_SAID = re.compile(r"deprecat", re.IGNORECASE)
# In a docstring: of the thing itself, not of one of its arguments further down.
_DOCUMENTED = re.compile(
    r"\.\. deprecated::|\A.{0,200}?\bdeprecated\b|\.\. warning::\s+[^\n]*\bdeprecated\b", re.DOTALL
)
_LIBRARIES = ("libtorch_cpu.so", "libtorch_python.so")
_TEXT = re.compile(rb"[\x20-\x7e\n]+")
_WINDOW = 400
_Function = ast.FunctionDef | ast.AsyncFunctionDef


class Deprecation(NamedTuple):
    """A name, how its deprecation shows (decorator, warning, docstring, library), what is said, and where."""

    name: str
    kind: str
    said: str
    place: str


def torch_folder() -> Path | None:
    """Where torch is installed; None where it is not."""
    found = importlib.util.find_spec("torch")
    return Path(found.origin).parent if found is not None and found.origin else None


def deprecations(folder: Path) -> list[Deprecation]:
    """All that is found in the sources below a folder `torch`, in the order of names."""
    found: dict[tuple[str, str], Deprecation] = {}
    for path in sorted(folder.rglob("*.py")):
        place = path.relative_to(folder).as_posix()
        if place.startswith(_LEFT_OUT):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        if _SAID.search(text) or "FutureWarning" in text:
            for each in _in_module(text, place):
                found.setdefault((each.name, each.kind), each)
    return sorted(found.values())


def _in_module(text: str, place: str) -> Iterator[Deprecation]:
    module = ".".join(["torch", *place.removesuffix(".py").removesuffix("__init__").strip("/").split("/")]).rstrip(".")
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return
    yield from _in_scope(tree, module, place)


def _in_scope(scope: ast.AST, name: str, place: str) -> Iterator[Deprecation]:
    """What is said in a module, class or function of itself, and of those in it."""
    if isinstance(scope, _Function | ast.ClassDef):
        for decorator in scope.decorator_list:
            if isinstance(decorator, ast.Call) and _last(decorator.func).lstrip("_") == "deprecated":
                yield Deprecation(name, "decorator", _text_of(decorator.args), f"{place}:{scope.lineno}")
    if isinstance(scope, _Function | ast.ClassDef | ast.Module):
        said = ast.get_docstring(scope) or ""
        if _DOCUMENTED.search(said):
            line = next((line for line in said.splitlines() if _SAID.search(line)), "")
            yield Deprecation(name, "docstring", line.strip(), f"{place}:{getattr(scope, 'lineno', 1)}")
    for node in _own(scope):
        if isinstance(node, _Function | ast.ClassDef):
            yield from _in_scope(node, f"{name}.{node.name}", place)
        elif isinstance(node, ast.Call) and _warns(node):
            yield Deprecation(name, "warning", _text_of(node.args[:1]), f"{place}:{node.lineno}")


def _own(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a scope: definitions in it, but not what is in these."""
    stack = list(ast.iter_child_nodes(scope))
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, _Function | ast.ClassDef):
            stack.extend(ast.iter_child_nodes(node))


def _warns(call: ast.Call) -> bool:
    """Whether a call warns of something deprecated."""
    if _last(call.func) not in ("warn", "warn_once", "warning_once", "_warn_once"):
        return False
    categories = {_last(node) for node in (*call.args[1:], *(keyword.value for keyword in call.keywords))}
    return bool(categories & _CATEGORIES) or bool(_SAID.search(_text_of(call.args[:1])))


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _text_of(nodes: Sequence[ast.expr]) -> str:
    """The literal text in the first argument of a call, on one line."""
    parts = [
        part.value
        for node in nodes[:1]
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    ]
    return " ".join(" ".join(parts).split())


def messages(folder: Path) -> list[Deprecation]:
    """Messages of the compiled libraries that speak of something deprecated."""
    found: dict[str, Deprecation] = {}
    for library in _LIBRARIES:
        path = folder / "lib" / library
        if not path.is_file():
            continue
        with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
            at = content.find(b"deprecated")
            while at >= 0:
                said = _around(content, at)
                found.setdefault(said, Deprecation(_named_in(said), "library", said, f"lib/{library}"))
                at = content.find(b"deprecated", at + len(b"deprecated"))
    return sorted(each for each in found.values() if " " in each.said)


def _around(content: mmap.mmap, at: int) -> str:
    """The text of a library around a place: from one zero byte to the next."""
    start = max(0, at - _WINDOW)
    window = content[start : at + _WINDOW]
    for piece in _TEXT.finditer(window):
        if piece.start() <= at - start < piece.end():
            return " ".join(piece[0].decode("ascii").split())
    return ""


def _named_in(said: str) -> str:
    """The first name of torch in a message, or nothing."""
    found = re.search(r"\btorch(?:\.\w+)+", said)
    return found[0] if found else ""


def decided() -> set[str]:
    """The names that the tables or the reviewed list decide."""
    tables = {"api_deprecated": "DEPRECATED", "api_removed": "REMOVED", "api_amp": "AMP", "api_internal": "INTERNAL"}
    rows = (getattr(importlib.import_module(f"torchlint.vocabulary.{module}"), name) for module, name in tables.items())
    return {row.old for table in rows for row in table} | reviewed().keys()


def reviewed() -> dict[str, str]:
    """The names that are not in a table, with the reason; one that ends with `*` stands for all that begin so."""
    with REVIEWED.open(newline="", encoding="utf-8") as stream:
        return {row["name"]: row["reason"] for row in csv.DictReader(stream)}


def reviewed_messages() -> dict[str, str]:
    """Messages of libraries that no row of a table is about, with the reason; a `*` stands for any text."""
    with REVIEWED_MESSAGES.open(newline="", encoding="utf-8") as stream:
        return {row["message"]: row["reason"] for row in csv.DictReader(stream)}


def says(pattern: str, message: str) -> bool:
    """Whether a message is what a pattern of the reviewed messages stands for."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), message, re.DOTALL) is not None


def undecided(found: Iterable[Deprecation], known: set[str]) -> list[Deprecation]:
    """What neither a table nor the reviewed lists decide."""
    patterns = reviewed_messages()
    beginnings = tuple(name.removesuffix("*") for name in known if name.endswith("*"))
    by_last: dict[str, list[list[str]]] = {}
    for name in known:
        by_last.setdefault(name.rpartition(".")[2], []).append(name.split("."))
    return [
        each
        for each in found
        if not each.name.startswith(beginnings)
        and not _is_public_name_known(each, known, by_last)
        and not (each.kind == "library" and any(says(pattern, each.said) for pattern in patterns))
    ]


def _is_public_name_known(each: Deprecation, known: set[str], by_last: dict[str, list[list[str]]]) -> bool:
    """Whether a name is known under which what is deprecated is used: `torch.cuda.memory_cached` for
    `torch.cuda.memory.memory_cached`, or one that the message says."""
    if each.kind == "warning" and each.name not in known and not each.name.endswith(".__init__"):
        said = set(re.findall(r"torch(?:\.\w+)+", each.said.split(". ")[0].split("lease use")[0]))
        if said & known:
            return True
    elif each.kind == "decorator" and (found := re.search(r"torch(?:\.\w+)+", each.said)) and found[0] in known:
        return True
    parts = each.name.removesuffix(".__init__").split(".")
    return any(_is_within(name, parts) for name in by_last.get(parts[-1], ()))


def _is_within(name: list[str], parts: list[str]) -> bool:
    """Whether the parts of a name are among those of a longer one, in their order."""
    rest = iter(parts)
    return all(part in rest for part in name)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--torch", type=Path, default=torch_folder(), help="the folder of the package torch")
    parser.add_argument("--new", action="store_true", help="only what no table and no reviewed list decides")
    parser.add_argument("--libraries", action="store_true", help="the messages of compiled libraries, too")
    arguments = parser.parse_args()
    if arguments.torch is None:
        print("torch is not installed: name its folder with --torch", file=sys.stderr)
        return 2
    found = deprecations(arguments.torch)
    found += messages(arguments.torch) if arguments.libraries else []
    if arguments.new:
        found = undecided(found, decided())
    csv.writer(sys.stdout, lineterminator="\n").writerows([Deprecation._fields, *found])
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
