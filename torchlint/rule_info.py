"""What is known of a rule without importing it, and how that is read off its module."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, NamedTuple

from torchlint.anchors import Anchor, Words
from torchlint.finding import Severity

if TYPE_CHECKING:
    from torchlint.rule import Rule


class RuleInfo(NamedTuple):
    """What is known of a rule without importing it.

    `on_classes`: it is asked about classes; `on_frames`: about functions. `related`: the codes of rules that it or they
    call neighbours. `about_torch`: it is asked about files that speak of torch only. `key`: it has nothing to say where
    the configuration lacks this key. `attribute` is the name of its class where the module may hold others; `file` is
    the module's file where the rule is not torchlint's own, else empty.
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
    about_torch: bool = True
    key: str = ""
    attribute: str = ""
    file: str = ""

    @property
    def on_comments(self) -> bool:
        """Whether it is about comments that silence findings, and so about no code."""
        return not (self.on_classes or self.on_frames)


def rule_class(module_name: str, attribute: str = "") -> type[Rule]:
    """The class of the rule in a module: the only one, unless it is named. Raises `ImportError`."""
    # Start-up: the index alone tells that most files have nothing to report.
    from torchlint.rule import Rule

    module = importlib.import_module(module_name)
    if attribute:
        value = getattr(module, attribute, None)
        if not (isinstance(value, type) and issubclass(value, Rule)):
            raise ImportError(f"{attribute!r} in {module_name} is not a class that derives from Rewrite or Check")
        return value
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Rule) and value.__module__ == module_name
    ]
    if len(found) != 1:
        raise ImportError(f"{module_name} must define one rule, not {len(found)}")
    return found[0]


def described(module: str, attribute: str = "", file: str = "") -> RuleInfo:
    """What is to be known of the rule in a module, which is imported."""
    # Start-up: only an index that is out of date, and rules that are not torchlint's own, need it.
    from torchlint.needs import anchors_needed, words_needed

    rule = rule_class(module, attribute)
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
        about_torch=rule.about_torch,
        key=rule.key,
        attribute=attribute,
        file=file,
    )
