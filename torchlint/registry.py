"""The rules that are installed: a generated index of what is needed to leave a file alone, and the rules themselves.

`python -m torchlint.registry` writes the index. Where it does not match the installed modules (a checkout in which a
rule was just edited) it is made again in memory.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from torchlint import certificates, data, demonstrated
from torchlint.active_folders import ACTIVE
from torchlint.anchors import Anchor
from torchlint.finding import Severity
from torchlint.rule_info import RuleInfo as RuleInfo
from torchlint.rule_info import described, rule_class

if TYPE_CHECKING:
    from torchlint.own_rules.found import Fault, Found
    from torchlint.own_rules.rule_folder import RuleFolder
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


# The folders of rules that were read, each with its rules.
_read: dict[str, tuple[RuleFolder, Found]] = {}
_absent: dict[str, str] = {}
_dependent: list[Callable[[], None]] = []
_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")


def while_rules_stay(function: Callable[_Parameters, _Result]) -> Callable[_Parameters, _Result]:
    """A cache of what is said of rules: one for each choice of folders, forgotten where one of them changes."""
    caches: dict[tuple[str, ...] | None, Callable[..., _Result]] = {}
    _dependent.append(caches.clear)

    @wraps(function)
    def call(*args: _Parameters.args, **keywords: _Parameters.kwargs) -> _Result:
        active = ACTIVE.get()
        if active not in caches:
            caches[active] = cache(function)
        return caches[active](*args, **keywords)

    return call


def _others() -> None:
    """There are other rules now than there were."""
    for clear in _dependent:
        clear()


@while_rules_stay
def rules() -> Sequence[RuleInfo]:
    """All rules: torchlint's own in the order of their codes, then those of installed packages and of folders."""
    return (*built_in(), *_of_packages(), *(_of_folders().rules if _read else ()))


@while_rules_stay
def _of_folders() -> Found:
    """The rules of the folders that are asked, each code once, and what is wrong with others."""
    active = ACTIVE.get()
    found = [_read[path][1] for path in (_read if active is None else active)]
    # Start-up: most projects have no rules of their own.
    from torchlint.own_rules.found import distinct, joined

    return distinct(joined(found), [*built_in(), *_of_packages()])


@while_rules_stay
def built_in() -> Sequence[RuleInfo]:
    """torchlint's own rules in the order of their codes."""
    stored = _stored()
    return tuple(_restore(entry) for entry in stored) if stored is not None else _scan()


@cache
def _installed() -> tuple[Found, ...]:
    """The rules of installed packages, if there are such packages."""
    # Start-up: an index that is being written has none.
    from torchlint.own_rules.entry_points import GROUP, entry_points

    points = list(entry_points(GROUP))
    if not points:
        return ()
    # Start-up: few people have such packages.
    from torchlint.own_rules.found import distinct
    from torchlint.own_rules.installed import rules_of

    return (distinct(rules_of(points), built_in()),)


def _of_packages() -> list[RuleInfo]:
    """The rules of installed packages."""
    return [info for each in _installed() for info in each.rules]


def installed_files() -> Sequence[str]:
    """The files of installed packages that their rules may depend on."""
    rules = _of_packages()
    if not rules:
        return ()
    # Start-up: few people have such packages.
    from torchlint.own_rules.installed import files_of

    return files_of(rules)


def read_folder(path: str) -> RuleFolder:
    """Read the rules of a folder as they are now. It runs what is in the folder, so that whoever calls this knows that
    it may be run. Raises `OSError`."""
    # Start-up: most projects have no rules of their own.
    from torchlint.own_rules import rule_folder

    folder = rule_folder.read_folder(path)
    if path not in _read or _read[path][0] != folder:
        _read[path] = folder, rule_folder.load(folder)
        _others()
        texts = {info.code: rule_folder.text_digest(info.file) for info in _read[path][1].rules}
        certificates.read_beside(path, texts)
        demonstrated.table.cache_clear()
    return folder


def ask_folders(folders: Sequence[RuleFolder]) -> None:
    """Have the rules of these folders, and of no others, among all rules in this thread. In another process than the
    one that read them they are read first."""
    if not folders and not _read:
        return
    for folder in folders:
        if folder.path not in _read or _read[folder.path][0] != folder:
            read_folder(folder.path)
    ACTIVE.set(tuple(folder.path for folder in folders))


def forget_folders() -> None:
    """Have no rules of folders, as in a new process."""
    if _read or _absent:
        _read.clear()
        _absent.clear()
        ACTIVE.set(None)
        _others()


@contextmanager
def asking(folders: Sequence[RuleFolder]) -> Iterator[None]:
    """The same for as long as the block lasts."""
    before = ACTIVE.set(ACTIVE.get())
    try:
        ask_folders(folders)
        yield
    finally:
        ACTIVE.reset(before)


def is_in_folder(path: str) -> bool:
    """Whether a file lies in a folder of rules that are run."""
    return any(os.path.realpath(path).startswith(os.path.join(folder, "")) for folder in _read)


def faults() -> list[Fault]:
    """What is wrong with rules of installed packages and of the folders that are asked."""
    return [fault for each in (*_installed(), *((_of_folders(),) if _read else ())) for fault in each.faults]


def in_folder(path: str) -> Sequence[RuleInfo]:
    """The rules of a folder that is asked."""
    return [info for info in rules() if os.path.dirname(info.file) == path]


def lacking(keys: Collection[str]) -> frozenset[str]:
    """The codes of rules that need a key of the configuration other than these."""
    return frozenset(info.code for info in rules() if info.key and info.key not in keys)


def note_absent(rules: Iterable[tuple[str, str]]) -> None:
    """There are rules with these codes and names that are not run."""
    _absent.update(rules)


def is_absent(word: str) -> bool:
    """Whether a word names rules that there are and that are not run: the code, its beginning or the name of one."""
    folded = word.upper()
    return bool(word) and any(code.startswith(folded) or name == word.casefold() for code, name in _absent.items())


@while_rules_stay
def on_all_files(codes: frozenset[str]) -> frozenset[str]:
    """Those of some rules that are asked about files without torch, too."""
    return frozenset(info.code for info in rules() if not info.about_torch and info.code in codes)


def info_of(code: str) -> RuleInfo | None:
    """What is known of the rule with this code, if there is one."""
    return next((info for info in rules() if info.code == code), None)


@while_rules_stay
def load(code: str) -> type[Rule]:
    """The class of a rule. Raises KeyError for an unknown code."""
    info = info_of(code)
    if info is None:
        raise KeyError(code)
    return rule_class(info.module, info.attribute)


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
        about_torch=bool(entry["about_torch"]),
        key=str(entry["key"]),
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
            found.append(described(f"torchlint.rules.{module.name}"))
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


def render_index() -> str:
    """The text of the generated index."""
    entries = []
    for info in _scan(strict=True):
        entry = info._asdict()
        del entry["attribute"], entry["file"]  # of rules that are not torchlint's own
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
    _others()


if __name__ == "__main__":
    write_index()
