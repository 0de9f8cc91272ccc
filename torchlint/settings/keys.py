"""The keys of `[tool.torchlint]`: what each takes, what holds without it, and what it is for.

Validation, `torchlint config`, the JSON schema and the reference in docs/settings.md are made from this one table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from torchlint.finding import SEVERITIES
from torchlint.formats import FORMATS
from torchlint.renames import mistake_in
from torchlint.selectors import suggestion
from torchlint.settings.globs import mistake
from torchlint.settings.selection import UnknownSelectorError, expand
from torchlint.torch_range import RangeError, parse_range, version_of

# Of a value that is wrong, so many characters are enough to find it.
_SHOWN = 60


class Kind(NamedTuple):
    """What a key takes: a function that says what is wrong with a value, or nothing, and the type in words."""

    problem: Callable[[Any], str]
    type: str


class Key(NamedTuple):
    """A key: what it takes, an example and the value that holds without it, both as TOML, and what it is for.

    `flag` is the option of the command line that says the same, if it has another name or there is none.
    """

    kind: Kind
    default: str
    example: str
    text: str
    flag: str | None = None


def _selectors(value: Any) -> str:
    if problem := _strings(value):
        return problem
    try:
        for selector in value:
            expand(selector)
    except UnknownSelectorError as error:
        return str(error)
    return ""


def _strings(value: Any) -> str:
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return ""
    return f"expected a list of strings, found {found(value)}"


def _globs(value: Any) -> str:
    if problem := _strings(value):
        return problem
    return next(filter(None, map(mistake, value)), "")


def _selectors_by_path(value: Any) -> str:
    if not isinstance(value, Mapping):
        return f"expected a table from file patterns to lists of rules, found {found(value)}"
    return next(filter(None, [_globs(list(value)), *map(_selectors, value.values())]), "")


def _severities(value: Any) -> str:
    if not isinstance(value, Mapping):
        return f"expected a table from rules to severities, found {found(value)}"
    return next(filter(None, [_selectors(list(value)), *map(_severity, value.values())]), "")


def _flag(value: Any) -> str:
    return "" if isinstance(value, bool) else f"expected true or false, found {found(value)}"


def _configuration(value: Any) -> str:
    return "" if isinstance(value, str) and value else f"expected the path of a TOML file, found {found(value)}"


def _path(value: Any) -> str:
    if not isinstance(value, str):
        return f"expected a path, found {found(value)}"
    return "" if value and "\0" not in value else f"expected a path, found {found(value)}"


def _severity(value: Any) -> str:
    if value in SEVERITIES:
        return ""
    shown = repr(value) if isinstance(value, str) else f"a value of type {type(value).__name__}"
    return f"expected {', '.join(SEVERITIES[:-1])} or {SEVERITIES[-1]}, found {shown}"


def _format(value: Any) -> str:
    if not isinstance(value, str):
        return f"expected the name of an output format, found {found(value)}"
    return "" if value in FORMATS else f"unknown output format {value!r}{suggestion(value, FORMATS)}"


def _range(value: Any) -> str:
    if not isinstance(value, str):
        return f"expected a range of versions such as '>=1.13', found {found(value)}"
    try:
        parse_range(value)
    except RangeError as error:
        return str(error)
    return ""


def _required(value: Any) -> str:
    return _range(exact(value)) if isinstance(value, str) else _range(value)


def exact(version: str) -> str:
    """A single version as the range that has only this one; a range as it is."""
    try:
        version_of(version)
    except RangeError:
        return version
    return f"=={version.strip()}"


def found(value: Any) -> str:
    """A value of the configuration as a message shows it: on one line, however long and deep it is."""
    # Start-up: only a mistake asks for it.
    import reprlib

    shortened = reprlib.Repr()
    shortened.maxstring = shortened.maxother = shortened.maxlong = _SHOWN
    return shortened.repr(value)


def _folders(value: Any) -> str:
    if problem := _strings(value):
        return problem
    return next(filter(None, map(_path, value)), "")


def _renames(value: Any) -> str:
    if not isinstance(value, Mapping):
        return f"expected a table from old names to new ones, found {found(value)}"
    return next(filter(None, (mistake_in(old, new) for old, new in value.items())), "")


SELECTORS = Kind(_selectors, "list of rules")
PATTERNS = Kind(_globs, "list of file patterns")
RULES_BY_PATH = Kind(_selectors_by_path, "table from file patterns to lists of rules")
SEVERITIES_BY_RULE = Kind(_severities, "table from rules to severities")
FLAG = Kind(_flag, "true or false")
PATH = Kind(_path, "path")
CONFIGURATION = Kind(_configuration, "path")
SEVERITY = Kind(_severity, "severity")
FORMAT = Kind(_format, "output format")
FOLDERS = Kind(_folders, "list of folders")
RENAMES = Kind(_renames, "table from old names to new ones")
RANGE = Kind(_range, "range of versions")
VERSIONS = Kind(_required, "range of versions")

_DEFAULT_RULES = "those that are on by default"

KEYS: dict[str, Key] = {
    "select": Key(
        SELECTORS,
        _DEFAULT_RULES,
        'select = ["TLT1", "log-of-softmax"]',
        "Rules that run, instead of those that are on by default. A prefix of codes turns on those rules under it that "
        "are on by default; a rule that is off by default is named by its full code or its name, or runs with `ALL`.",
    ),
    "ignore": Key(SELECTORS, "[]", 'ignore = ["TLT4"]', "Rules that do not run. A prefix leaves out all under it."),
    "extend-select": Key(SELECTORS, "[]", 'extend-select = ["item-in-loop"]', "Rules that run as well."),
    "extend-ignore": Key(SELECTORS, "[]", 'extend-ignore = ["TLT4"]', "The same as `ignore`."),
    "per-file-ignores": Key(
        RULES_BY_PATH,
        "{}",
        'per-file-ignores = { "tests/**" = ["TLT3"] }',
        "Rules that do not run on files whose path or name matches a pattern.",
    ),
    "extend-per-file-ignores": Key(
        RULES_BY_PATH,
        "{}",
        'extend-per-file-ignores = { "examples/**" = ["ALL"] }',
        "The same, in addition to `per-file-ignores`, also to that of a file that is extended.",
    ),
    "severity": Key(
        SEVERITIES_BY_RULE,
        "{}",
        'severity = { "TLT4" = "info", "item-in-loop" = "error" }',
        "How bad the findings of these rules are: `error`, `warning` or `info`. The longer selector wins.",
    ),
    "min-severity": Key(
        SEVERITY,
        '"info"',
        'min-severity = "warning"',
        "Nothing milder is reported, neither in the output nor by the exit code, and nothing milder is fixed.",
    ),
    "target-torch": Key(
        RANGE,
        "what the project's metadata state, else the newest",
        'target-torch = ">=1.13,<2.10"',
        "The versions of torch that the code is for.",
    ),
    "local-rules": Key(
        FOLDERS,
        "[]",
        'local-rules = ["lint_rules/"]',
        "Folders with rules of your own, relative to the file with this key. Their code runs only where the user's own "
        "configuration or `--allow-local-rules` lets it: docs/writing_a_rule.md.",
        "",
    ),
    "renames": Key(
        RENAMES,
        "{}",
        'renames = { "acme.losses.focal" = "acme.losses.focal_loss" }',
        "Names of your own that are called otherwise now. A use of an old one is reported, and `--fix --unsafe-fixes` "
        "writes the new one. Instead of the new name there may be a table with `new`, `since` (the version that has "
        "it), `message` and, where only people can mend it, `fix = false`.",
        "",
    ),
    "fix": Key(FLAG, "false", "fix = true", "Apply safe fixes, as `--fix` does; `--no-fix` does not."),
    "unsafe-fixes": Key(
        FLAG,
        "false",
        "unsafe-fixes = true",
        "Let `--fix` and `--diff` apply unsafe fixes too; else `--no-unsafe-fixes`.",
    ),
    "fixable": Key(SELECTORS, '["ALL"]', 'fixable = ["TLT2"]', "Only what these rules find is fixed."),
    "unfixable": Key(SELECTORS, "[]", 'unfixable = ["TLT8"]', "What these rules find is not fixed."),
    "extend-safe-fixes": Key(
        SELECTORS,
        "[]",
        'extend-safe-fixes = ["TLT2"]',
        "Rules whose unsafe fixes count as safe, whatever was seen when they were run.",
        "",
    ),
    "extend-unsafe-fixes": Key(
        SELECTORS, "[]", 'extend-unsafe-fixes = ["TLT1"]', "Rules whose safe fixes count as unsafe.", ""
    ),
    "include": Key(
        PATTERNS,
        '["*.py", "*.ipynb"]',
        'include = ["src/**/*.py"]',
        "The files that are checked in directories. A file that is named is checked whatever it is called.",
    ),
    "extend-include": Key(
        PATTERNS,
        "[]",
        'extend-include = ["*.md"]',
        "Files that are checked in directories as well: Markdown, for example.",
    ),
    "exclude": Key(
        PATTERNS,
        "the names that ruff leaves out, such as `.git`, `.venv`, `build` and `node_modules`",
        'exclude = ["third_party"]',
        "Files and directories that are left out, instead of the usual ones.",
    ),
    "extend-exclude": Key(
        PATTERNS,
        "[]",
        'extend-exclude = ["third_party", "*_pb2.py"]',
        "Files and directories that are left out as well.",
    ),
    "force-exclude": Key(
        FLAG, "false", "force-exclude = true", "Leave excluded files out even if they are named, as pre-commit does."
    ),
    "respect-gitignore": Key(FLAG, "true", "respect-gitignore = false", "Leave out what git ignores."),
    "baseline": Key(
        PATH,
        "none",
        'baseline = "torchlint-baseline.json"',
        "A file of `torchlint baseline` with the findings that are known and not reported. The path is relative to the "
        "file with this key.",
    ),
    "cache-dir": Key(
        PATH,
        '".torchlint_cache" beside the file with this key',
        'cache-dir = "build/torchlint"',
        "Where findings are remembered. It must lie within the folder of the configuration file; `--cache-dir` and "
        "`TORCHLINT_CACHE_DIR` may name any folder.",
    ),
    "output-format": Key(FORMAT, '"full"', 'output-format = "concise"', "How findings are printed."),
    "required-version": Key(
        VERSIONS,
        "any",
        'required-version = ">=0.1"',
        "The versions of torchlint that may run with this configuration: any other ends with an error and exit code 2.",
        "",
    ),
    "extend": Key(
        CONFIGURATION,
        "none",
        'extend = "../pyproject.toml"',
        "A file whose keys hold unless this one has them too. Its paths stay relative to itself.",
        "",
    ),
}
