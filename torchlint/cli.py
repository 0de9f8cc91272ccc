"""The command line: `torchlint [check] PATHS`, `torchlint rule`, `torchlint verify` and smaller commands.

Only what a command needs is imported: `torchlint --version` loads neither rules nor reporters.
"""

from __future__ import annotations

import argparse
import errno
import gc
import importlib
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from torchlint import __version__
from torchlint.command_table import COMMANDS
from torchlint.running.stop import exit_code, listen
from torchlint.terminal import complain, drop, printable, reason, shortened, tame_streams

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

# The commands that need more than torchlint itself, and the extra that has it.
_EXTRAS = {"demonstrate": "verify", "server": "lsp", "verify": "verify"}
# What other tools call what we do, and the command to suggest.
_ELSEWHERE = {
    "diff": "check --diff",
    "explain": "rule",
    "fix": "check --fix",
    "format": "check --fix",
    "lint": "check",
    "linter": "rule --all",
    "list": "rule --all",
    "completion": "generate-shell-completion bash",
    "settings": "check --show-settings",
}
# An option whose value may be left out, so that it does not take the path after it for one.
_VALUELESS = {"--add-noqa": "--add-noqa="}
# Below this, what difflib calls close are other words.
_ALIKE = 0.7
_VERSION = f"torchlint {__version__}"
# New objects, rounds over young ones and over older ones between two collections: nearly all that a run makes stays for
# its length or goes with the file that it belongs to.
_COLLECTION = (200_000, 30, 30)
_WIDTH = 80
_UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
_NOBODY_READS = 141


def script() -> NoReturn:
    """The command `torchlint`: `main`, and a quick end. Freeing all that a run has built, one object after another,
    would take a thirtieth of it, for nothing."""
    listen()
    gc.set_threshold(*_COLLECTION)
    try:
        code = main()
    except SystemExit as end:  # of argparse, which has said why
        if not isinstance(end.code, int):
            raise
        code = end.code
    if "torchlint.verify" in sys.modules or sys.gettrace() is not None:
        sys.exit(code)  # workers are to be stopped, a debugger to be told
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):  # closed, or there is none
            stream.flush()
    os._exit(code)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command. Exit codes: 0 clean, 1 findings remain, 2 usage, configuration or internal error, 130 and 143
    ended by SIGINT and SIGTERM, 141 nobody reads standard output any more."""
    tame_streams()
    try:
        code = _dispatch(list(sys.argv[1:] if argv is None else argv))
        sys.stdout.flush()
    except KeyboardInterrupt as interrupt:
        return exit_code(interrupt)
    except BrokenPipeError:
        drop(sys.stdout)
        return _NOBODY_READS
    except OSError as error:
        complain(f"error: {_said(error)}")
        drop(sys.stdout)
        return 2
    except Exception:
        # Start-up: only a crash needs it.
        import traceback

        with suppress(OSError):
            traceback.print_exc()
        return 2
    return code


def _said(error: OSError) -> str:
    """What is wrong with which file; only a standard stream has no name."""
    if error.filename is not None:
        return f"{printable(os.fsdecode(error.filename))}: {reason(error)}"
    if error.errno == errno.EBADF:
        return "standard output is closed"
    return f"standard output: {reason(error)}" if error.errno in _UNWRITABLE else reason(error)


def _dispatch(argv: list[str]) -> int:
    if argv in (["--version"], ["-V"]):
        print(_VERSION)
        return 0
    if argv[:1] == ["help"] and not os.path.lexists("help"):
        argv = [*argv[1:2], "--help"]
    if argv and (meant := _mistaken(argv[0])):
        complain(f"error: {argv[0]}: no such command, file or directory; did you mean `torchlint {meant}`?")
        return 2
    name = argv.pop(0) if argv and argv[0] in COMMANDS else "check"
    module, description = COMMANDS[name]
    try:
        command = importlib.import_module(module)
        parser = _parser(name, description, helps=not {"-h", "--help"}.isdisjoint(argv))
        command.add_arguments(parser)
        return _run(command, parser.parse_args([_VALUELESS.get(word, word) for word in argv]))
    except SystemExit:  # of argparse, which does not see that its help was not written
        sys.stdout.flush()
        raise
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if name not in _EXTRAS or missing in ("", "torchlint"):
            raise
        complain(f"error: `torchlint {name}` needs {missing}: pip install 'torchlint[{_EXTRAS[name]}]'")
        return 2


class _Parser(argparse.ArgumentParser):
    """A parser that does not pass over a help text that cannot be written."""

    def print_help(self, file: SupportsWrite[str] | None = None) -> None:
        (file or sys.stdout).write(self.format_help())


def _mistaken(word: str) -> str:
    """The command that is meant by a word that is neither a command nor a path; nothing where that is open."""
    if word in COMMANDS or not word.replace("-", "").isalpha() or word.startswith("-") or os.path.lexists(word):
        return ""
    # Start-up: only a word that is not a path needs it.
    import difflib

    folded = word.casefold()
    if folded in _ELSEWHERE:
        return _ELSEWHERE[folded]
    close = difflib.get_close_matches(folded, [*COMMANDS, "help"], n=1, cutoff=_ALIKE)
    return close[0] if close else ""


def _parser(name: str, description: str, *, helps: bool) -> argparse.ArgumentParser:
    parser = _Parser(
        prog=f"torchlint {name}",
        description=_wrapped(description) if helps else None,
        epilog=_listing() if helps else None,
        # argparse makes one for each option that is declared, and without a width asks the terminal each time.
        formatter_class=partial(argparse.RawDescriptionHelpFormatter, width=None if helps else _WIDTH),
        allow_abbrev=False,
    )
    parser.add_argument("-V", "--version", action="version", version=_VERSION)
    return parser


def _wrapped(text: str, indent: str = "") -> str:
    """A text for terminals of 80 columns."""
    # Start-up: only `--help` needs it.
    import textwrap

    return textwrap.fill(text, _WIDTH - 2, initial_indent=indent, subsequent_indent=indent)


def _listing() -> str:
    """What `--help` says of all commands."""
    lines = ["commands:"]
    for name, (_, text) in COMMANDS.items():
        lines += [f"  {name}", _wrapped(text, " " * 6)]
    hint = (
        "`torchlint help COMMAND` has the options of each. A file or directory with the name of a command is written "
        "./rule."
    )
    return "\n".join([*lines, "", _wrapped(hint)])


def _run(command: Any, arguments: argparse.Namespace) -> int:
    # Start-up: `--version` and `--help` need no settings.
    from torchlint.settings.config_table import ConfigError

    try:
        code: int = command.run(arguments)
    except ConfigError as error:
        complain(f"error: {shortened(printable(str(error)))}")
        return 2
    return code
