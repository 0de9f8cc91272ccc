"""`torchlint baseline`: record what is found, so that only what is new is reported from then on."""

from __future__ import annotations

import argparse
import os
import tempfile
from contextlib import suppress

from torchlint.commands.check import outcomes_of
from torchlint.commands.options import add_selection, completed
from torchlint.running.baseline import FILE, Baseline, Checked
from torchlint.settings.config import Settings
from torchlint.settings.config_table import ConfigError, shown
from torchlint.terminal import complain, printable, reason


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `torchlint baseline` takes."""
    parser.usage = "%(prog)s [options] [PATH ...]"
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files or directories [.]")
    parser.add_argument(
        "--baseline",
        metavar="FILE",
        dest="file",
        help=f"the file to write [that of the configuration, else {FILE} beside it]",
    )
    parser.add_argument("--prune", action="store_true", help="take out what is gone, and add nothing")
    add_selection(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the file. Returns 2 if some file could not be checked; raises `ConfigError`."""
    outcomes, configuration = outcomes_of(completed(arguments, baseline="", fix=False, quiet=True, stdin_filename=None))
    settings = configuration.settings_in(os.getcwd())
    file = _file(arguments.file, settings)
    checked = [Checked(outcome, configuration.settings_for(outcome.path)) for outcome in outcomes]
    baseline = Baseline.read(file) if arguments.prune or os.path.exists(file) else Baseline(file, {})
    before, text = baseline.total, baseline.text()
    if arguments.prune:
        baseline.prune(checked)
    else:
        baseline.record(checked)
    if not os.path.exists(file) or text != baseline.text():
        _write(file, baseline.text())
    _say(baseline, file, settings, before if arguments.prune else None)
    for outcome in outcomes:
        for problem in filter(None, [outcome.error, *outcome.failures]):
            complain(f"{printable(outcome.path)}: error: {problem}; nothing is changed in what is recorded of it")
    return 2 if any(outcome.broken for outcome in outcomes) else 0


def _file(named: str | None, settings: Settings) -> str:
    if named:
        return os.path.abspath(named)
    folder = os.path.dirname(settings.file) if settings.file else os.getcwd()
    return settings.baseline or os.path.join(folder, FILE)


def _say(baseline: Baseline, file: str, settings: Settings, before: int | None) -> None:
    if before is not None:
        gone = before - baseline.total
        print(f"Took {gone} finding{'s' * (gone != 1)} out of {shown(file)}; {baseline.total} left.")
        return
    found, files = baseline.total, baseline.files
    counts = f"{found} finding{'s' * (found != 1)} in {files} file{'s' * (files != 1)}"
    print(f"Recorded {counts} in {shown(file)}.")
    if settings.baseline != file:
        name = os.path.relpath(file, os.path.dirname(settings.file)) if settings.file else shown(file)
        print(f'To leave them out: --baseline {shown(file)}, or `baseline = "{name}"` under [tool.torchlint].')


def _write(file: str, text: str) -> None:
    """Replace the file in one step."""
    try:
        handle, temporary = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=os.path.dirname(file))
        try:
            with open(handle, "w", encoding="utf-8", newline="\n", errors="surrogateescape") as stream:
                stream.write(text)
            os.chmod(temporary, os.stat(file).st_mode if os.path.exists(file) else 0o666 & ~_umask())
            os.replace(temporary, file)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(temporary)
            raise
    except OSError as error:
        raise ConfigError(f"{shown(file)}: {reason(error)}") from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
