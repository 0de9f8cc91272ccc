"""`torchlint server`: talk with an editor over standard input and output."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from types import FrameType

from torchlint.server.features import make_server
from torchlint.terminal import complain

# As in `torchlint.lint`, for as long as the server runs.
_RECURSION_LIMIT = 30_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `torchlint server` takes: nothing. Some clients say how they talk, which is the only way."""
    parser.add_argument("--stdio", action="store_true", help="talk over standard input and output, as it does anyway")


def run(arguments: argparse.Namespace) -> int:
    """Serve until the client ends the session. Returns 1 if it just went away."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    sys.setrecursionlimit(_RECURSION_LIMIT)
    if sys.stdin.isatty():
        complain("`torchlint server` waits for an editor to start it and talk with it; see docs/editors.md")
    out = sys.stdout.buffer
    # Whatever prints would break the protocol.
    sys.stdout = sys.stderr
    make_server().start_io(sys.stdin.buffer, out)
    return 1


def _end(number: int, frame: FrameType | None) -> None:
    """Nothing is half written, and the thread that reads would be waited for."""
    os._exit(128 + number)
