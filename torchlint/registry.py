"""The rules that are installed: a generated index of what is needed to leave a file alone, and the rules themselves.

`python -m torchlint.registry` writes the index. Where it does not match the installed modules (a checkout in which a
rule was just edited) it is made again in memory.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from torchlint import data
from torchlint.anchors import Anchor, Words
from torchlint.finding import Severity

if TYPE_CHECKING:
    from torchlint.rule import Rule

_INDEX = "rules.json"
# What the rules of each hundred of codes are about.
SUBJECTS = {
    1: "losses",
    2: "numerics",
    3: "dims, shapes and results",
    4: "loops and speed",
    5: "datasets and loaders",
    6: "modules",
    7: "training",
    8: "API of other versions and libraries",
    9: "torchlint's own comments",
}


class RuleInfo(NamedTuple):
    """What is known of a rule without importing it.

    `on_classes`: it is asked about classes; `on_frames`: about functions. `related`: the codes of rules that it or they
    call neighbours.
    """

    code: str
    name: str
    module: str
    severity: Severity
    default: bool
    summary: str
    words: Words
    anchors: tuple[Anchor, ...]
    on_classes: bool
    on_frames: bool
    related: tuple[str, ...]

    @property
    def on_comments(self) -> bool:
        """Whether it is about comments that silence findings, and so about no code."""
        return not (self.on_classes or self.on_frames)


@cache
def rules() -> Sequence[RuleInfo]:
    """All rules in the order of their codes."""
    stored = _stored()
    return tuple(_restore(entry) for entry in stored) if stored is not None else _scan()


@cache
def load(code: str) -> type[Rule]:
    """The class of a rule. Raises KeyError for an unknown code."""
    for info in rules():
        if info.code == code:
            return _rule_class(info.module)
    raise KeyError(code)


def _rule_class(module_name: str) -> type[Rule]:
    # Start-up: the index alone tells that most files have nothing to report.
    from torchlint.rule import Rule

    module = importlib.import_module(module_name)
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Rule) and value.__module__ == module_name
    ]
    if len(found) != 1:
        raise ImportError(f"{module_name} must define one rule, not {len(found)}")
    return found[0]


def rules_folder() -> str:
    """Where the rule modules are. Raises ModuleNotFoundError in a checkout that is not installed."""
    try:
        package = importlib.import_module("torchlint.rules")
    except ModuleNotFoundError:
        raise ModuleNotFoundError("the rules are not installed: run `pip install -e .` in the checkout") from None
    return next(iter(package.__path__))


def _fingerprint() -> list[list[str | int]]:
    """Names and sizes of the modules of rules and of their vocabulary: cheap, and different after an edit in all but
    odd cases."""
    vocabulary = os.path.join(os.path.dirname(__file__), "vocabulary")
    entries = [entry for folder in (rules_folder(), vocabulary) for entry in os.scandir(folder)]
    modules = sorted((entry.name, entry.stat().st_size) for entry in entries if entry.name.endswith(".py"))
    return [list(module) for module in modules]


def _stored() -> list[dict[str, object]] | None:
    try:
        table = data.read(_INDEX)
    except (OSError, ValueError):
        return None
    if table.get("modules") != _fingerprint():
        return None
    entries: list[dict[str, object]] = table["rules"]
    return entries


def _restore(entry: dict[str, object]) -> RuleInfo:
    words = entry["words"]
    assert isinstance(words, list)
    alternatives = tuple(tuple(frozenset(group) for group in groups) for groups in words)
    anchors = entry["anchors"]
    assert isinstance(anchors, list)
    related = entry["related"]
    assert isinstance(related, list)
    return RuleInfo(
        code=str(entry["code"]),
        name=str(entry["name"]),
        module=str(entry["module"]),
        severity=Severity(str(entry["severity"])),
        default=bool(entry["default"]),
        summary=str(entry["summary"]),
        words=alternatives,
        anchors=tuple(Anchor(frozenset(tokens), *flags) for tokens, *flags in anchors),
        on_classes=bool(entry["on_classes"]),
        on_frames=bool(entry["on_frames"]),
        related=tuple(map(str, related)),
    )


def _scan(*, strict: bool = False) -> tuple[RuleInfo, ...]:
    """The index made from the modules themselves. A module that cannot be imported costs only its own rule."""
    # Start-up: only an index that is out of date needs it.
    import pkgutil

    found: list[RuleInfo] = []
    for module in pkgutil.iter_modules([rules_folder()]):
        if module.name.startswith("_"):
            continue
        try:
            found.append(_describe(f"torchlint.rules.{module.name}"))
        except Exception as error:
            if strict:
                error.add_note(f"The rule is {module.name}.")
                raise
            print(f"warning: rule module {module.name}: {type(error).__name__}: {error}", file=sys.stderr)
    return tuple(_with_all_related(info, found) for info in sorted(found, key=lambda info: info.code))


def _with_all_related(info: RuleInfo, found: Sequence[RuleInfo]) -> RuleInfo:
    """The rule with those related that it names and those that name it."""
    others = (other.code for other in found if info.code in other.related)
    return info._replace(related=tuple(sorted({*info.related, *others})))


def _describe(module: str) -> RuleInfo:
    # Start-up: only an index that is out of date needs it.
    from torchlint.needs import anchors_needed, words_needed

    rule = _rule_class(module)
    return RuleInfo(
        code=rule.code,
        name=rule.name(),
        module=module,
        severity=rule.severity,
        default=rule.default,
        summary=rule.summary(),
        words=words_needed(rule),
        anchors=anchors_needed(rule),
        on_classes=rule.is_on_classes(),
        on_frames=rule.is_on_frames(),
        related=rule.related,
    )


def render_index() -> str:
    """The text of the generated index."""
    entries = []
    for info in _scan(strict=True):
        entry = info._asdict()
        entry["words"] = [[sorted(group) for group in groups] for groups in info.words]
        entry["anchors"] = [[sorted(anchor.tokens), anchor.layered, anchor.written] for anchor in info.anchors]
        entries.append(json.dumps(entry, sort_keys=True))
    listing = ",\n  ".join(entries)
    return f'{{\n "modules": {json.dumps(_fingerprint())},\n "rules": [\n  {listing}\n ]\n}}\n'


def write_index() -> None:
    """Write the generated index anew, and read the rules from it from now on."""
    index = render_index()
    with open(data.path(_INDEX), "w", encoding="utf-8") as stream:
        stream.write(index)
    rules.cache_clear()


if __name__ == "__main__":
    write_index()
