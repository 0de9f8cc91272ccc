"""`torchlint clean`: delete the findings cache."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from torchlint.running import findings_cache
from torchlint.running.recall import cache_folder
from torchlint.settings.config import Configuration
from torchlint.terminal import complain, reason


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.usage = "%(prog)s [--cache-dir DIR]"
    parser.add_argument("--cache-dir", metavar="DIR", help="[that of `torchlint check`]")


def run(arguments: argparse.Namespace) -> int:
    """Delete the cache of the project in the working directory. Exit code 2 if it cannot be deleted."""
    folder = Path(os.path.realpath(arguments.cache_dir)) if arguments.cache_dir else _default()
    try:
        found = findings_cache.clean(folder)
    except OSError as error:
        complain(f"error: {folder}: {reason(error)}")
        return 2
    if found:
        print(f"Removed the cache at {folder}")
    return 0


def _default() -> Path:
    return cache_folder(None, Configuration().settings_in(os.getcwd()))
