"""Runs of the command line over the rules of `cli_rig.py` that believe to write to a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Timer

from checkout import RIG
from hang_guard import HANG_GUARD


def on_terminal(*arguments: str, columns: int = 80, **environment: str) -> str:
    """What a terminal of this width is sent on standard output."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    unset = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES")
    clean = {key: value for key, value in os.environ.items() if key not in unset}
    command = [sys.executable, str(RIG), *arguments]
    streams = {"stdin": subprocess.DEVNULL, "stdout": theirs, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env={**clean, "TERM": "xterm-256color", **environment}, **streams) as process:
        os.close(theirs)
        pieces = []
        with suppress(OSError):  # Linux says so where the other end is closed
            while piece := os.read(ours, 65_536):
                pieces.append(piece)
        os.close(ours)
        _, said = process.communicate(timeout=HANG_GUARD)
    assert b"Traceback" not in said, said
    return b"".join(pieces).decode().replace("\r\n", "\n")


@contextmanager
def typed(*command: str) -> Iterator[tuple[Callable[[str], None], Callable[[str], None]]]:
    """A program on a terminal: a function that types a text, and one that waits until the terminal shows one."""
    process, ours = pty.fork()
    if not process:
        os.environ["TERM"] = "dumb"
        os.execvp(command[0], command)
    timer = Timer(HANG_GUARD, os.kill, (process, signal.SIGKILL))
    timer.start()
    shown = b""

    def wait_for(text: str) -> None:
        nonlocal shown
        while text.encode() not in shown:
            try:
                shown += os.read(ours, 65_536)
            except OSError:  # Linux says so where the other end is closed
                raise AssertionError(f"{text!r} is not in {shown!r}") from None
        shown = b""

    try:
        yield lambda text: os.write(ours, text.encode()), wait_for
    finally:
        timer.cancel()
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        os.close(ours)
