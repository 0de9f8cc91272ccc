"""`torchlint new-rule`: write the files of a rule of your own, which pass their test as they are."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from torchlint import registry
from torchlint.own_rules.codes import code_problem
from torchlint.own_rules.rule_folder import FIXTURES, written_codes
from torchlint.own_rules.scaffold import NewRule, name_problem, next_code, stem_of
from torchlint.settings.config import Configuration
from torchlint.settings.config_table import ConfigError, shown
from torchlint.terminal import reason

_FOLDER = "lint_rules"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `torchlint new-rule` takes."""
    parser.add_argument("name", metavar="NAME", help="what the rule finds, in two words or more, such as old-load")
    parser.add_argument(
        "--folder",
        metavar="DIR",
        help="the folder of rules [the first that the configuration names under local-rules, else lint_rules]",
    )
    parser.add_argument("--code", help="its code, such as ACM101 [the one after those of the folder]")
    parser.add_argument(
        "--rewrite", action="store_true", help="a rule that is a pair of functions, instead of code over values"
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the files. Returns the exit code; raises `ConfigError` for a name or code that cannot be."""
    named = Configuration().named_rules_in(os.getcwd())
    folder = Path(arguments.folder or next(iter(named), _FOLDER))
    rule = NewRule(_stem(arguments.name), _code(arguments.code, str(folder)), arguments.rewrite)
    files = {Path(path): text for path, text in rule.files(str(folder)).items()}
    module, *fixtures, test = files
    for path in (module, module.parent / FIXTURES / rule.stem):
        if path.exists():
            raise ConfigError(f"{shown(str(path))}: it is there already, and nothing is written over")
    for path in (module, *fixtures, *(() if test.exists() else (test,))):
        _write(path, files[path])
        print(f"wrote {shown(str(path))}")
    for line in _next_steps(folder, os.path.realpath(folder) in map(os.path.realpath, named)):
        print(line)
    return 0


def _stem(name: str) -> str:
    if problem := name_problem(name):
        raise ConfigError(problem)
    word = stem_of(name).replace("_", "-")
    if any(info.name == word for info in registry.rules()):
        raise ConfigError(f"{word} is the name of a rule already: choose another")
    return stem_of(name)


def _code(code: str | None, folder: str) -> str:
    taken = {taken for taken, _ in written_codes(folder)} | {info.code for info in registry.rules() if info.file}
    code = code or next_code(taken)
    if not code:
        raise ConfigError("there is no free code after those of the folder: give one with --code")
    if problem := code_problem(code):
        raise ConfigError(f"--code: {problem}")
    if code in taken:
        raise ConfigError(f"--code: {code} is the code of another rule")
    return code


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except OSError as error:
        raise ConfigError(f"{shown(str(path))}: {reason(error)}") from None


def _next_steps(folder: Path, is_named: bool) -> list[str]:
    place = shown(str(folder))
    key = f'local-rules = ["{Path(place).as_posix()}"]'
    return [
        "Next:",
        *([] if is_named else [f"  add {key} to [tool.torchlint] in pyproject.toml"]),
        f"  python -m pytest {place}",
        "  torchlint --allow-local-rules",
        f"  torchlint verify --rules {place} --write",
        "https://torchlint.github.io/torchlint/writing_a_rule/ says what a rule can ask.",
    ]
