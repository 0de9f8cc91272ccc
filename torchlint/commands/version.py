"""`torchlint version`."""

from __future__ import annotations

import argparse

from torchlint import __version__


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `torchlint version` takes."""
    parser.add_argument("--output-format", choices=("text", "json"), default="text", help="[text]")


def run(arguments: argparse.Namespace) -> int:
    """Print the version. Returns the exit code."""
    if arguments.output_format == "json":
        # Start-up: only this output format needs it.
        import json

        print(json.dumps({"version": __version__}, indent=2))
    else:
        print(f"torchlint {__version__}")
    return 0
