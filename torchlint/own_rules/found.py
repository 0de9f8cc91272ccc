"""What came of looking for rules: those that can run, and what is wrong with the others."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from torchlint.rule_info import RuleInfo, described, rule_class


class Fault(NamedTuple):
    """A file with a rule that cannot run, and why, in one line."""

    file: str
    text: str


class Found(NamedTuple):
    """Rules, and faults of those that cannot run."""

    rules: tuple[RuleInfo, ...] = ()
    faults: tuple[Fault, ...] = ()


def sorted_out(parts: Iterable[RuleInfo | Fault]) -> Found:
    """The rules among these, and the faults of the others."""
    parts = list(parts)
    rules = tuple(each for each in parts if isinstance(each, RuleInfo))
    return Found(rules, tuple(each for each in parts if isinstance(each, Fault)))


def joined(parts: Iterable[Found]) -> Found:
    """All of several together."""
    parts = list(parts)
    rules = tuple(info for each in parts for info in sorted(each.rules, key=lambda info: info.code))
    return Found(rules, tuple(fault for each in parts for fault in each.faults))


def distinct(found: Found, others: Iterable[RuleInfo]) -> Found:
    """Without the rules whose code or name is that of another one."""
    taken = {word: info for info in others for word in (info.code, info.name)}
    rules: list[RuleInfo] = []
    faults = [*found.faults]
    for info in found.rules:
        words = [("code", info.code), ("name", info.name)]
        clash = next(((what, word, taken[word]) for what, word in words if word in taken), None)
        if clash is None:
            rules.append(info)
            taken |= {info.code: info, info.name: info}
        else:
            what, word, other = clash
            whose = other.file or "torchlint itself"
            faults.append(Fault(info.file, f"its {what} {word} is taken by a rule of {whose}: choose another {what}"))
    return Found(tuple(rules), tuple(faults))


def read_rule(module: str, attribute: str, file: str) -> RuleInfo | Fault:
    """Import a rule. Whatever its module raises is a fault of it and no more."""
    # Start-up: only rules that are not torchlint's own need it.
    from torchlint.own_rules.validity import problem

    try:
        with _quiet():
            rule = rule_class(module, attribute)
            wrong = problem(rule)
            if not wrong and "-" not in rule.name():
                wrong = f"{rule.name()!r} is one word: name the pattern in two or more, as in old_call.py"
            return Fault(file, wrong) if wrong else described(module, attribute, file)
    except (Exception, SystemExit) as error:
        return Fault(file, said(error, module))


def said(error: BaseException, module: str = "") -> str:
    """An exception in one line, with the row of a file that does not parse."""
    if isinstance(error, SyntaxError) and error.lineno:
        return f"it does not parse: line {error.lineno}: {error.msg}"
    text = " ".join(str(error).replace(module or "\0", "it").split())
    return f"it cannot be imported: {type(error).__name__}: {text}" if not _is_ours(error) else text


def _is_ours(error: BaseException) -> bool:
    """Whether it says that there is not one rule, rather than that an import failed."""
    return type(error) is ImportError and error.name is None


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """What a module prints when it is imported goes where it spoils no output for programs."""
    with contextlib.redirect_stdout(sys.stderr):
        yield
