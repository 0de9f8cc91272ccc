"""`torchlint generate-shell-completion`: a script that completes commands, options, their values and files.

Not by shtab, as of its 1.13: where the first word may be a command or a path, its script for zsh offers no commands,
and no options behind one.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from torchlint.command_table import COMMANDS

_SHELLS = ("bash", "zsh", "fish")
# zsh reads the script when it is first asked for something, which is to be answered too.
_AT_ONCE = "(( ${+compstate} )) && _bash_complete -o filenames -F _torchlint"


class _Option(NamedTuple):
    """The spellings of an option, the values that it takes if they are few, whether it takes one, and what it does."""

    names: tuple[str, ...]
    choices: tuple[str, ...]
    has_value: bool
    text: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `torchlint generate-shell-completion` takes."""
    parser.add_argument("shell", choices=_SHELLS, help="the shell that reads the script")


def run(arguments: argparse.Namespace) -> int:
    """Print the script. Returns the exit code."""
    options = {name: list(_options(module)) for name, (module, _) in COMMANDS.items()}
    texts = {name: text for name, (_, text) in COMMANDS.items()}
    match arguments.shell:
        case "fish":
            print("\n".join(_fish(options, texts)))
        case "zsh":
            print(f"#compdef torchlint\nautoload -U +X bashcompinit && bashcompinit\n{_bash(options)}\n{_AT_ONCE}")
        case _:
            print(_bash(options))
    return 0


def _options(module: str) -> Iterator[_Option]:
    parser = argparse.ArgumentParser(prog="torchlint")
    try:
        importlib.import_module(module).add_arguments(parser)
    except ModuleNotFoundError:
        return  # a command that needs torch, where there is none
    for action in parser._actions:
        if not action.option_strings:
            continue
        choices = tuple(map(str, action.choices or ()))
        text = " ".join((action.help or "").split()).replace("%%", "%")
        yield _Option(tuple(action.option_strings), choices, action.nargs != 0, text)


def _bash(options: Mapping[str, list[_Option]]) -> str:
    cases = "\n".join(f"        {name}) options={_quoted(_names(found))} ;;" for name, found in options.items())
    values = "\n".join(f"        {case}" for case in dict.fromkeys(_values(options)))
    return f"""\
_torchlint() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} previous= command=check options= word
    [ "$COMP_CWORD" -gt 0 ] && previous=${{COMP_WORDS[COMP_CWORD-1]}}
    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W {_quoted(options)} -- "$current"))
    fi
    for word in {" ".join(options)}; do
        [ "${{COMP_WORDS[1]}}" = "$word" ] && [ "$COMP_CWORD" -gt 1 ] && command=$word
    done
    case "$command $previous" in
{values}
    esac
    case $command in
{cases}
    esac
    if [ "${{current:0:1}}" = - ]; then
        COMPREPLY=($(compgen -W "$options" -- "$current"))
        return
    fi
    COMPREPLY+=($(compgen -f -- "$current"))
}}
complete -o filenames -F _torchlint torchlint"""


def _names(options: list[_Option]) -> list[str]:
    return [name for option in options for name in option.names]


def _values(options: Mapping[str, list[_Option]]) -> Iterator[str]:
    for command, found in options.items():
        for option in found:
            if option.choices:
                names = "|".join(f'"{command} {name}"' for name in option.names)
                yield f'{names}) COMPREPLY=($(compgen -W {_quoted(option.choices)} -- "$current")); return ;;'


def _fish(options: Mapping[str, list[_Option]], texts: Mapping[str, str]) -> Iterator[str]:
    others = " ".join(name for name in options if name != "check")
    for name, text in texts.items():
        yield f"complete -c torchlint -n __fish_use_subcommand -a {name} -d {_fish_quoted(text)}"
    for command, found in options.items():
        where = f"__fish_seen_subcommand_from {command}"
        if command == "check":  # also without its name
            where = f"not __fish_seen_subcommand_from {others}"
        for option in found:
            names = " ".join(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names)
            takes = f" -x -a {_fish_quoted(' '.join(option.choices))}" if option.choices else " -r" * option.has_value
            yield f"complete -c torchlint -n '{where}' {names}{takes} -d {_fish_quoted(option.text)}"


def _quoted(words: object) -> str:
    assert isinstance(words, list | tuple | Mapping)
    return "'" + " ".join(words) + "'"


def _fish_quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
