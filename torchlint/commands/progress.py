"""How far a run is, on one line of a terminal that is gone when the run is done."""

from __future__ import annotations

import os
import sys
from _thread import allocate_lock
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from threading import Thread

# Seconds until the first line, and between two looks at what has been done.
_PATIENCE = 2.0
_PAUSE = 0.1


class Progress:
    """Says `Checked 3 of 17 files` on standard error, of what takes longer than two seconds.

    Nothing is shown unless both standard output and standard error are terminals.
    """

    def __init__(self, text: str, total: int) -> None:
        """`text` has places for `done` and `total`."""
        self.done = 0
        self._text = text
        self._total = total
        self._thread: Thread | None = None
        self._end = allocate_lock()

    def __enter__(self) -> Self:
        if self._total and _is_watched():
            # Start-up: only a terminal needs it.
            from threading import Thread

            self._end.acquire()
            self._thread = Thread(target=self._show, daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._thread is not None:
            self._end.release()
            self._thread.join()

    def _show(self) -> None:
        shown = ""
        patience = _PATIENCE
        while not self._end.acquire(timeout=patience):
            patience = _PAUSE
            line = self._text.format(done=min(self.done, self._total), total=self._total)
            if line != shown:
                _write(f"\r{line}")
                shown = line
        if shown:
            _write(f"\r{' ' * len(shown)}\r")


def _is_watched() -> bool:
    with suppress(OSError, ValueError):
        return sys.stdout.isatty() and sys.stderr.isatty()
    return False


def _write(text: str) -> None:
    # Not through the stream, whose lock a process that is forked meanwhile would inherit.
    with suppress(OSError, ValueError):
        os.write(sys.stderr.fileno(), text.encode())
