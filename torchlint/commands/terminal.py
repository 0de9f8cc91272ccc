"""What people read: standard streams, colour, names that their encoding cannot hold, reasons of failures."""

from __future__ import annotations

import io
import os
import sys
from typing import TextIO

# Of a message, in characters: some lines of a terminal.
_LONGEST = 600
COLOR_CHOICES = ("auto", "always", "never")


def use_color(choice: str, stream: TextIO) -> bool:
    """Whether to colour what goes to the stream, for `--color` auto, always or never."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def tame_streams() -> None:
    """Let no file name and no message raise for a character that the terminal's encoding lacks: it is escaped."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def drop_output() -> None:
    """Send what is still buffered for standard output nowhere: its reader is gone."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())


def write_bytes(data: bytes) -> None:
    """Write bytes to standard output as they are."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def complain(line: str) -> None:
    """One line on standard error."""
    print(line, file=sys.stderr)


def printable(path: str) -> str:
    """A path on one line, whatever characters are in it."""
    return path if path.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in path)


def shortened(message: str) -> str:
    """A message of which the middle is left out if it quotes very long names or values."""
    return message if len(message) <= _LONGEST else f"{message[: _LONGEST // 2]} .. {message[-_LONGEST // 4 :]}"


def reason(error: OSError) -> str:
    """Why something could not be read or written, in a few words."""
    return (error.strerror or str(error)).lower()
