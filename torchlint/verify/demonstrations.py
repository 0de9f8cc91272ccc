"""Demonstrations: where they are, the two programs in each, and what runs them.

The demonstration of a rule is a module with the functions `mistaken` and `mended`, which return what they measured by
name or raise, the function `is_harm` of both, which says whether the first is worse, and the sentence `HARM`, which
says what happens, with places for the numbers. What is raised is measured as `raises` and `message`. Its docstring says
what is shown. Nothing here imports torch but the modules that are run.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import math
import sys
import textwrap
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from torchlint import registry
from torchlint.demonstrated import Measured, Quantities, Quantity
from torchlint.own_rules.rule_folder import DEMONSTRATIONS
from torchlint.registry import RuleInfo

MISTAKEN, MENDED = "mistaken", "mended"
# Digits that are kept: what differs between processors is beyond them.
_DIGITS = 3
_SEED = 0
# Characters of a message that are kept.
_LONGEST = 120


class NoHarmError(Exception):
    """The mistaken program does no worse than the mended one here. The argument is what both came to."""


def folder() -> Path:
    """Where the demonstrations of torchlint's own rules are: beside them."""
    return Path(registry.rules_folder()) / DEMONSTRATIONS


def file_of(rule: RuleInfo) -> Path | None:
    """The demonstration of a rule; None where it has none."""
    beside = Path(rule.file).parent / DEMONSTRATIONS if rule.file else folder()
    path = beside / f"{rule.name.replace('-', '_')}.py"
    return path if path.is_file() else None


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def digest_of(text: str) -> str:
    """16 hex digits over a demonstration's text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def program(text: str, entry: str) -> str:
    """The part of a demonstration that a function of it runs: imports, what it names, what that names, and itself."""
    statements = ast.parse(text).body
    wanted = _reached(statements, entry)
    parts = [(statement, _segment(text, statement)) for statement in statements if wanted & set(_bound(statement))]
    imports = [part for statement, part in parts if isinstance(statement, ast.Import | ast.ImportFrom)]
    others = [part for statement, part in parts if not isinstance(statement, ast.Import | ast.ImportFrom)]
    return "\n\n\n".join(["\n".join(imports), *others]).strip() + "\n"


def _reached(statements: Iterable[ast.stmt], entry: str) -> set[str]:
    """The names of a module that a function needs, its own included."""
    definitions = [(set(_bound(statement)), set(_named(statement))) for statement in statements]
    reached: set[str] = set()
    following = {entry}
    while following:
        reached |= following
        named = [names for bound, names in definitions if bound & following]
        following = set().union(*named) - reached
    return reached


def _bound(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement of a module gives a meaning."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        yield statement.name
    elif isinstance(statement, ast.Import | ast.ImportFrom):
        yield from ((alias.asname or alias.name).partition(".")[0] for alias in statement.names)
    else:
        names = (node for node in ast.walk(statement) if isinstance(node, ast.Name))
        yield from (name.id for name in names if isinstance(name.ctx, ast.Store))


def _named(statement: ast.stmt) -> Iterator[str]:
    yield from (node.id for node in ast.walk(statement) if isinstance(node, ast.Name))


def _segment(text: str, statement: ast.stmt) -> str:
    decorators = getattr(statement, "decorator_list", [])
    first = min(node.lineno for node in (statement, *decorators))
    return "\n".join(text.splitlines()[first - 1 : statement.end_lineno])


def measure(path: Path, device: str = "cpu") -> Measured:
    """Run both programs of a demonstration. Raises `NoHarmError` where the mistaken one does no worse."""
    # Start-up: whoever prints a demonstration without running it needs no torch.
    import torch

    module = _loaded(path)
    seen: dict[str, Quantities] = {}
    for entry in (MISTAKEN, MENDED):
        torch.manual_seed(_SEED)
        seen[entry] = _outcome(getattr(module, entry))
    mistaken, mended = seen.values()
    try:
        harmful = module.is_harm(mistaken, mended)
    except KeyError:  # one of them raised instead of measuring what the other did
        harmful = False
    if not harmful:
        raise NoHarmError(f"the mistaken program gives {mistaken}, the mended one {mended}")
    said = {entry: {name: spoken(value) for name, value in seen[entry].items()} for entry in seen}
    version = torch.__version__.partition("+")[0]
    return Measured(mistaken, mended, module.HARM.format_map(said), version, device, digest_of(text_of(path)))


def _outcome(function: Callable[[], dict[str, Any]]) -> Quantities:
    """What a program measured, rounded, or what it raised."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return {name: _rounded(value) for name, value in function().items()}
        except Exception as error:
            return {"raises": type(error).__name__, "message": _first_sentence(str(error))}


def _first_sentence(message: str) -> str:
    """What an exception says first, without a full stop: it stands in a sentence."""
    first, _, _ = message.partition("\n")[0].partition(". ")
    return textwrap.shorten(first.rstrip("."), _LONGEST, placeholder=" ..")


def _loaded(path: Path) -> ModuleType:
    name = f"demonstration_of_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # `pickle` and dataclasses look a class up in the module that it names.
    sys.modules[name] = module
    # Libraries other than torch are stand-ins, so that a demonstration needs nothing else and downloads nothing.
    stand_ins = [str(each / "stand_ins") for each in dict.fromkeys((path.parent, folder()))]
    sys.path[:0] = stand_ins
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.path[: len(stand_ins)]
    return module


def _rounded(value: Any) -> Quantity:
    """A number as it is kept. What is not finite has no number in JSON."""
    if isinstance(value, bool | int | str):
        return value
    if not isinstance(value, float):
        raise TypeError(f"a demonstration returns numbers and words, not {type(value).__name__}")
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "infinity" if value > 0 else "-infinity"
    # Adding zero makes a zero of -0.0.
    return float(f"{value:.{_DIGITS}g}") + 0.0


def spoken(value: Quantity) -> str:
    """A number in a sentence."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    # Large numbers as people write them.
    return f"{value:,.0f}" if isinstance(value, int) or abs(value) >= 1_000 else f"{value:.{_DIGITS}g}"


def agree(kept: Quantities, seen: Quantities) -> bool:
    """Whether two runs came to the same, up to what processors may differ in."""
    return kept.keys() == seen.keys() and all(_close(kept[name], seen[name]) for name in kept)


def _close(one: Quantity, other: Quantity) -> bool:
    if isinstance(one, float) and isinstance(other, float | int) and not isinstance(other, bool):
        return math.isclose(one, other, rel_tol=0.01, abs_tol=1e-6)
    return one == other


def answer(message: dict[str, Any]) -> dict[str, Any]:
    """What a worker says to the question for a demonstration: what was measured, or why nothing was."""
    try:
        return measure(Path(message["path"]), message["device"])._asdict()
    except NoHarmError as none:
        return {"harmless": str(none)}
