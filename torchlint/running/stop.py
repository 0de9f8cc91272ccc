"""Signals that end a run early: what was found by then is kept, and no file is left half written."""

from __future__ import annotations

import signal
import sys
from _thread import allocate_lock
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

# Held while a file is replaced. In a worker, whoever ends the process waits for it.
WRITING = allocate_lock()

_asked = 0


class Stopped(KeyboardInterrupt):
    """The run was asked to end by a signal."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def exit_code(interrupt: KeyboardInterrupt) -> int:
    """What shells show for a program that a signal ended: 130 after SIGINT, 143 after SIGTERM."""
    return 128 + (interrupt.number if isinstance(interrupt, Stopped) else signal.SIGINT)


def listen() -> None:
    """Raise `Stopped` in the main thread at SIGINT and SIGTERM, except where the parent process ignores them."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, _stop)
    shown = sys.unraisablehook

    def hook(raised: UnraisableHookArgs) -> None:
        # Raised while an object was freed, where Python drops it: `check` raises it again.
        if not isinstance(raised.exc_value, Stopped):
            shown(raised)

    sys.unraisablehook = hook


def check() -> None:
    """Raise `Stopped` if a signal came that was held back or dropped."""
    if _asked:
        raise Stopped(_asked)


@contextmanager
def undivided() -> Iterator[None]:
    """What is begun here is done before the process ends, unless it is killed. A signal waits for `check`."""
    with WRITING:
        yield


def _stop(number: int, frame: FrameType | None) -> None:
    global _asked
    _asked = number
    if not WRITING.locked():
        raise Stopped(number)
