"""Write docs/checks.md, what a Check can ask: `python -m tools.make_checks_page`.

All of it comes from the code: the names that `torchlint.rule` gives to rules, the families of the table of operations,
the vocabulary. What is said of each is the beginning of its docstring, or the comment above it.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from torchlint import claims, rule, vocabulary
from torchlint.fixing.editor import Editor
from torchlint.match import Match
from torchlint.torch_facts import ops
from torchlint.values import units
from torchlint.values.units.unit_family import Family
from torchlint.values.value import Value

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "checks.md"
# What every value has.
_COMMON = frozenset({"node", "frame", "memo"})
_SHOWN_OPERATIONS = 6
_HEAD = """\
# What a Check can ask

Written by `python -m tools.make_checks_page` from the code. CONTRIBUTING.md shows how a rule is added. All names are
those of `torchlint.rule`, except for the vocabulary, which has modules of its own.
"""


def render() -> str:
    """The whole page."""
    sections = (
        ("What a Check declares", _attributes(rule.Check)),
        ("Where its code is called", _methods(rule.Check)),
        ("What it yields", [_made(rule.Problem), _made(rule.Place), *_claims()]),
        ("Values: what an expression is", _values()),
        ("The frame: what happens in a function", _members(rule.Frame, "frame")),
        ("A bound call: what `check_call` is given", _members(rule.BoundCall, "call")),
        ("A match: what `when` and `applies` of a pair are given", _members(Match, "match")),
        ("What is certain of a value", _functions_of(rule.facts, rule.dtypes, rule.sizes)),
        ("Units: what numbers stand for", _units()),
        (
            "Comparing values, and walking over them",
            _exported("torchlint.values.compare", "torchlint.values.interpret"),
        ),
        ("Classes of the project", _functions_of(rule.classes)),
        ("The text: trees, names and scopes", _exported("torchlint.syntax", "torchlint.torch_facts")),
        ("Operations", [*_functions_of(ops), *_families()]),
        ("The vocabulary", _vocabulary()),
        ("Edits of a fix", _methods(Editor)),
    )
    return "\n".join([_HEAD, *(f"## {title}\n\n" + "\n".join(rows) + "\n" for title, rows in sections)])


def summary(thing: object) -> str:
    """The first sentence of a docstring, in one line."""
    said = thing.__doc__ if inspect.isclass(thing) else inspect.getdoc(thing)
    text = " ".join(inspect.cleandoc(said or "").partition("\n\n")[0].split())
    return re.split(r"(?<=[^.]\.) (?=[A-Z`])", text)[0]


def _row(term: str, said: str) -> str:
    return f"- `{term}`: {said}" if said else f"- `{term}`"


def _call(name: str, function: Callable[..., Any]) -> str:
    """A function as it is called: without `self`, types and private parameters, and `...` for a default of no name."""
    parameters = [
        parameter.replace(
            annotation=inspect.Parameter.empty, default=... if type(parameter.default) is object else parameter.default
        )
        for parameter in inspect.signature(function).parameters.values()
        if parameter.name not in ("self", "depth") and not parameter.name.startswith("_")
    ]
    return f"{name}{inspect.Signature(parameters)}".replace("=Ellipsis", "=...")


def _is_public_function(name: str, thing: object, module: str) -> bool:
    return callable(thing) and not name.startswith("_") and not inspect.isclass(thing) and _home(thing) == module


def _home(thing: object) -> str:
    return getattr(inspect.unwrap(thing) if callable(thing) else thing, "__module__", "") or ""


def _functions_of(*modules: ModuleType) -> list[str]:
    """The functions of modules of facts, under the names by which a rule calls them."""
    rows = []
    for module in modules:
        prefix = module.__name__.rpartition(".")[2]
        for name, thing in vars(module).items():
            inside = _home(thing).startswith(module.__name__)
            if _is_public_function(name, thing, _home(thing)) and inside:
                rows.append(_row(_call(f"{prefix}.{name}", thing), summary(thing)))
    return rows


def _units() -> list[str]:
    """How a family is asked, then each with its units, and the functions beside them."""
    rows = [
        _row(_call(f"units.FAMILY.{name}", thing), summary(thing))
        for name, thing in vars(Family).items()
        if name[0] != "_"
    ]
    for name in units.__all__:
        family = getattr(units, name)
        if isinstance(family, Family):
            answers = ", ".join(f"`{family.units.__name__}.{unit.name}`" for unit in family.units)
            rows.append(_row(f"units.{name}", f"{summary(family.units)} ({answers})"))
    return [*rows, *_functions_of(units)]


def _exported(*packages: str) -> list[str]:
    """The functions and classes that `torchlint.rule` takes from some packages, and the functions of its modules."""
    rows = []
    for name in rule.__all__:
        thing = getattr(rule, name)
        if isinstance(thing, ModuleType) and thing.__name__.startswith(packages) and thing not in (ops, rule.classes):
            rows += _functions_of(thing)
        elif _home(thing).startswith(packages) and not _is_value(thing) and thing is not rule.Frame:
            is_function = callable(thing) and not inspect.isclass(thing)
            rows.append(_row(_call(name, thing) if is_function else name, summary(thing)))
    return rows


def _is_value(thing: object) -> bool:
    return inspect.isclass(thing) and issubclass(thing, Value)


def _subclasses(base: type) -> list[type]:
    things = (getattr(rule, name) for name in rule.__all__)
    return [thing for thing in things if inspect.isclass(thing) and base in thing.__mro__[1:]]


def _made(cls: type) -> str:
    """How an instance of a class is made, and the whole of its docstring."""
    return _row(_call(cls.__name__, cls), " ".join((inspect.getdoc(cls) or "").split()))


def _claims() -> list[str]:
    return [_row(cls.__name__, summary(cls)) for cls in _subclasses(claims.Claim)]


def _values() -> list[str]:
    """The kinds of values with the attributes that they have."""
    rows = [_row("Value", " ".join((inspect.getdoc(Value) or "").split()))]
    for cls in _subclasses(Value):
        slots = [slot for slot in getattr(cls, "__slots__", ()) if slot not in _COMMON and not slot.startswith("_")]
        shown = ", ".join(f"`.{slot}`" for slot in slots)
        said = " ".join(inspect.cleandoc(cls.__doc__ or "").split())
        rows.append(_row(cls.__name__, said) + (f" It has {shown}." if shown else ""))
    return rows


def _attributes(cls: type) -> list[str]:
    """The attributes that a class declares for those that derive from it, of its bases too, then its docstring."""
    names = [name for base in reversed(cls.__mro__) for name in vars(base).get("__annotations__", {})]
    rows = [_row(name, _default(cls, name)) for name in names]
    return [*rows, "", inspect.getdoc(rule.Rule) or "", "", inspect.getdoc(cls) or ""]


def _default(cls: type, name: str) -> str:
    if not hasattr(cls, name):
        return "every rule has its own"
    value = getattr(cls, name)
    return f"`{value.name if isinstance(value, rule.Severity) else repr(value)}` unless it is given"


def _methods(cls: type) -> list[str]:
    """The methods of a class that are not private, class methods, or properties."""
    found = ((name, thing) for name, thing in vars(cls).items() if not name.startswith("_"))
    return [_row(_call(name, thing), summary(thing)) for name, thing in found if inspect.isfunction(thing)]


def _members(cls: type, name_of_it: str) -> list[str]:
    """The docstring of a class, then its fields, properties and methods, of an instance that has a name."""
    rows = [inspect.getdoc(cls) or "", ""]
    fields: tuple[str, ...] = getattr(cls, "_fields", ())
    rows += [f"- `{name_of_it}.{name}`: `{cls.__annotations__[name].__forward_arg__}`" for name in fields]
    for name, thing in vars(cls).items():
        wrapped = getattr(thing, "fget", None) or getattr(thing, "func", None)
        if name.startswith("_") or name in fields:
            continue
        if wrapped is not None:
            rows.append(_row(f"{name_of_it}.{name}", summary(thing)))
        elif inspect.isfunction(thing):
            rows.append(_row(_call(f"{name_of_it}.{name}", thing), summary(thing)))
    return rows


def _families() -> Iterator[str]:
    """The families that have a name, what the comment above each says, and some of their operations."""
    for name, comment in _family_comments():
        members = sorted(getattr(ops, name), key=lambda member: (member.startswith("torch."), member))
        shown = ", ".join(members[:_SHOWN_OPERATIONS])
        more = f" and {len(members) - _SHOWN_OPERATIONS} more" if len(members) > _SHOWN_OPERATIONS else ""
        yield _row(f"ops.{name}", f"{comment} ({shown}{more})".strip())


def _family_comments() -> Iterator[tuple[str, str]]:
    source = inspect.getsource(ops)
    lines = source.splitlines()
    table = next(
        node.value
        for node in ast.parse(source).body
        if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "_FAMILIES"
    )
    assert isinstance(table, ast.Dict)
    for key in table.keys:
        assert isinstance(key, ast.Constant)
        row = key.lineno - 2
        comment: list[str] = []
        while lines[row].strip().startswith("#"):
            comment.insert(0, lines[row].strip().removeprefix("# "))
            row -= 1
        yield str(key.value), " ".join(comment)


def _vocabulary() -> Iterator[str]:
    """The modules of the vocabulary, each with what it has for rules."""
    for found in pkgutil.iter_modules(vocabulary.__path__):
        module = importlib.import_module(f"{vocabulary.__name__}.{found.name}")
        yield f"\n### {found.name}\n\n{summary(module)}\n"
        for name, thing in vars(module).items():
            if _is_public_function(name, thing, module.__name__):
                yield _row(_call(name, thing), summary(thing))
            elif inspect.isclass(thing) and _home(thing) == module.__name__ and not name.startswith("_"):
                yield _row(name, summary(thing))


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tools.make_checks_page", description=summary(sys.modules[__name__])
    )
    parser.add_argument("--print", action="store_true", help="print the page instead")
    if parser.parse_args().print:
        sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
        sys.stdout.write(render())
    else:
        PAGE.write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main()
