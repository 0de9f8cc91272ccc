"""The options of `torchlint check`, with ruff's names."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from typing import Any

from torchlint.finding import SEVERITIES
from torchlint.formats import FORMATS
from torchlint.settings.config import Overrides
from torchlint.settings.config_table import ConfigError
from torchlint.terminal import COLOR_CHOICES

# Options that mean the same as the key of `[tool.torchlint]` of that name.
_KEYS = (
    *("select", "ignore", "extend-select", "extend-ignore", "per-file-ignores", "extend-per-file-ignores"),
    *("severity", "min-severity", "target-torch", "fix", "unsafe-fixes", "fixable", "unfixable"),
    *("include", "extend-include", "exclude", "extend-exclude", "force-exclude", "respect-gitignore", "baseline"),
)
_RULES = "codes, prefixes of codes, rule names or ALL, separated by commas"
_PREFIXES = """\
A prefix such as TLT2 turns on those rules under it that are on by default;
a rule that is off by default runs if its full code, its name or ALL is
selected. --ignore with a prefix leaves out all rules under it."""
_SEVERITIES = tuple(map(str, SEVERITIES))
_FORMATS = ", ".join(FORMATS)
_PATTERNS = "file patterns separated by commas"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare everything that `torchlint check` takes."""
    parser.usage = "%(prog)s [options] [PATH ...]"
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files or directories, or - for standard input [.]")
    _add_fixes(parser.add_argument_group("fixes"))
    _add_output(parser.add_argument_group("output"))
    _add_adoption(parser.add_argument_group("old code"))
    add_selection(parser).add_argument(
        *("--stdin-filename", "--stdin-display-name"), metavar="PATH", help="the name of what comes from standard input"
    )
    _add_shown(parser.add_argument_group("settings"))
    _add_debugging(parser.add_argument_group("debugging"))


