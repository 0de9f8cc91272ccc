"""A folder of rules, as `local-rules` of a configuration names it.

Each `*.py` in it is the module of one rule, except for those that begin with an underscore, which are helpers that
rules import relatively. `fixtures`, `demonstrations` and `tests` below it are programs, and never imported for a check.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import FileFinder, ModuleSpec, SourceFileLoader
from types import CodeType, ModuleType
from typing import NamedTuple

from torchlint.certificates import TABLE as CERTIFICATES
from torchlint.own_rules.found import Fault, Found, read_rule, sorted_out
from torchlint.rule_info import RuleInfo

FIXTURES, DEMONSTRATIONS, TESTS = "fixtures", "demonstrations", "tests"
_PROGRAMS = frozenset({FIXTURES, DEMONSTRATIONS, TESTS, "__pycache__"})
_PREFIX = "torchlint_rules_of_"
_CODE = re.compile(r"^[ \t]+code\s*(?::[^=\n]+)?=\s*[\"']([A-Z]+[0-9]+)[\"']", re.MULTILINE)


class RuleFolder(NamedTuple):
    """A folder of rules that may be run, and the digest of what was in it."""

    path: str
    digest: str


def is_rule_file(name: str) -> bool:
    """Whether a file of this name in a folder of rules holds a rule."""
    return name.endswith(".py") and not name.startswith(("_", "test_")) and name != "conftest.py"


def rule_files(folder: str) -> list[str]:
    """The files with rules, by name. Raises `OSError`."""
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if is_rule_file(name)]


def read_folder(path: str) -> RuleFolder:
    """The folder as it is now. Raises `OSError`."""
    state = hashlib.blake2b(digest_size=16)
    for file in _sources(path):
        with open(file, "rb") as stream:
            data = stream.read()
        state.update(f"{os.path.relpath(file, path)}\0{len(data)}\0".encode())
        state.update(data)
    return RuleFolder(path, state.hexdigest())


def _sources(folder: str) -> Iterator[str]:
    """All that decides what rules find and which fixes are safe."""
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if os.path.isdir(path):
            yield from _sources(path) if name not in _PROGRAMS and not name.startswith(".") else ()
        elif name.endswith(".py") or name == CERTIFICATES:
            yield path


def text_digest(file: str) -> str:
    """A digest of a rule's text and of those of the helpers beside it. Raises `OSError`."""
    folder = os.path.dirname(file)
    helpers = sorted(name for name in os.listdir(folder) if name.startswith("_") and name.endswith(".py"))
    state = hashlib.blake2b(digest_size=8)
    for path in (file, *(os.path.join(folder, name) for name in helpers)):
        with open(path, "rb") as stream:
            state.update(stream.read() + b"\0")
    return state.hexdigest()


def written_codes(folder: str) -> list[tuple[str, str]]:
    """The codes and names of the rules, read off their text: nothing is run."""
    found: list[tuple[str, str]] = []
    try:
        files = rule_files(folder)
    except OSError:
        return []
    for file in files:
        try:
            with open(file, encoding="utf-8", errors="replace") as stream:
                code = _CODE.search(stream.read())
        except OSError:
            continue
        name = os.path.splitext(os.path.basename(file))[0].replace("_", "-")
        found += [(code[1], name)] if code else []
    return found


def load(folder: RuleFolder) -> Found:
    """Import all rules of a folder. Raises `OSError`."""
    package = _package(folder)
    found: list[RuleInfo | Fault] = []
    for file in rule_files(folder.path):
        stem = os.path.splitext(os.path.basename(file))[0]
        if stem.isidentifier():
            found.append(read_rule(f"{package}.{stem}", "", file))
        else:
            found.append(Fault(file, "its name is not one of a module: write letters, digits and underscores"))
    return sorted_out(found)


def _package(folder: RuleFolder) -> str:
    """The package that stands for a folder with this content: after a change it is another one."""
    name = f"{_PREFIX}{hashlib.blake2b(repr(folder).encode(), digest_size=8).hexdigest()}"
    if name not in sys.modules:
        package = ModuleType(name, f"The rules of {folder.path}.")
        package.__path__ = [folder.path]
        sys.modules[name] = package
    if _FINDER not in sys.meta_path:
        sys.meta_path.insert(0, _FINDER)
    return name


class _FromText(SourceFileLoader):
    """A loader that neither reads nor writes bytecode: what runs is what stands there, and nothing is left behind."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(self.get_data(path), path)
        return code


class _Finder(MetaPathFinder):
    """Finds rules and their helpers below the packages that stand for folders."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not fullname.startswith(_PREFIX):
            return None
        for folder in path or ():
            spec = FileFinder(folder, (_FromText, [".py"])).find_spec(fullname)
            if spec is not None:
                return spec
        return None


_FINDER = _Finder()