def add_selection(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """Declare what decides which rules run on which files, as other commands take it too. Returns the options about
    files."""
    _add_rules(parser.add_argument_group("rules", _PREFIXES))
    files = parser.add_argument_group("files")
    _add_files(files)
    _add_configuration(parser.add_argument_group("configuration"))
    return files


def add_allowance(group: argparse._ActionsContainer) -> None:
    """Declare what lets the code of a repository run."""
    group.add_argument(
        "--allow-local-rules",
        action="store_true",
        help="run the rules in the folders that the configuration names under local-rules: they are code",
    )


def completed(arguments: argparse.Namespace, **more: Any) -> argparse.Namespace:
    """The arguments of another command as those of `torchlint check`, with these among them."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return argparse.Namespace(**{**vars(parser.parse_args([])), **vars(arguments), **more})


def _add_fixes(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--fix", action=argparse.BooleanOptionalAction, help="apply safe fixes")
    group.add_argument(
        "--unsafe-fixes", action=argparse.BooleanOptionalAction, help="let --fix and --diff apply unsafe fixes too"
    )
    group.add_argument("--diff", action="store_true", help="print what --fix would change and change nothing")
    group.add_argument("--fix-only", action="store_true", help="apply fixes and do not report what is left")
    # Two spellings and no argument: `--verify src` is about src.
    group.add_argument(
        *("--verify", "--verify=fast"),
        dest="verify",
        action="store_const",
        const="fast",
        help="run each fix before and after on generated inputs and hold back what differs (needs torch)",
    )
    group.add_argument(
        "--verify=full", dest="verify", action="store_const", const="full", help="the same on many more inputs"
    )
    group.add_argument(
        "--device", choices=("cpu", "cuda", "mps"), default="cpu", help="where --verify runs fixes [cpu]"
    )
    group.add_argument("--show-fixes", action="store_true", help="list the applied fixes")
    group.add_argument("--exit-non-zero-on-fix", action="store_true", help="exit with 1 if a fix was applied")


def _add_output(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--output-format", choices=FORMATS, metavar="FORMAT", help=f"{_FORMATS} [full; env: TORCHLINT_OUTPUT_FORMAT]"
    )
    group.add_argument("-o", "--output-file", metavar="FILE", help="write the findings to a file")
    group.add_argument("--statistics", action="store_true", help="count findings by rule instead of listing them")
    group.add_argument("-e", "--exit-zero", action="store_true", help="exit with 0 even if there are findings")
    group.add_argument("-q", "--quiet", action="store_true", help="print findings and errors only, no totals or hints")
    group.add_argument(
        *("-v", "--verbose"),
        action="store_true",
        help="say on standard error what was read, found in the cache and run",
    )
    group.add_argument(
        *("-w", "--watch"), action="store_true", help="check again whenever a file changes (needs torchlint[watch])"
    )
    group.add_argument("--color", choices=COLOR_CHOICES, default="auto", help="[auto; env: NO_COLOR, FORCE_COLOR]")


def _add_adoption(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--add-noqa",
        metavar="[=REASON]",
        help="silence what is found by a comment at the end of each line, with the reason if one is given",
    )
    group.add_argument(
        "--baseline", metavar="FILE", help="do not report what this file of `torchlint baseline` says is known"
    )
    group.add_argument(
        "--changed-since",
        metavar="REV",
        help="report, and fix, only what touches lines added since this revision of git, and all of new files",
    )


def _add_rules(group: argparse._ArgumentGroup) -> None:
    _add_list(group, "--select", f"run these rules only: {_RULES}")
    _add_list(group, "--ignore", "leave these rules out")
    _add_list(group, "--extend-select", "run these rules too")
    _add_list(group, "--extend-ignore", "the same as --ignore")
    for name, text in (
        ("per-file-ignores", "leave these rules out"),
        ("extend-per-file-ignores", "leave these out too"),
    ):
        _add_table(group, f"--{name}", "PATTERN:RULE,..", f"{text} on files of this pattern: 'tests/**:TLT3'", _Rules)
    _add_table(group, "--severity", "RULE:LEVEL,..", "how bad these findings are: TLT4:info", _Severities)
    group.add_argument(
        "--min-severity",
        choices=_SEVERITIES,
        help="report nothing milder, neither in the output nor by the exit code, and fix nothing milder [info]",
    )
    group.add_argument(
        "--target-torch",
        metavar="RANGE",
        help="the versions of torch that the code is for, such as >=1.13 or >=2.0,<2.6 [what the project's metadata "
        "state, else the newest]",
    )
    _add_list(group, "--fixable", "fix only what these rules find")
    _add_list(group, "--unfixable", "do not fix what these rules find")


def _add_files(group: argparse._ArgumentGroup) -> None:
    _add_list(group, "--include", f"check these in directories, instead of '*.py' and '*.ipynb': {_PATTERNS}")
    _add_list(group, "--exclude", f"leave these out, instead of the usual directories: {_PATTERNS}")
    _add_list(group, "--extend-exclude", "leave these out too")
    _add_list(group, "--extend-include", "check these in directories too, beside .py and .ipynb: '*.md', for example")
    group.add_argument(
        "--force-exclude",
        action=argparse.BooleanOptionalAction,
        help="leave excluded files out even if they are named",
    )
    group.add_argument("--respect-gitignore", action=argparse.BooleanOptionalAction, help="leave out what git ignores")
    group.add_argument("-j", "--jobs", type=_jobs, metavar="N", help="number of processes, or auto [auto]")
    group.add_argument("-n", "--no-cache", action="store_true", help="neither read nor write the findings cache")
    group.add_argument(
        "--cache-dir", metavar="DIR", help="[.torchlint_cache beside the configuration file; env: TORCHLINT_CACHE_DIR]"
    )


def _add_configuration(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--config",
        action="append",
        default=[],
        metavar="FILE|KEY=VALUE",
        help="a TOML file to use instead of the nearest pyproject.toml or torchlint.toml, or a line of TOML that wins "
        "over it",
    )
    group.add_argument("--isolated", action="store_true", help="read no configuration file")
    add_allowance(group)


def _add_shown(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--show-settings",
        action="store_true",
        help="print what holds for the first file, or for --stdin-filename, and stop",
    )
    group.add_argument("--show-files", action="store_true", help="print the files that would be checked and stop")


def _add_debugging(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--debug", action="store_true", help="print the traceback of a rule that crashes")
    group.add_argument(
        "--timing", action="store_true", help="print what each rule costs (one process, as with -j 1 --no-cache)"
    )


def _add_list(group: argparse._ArgumentGroup, name: str, text: str) -> None:
    group.add_argument(name, type=_list, action="extend", metavar="A,B", help=text)


def _add_table(group: argparse._ArgumentGroup, name: str, form: str, text: str, action: type[argparse.Action]) -> None:
    group.add_argument(name, action=action, metavar=form, help=text)


class _Rules(argparse.Action):
    """`PATTERN:RULE` for a table from patterns to lists of rules."""

    def __call__(self, parser: Any, namespace: argparse.Namespace, values: Any, option: str | None = None) -> None:
        table = dict(getattr(namespace, self.dest) or {})
        for pattern, rule in _pairs(self, values):
            table[pattern] = [*table.get(pattern, ()), rule]
        setattr(namespace, self.dest, table)


class _Severities(argparse.Action):
    """`RULE:LEVEL` for a table from rules to severities."""

    def __call__(self, parser: Any, namespace: argparse.Namespace, values: Any, option: str | None = None) -> None:
        setattr(namespace, self.dest, {**(getattr(namespace, self.dest) or {}), **dict(_pairs(self, values))})


def _pairs(action: argparse.Action, text: str) -> Iterator[tuple[str, str]]:
    for item in _list(text):
        # From the right: a pattern may have a drive.
        left, colon, right = item.rpartition(":")
        if not (left and colon and right):
            raise argparse.ArgumentError(action, f"expected {action.metavar}, found {item!r}")
        yield left.strip(), right.strip()


def _list(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def _jobs(text: str) -> int | None:
    if text == "auto":
        return None
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a positive number or auto, found {text!r}")
    return int(text)


def overrides(arguments: argparse.Namespace) -> Overrides:
    """What the options say in place of the configuration files. Raises `ConfigError`."""
    files = [text for text in arguments.config if _is_file(text)]
    if len(files) > 1:
        raise ConfigError(f"--config names more than one file: {', '.join(files)}")
    if files and arguments.isolated:
        raise ConfigError("--config with a file and --isolated contradict each other")
    said = {key: getattr(arguments, key.replace("-", "_")) for key in _KEYS}
    if arguments.baseline == "":  # as `--baseline=` says it
        said["baseline"] = None
    return Overrides(
        table={key: value for key, value in said.items() if value is not None},
        config=files[0] if files else None,
        inline=tuple(text for text in arguments.config if not _is_file(text)),
        isolated=arguments.isolated,
        allow_local_rules=arguments.allow_local_rules,
    )


def _is_file(text: str) -> bool:
    return "=" not in text or os.path.exists(text)
