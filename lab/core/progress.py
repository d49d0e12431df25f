"""How far a long run is: one call `(done, total, label)`, and the same call stops it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Protocol, TextIO

__all__ = ["Cancelled", "Progress", "silent", "step", "terminal"]


class Cancelled(Exception):
    """Raised by a receiver's call to end the run that reports to it; nothing half-done is kept."""


class Progress(Protocol):
    """A receiver: call it as often as convenient; it may raise `Cancelled`."""

    def __call__(self, done: int, total: int, label: str) -> None:
        """`done` of `total` units of the step called `label` are finished."""


def silent(done: int, total: int, label: str) -> None:
    """Tell nobody."""


def step(progress: Progress, done: int, total: int, label: str) -> Progress:
    """Tell `progress` that step `done` of `total` begins; a receiver for what the step itself reports.

    Whatever that is, `progress` hears of the same step again, so that it can end the run in the middle of it.
    """
    begun = (done, total, label)

    def tell(done: int, total: int, label: str) -> None:
        progress(*begun)

    progress(*begun)
    return tell


def terminal(stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> Progress:
    """A receiver that redraws one line on `stream` (stderr) at most ten times a second.

    Where the stream is no terminal it stays silent, so logs are not flooded.
    """
    out = sys.stderr if stream is None else stream
    if not out.isatty():
        return silent
    last = [-1.0]

    def tell(done: int, total: int, label: str) -> None:
        now = clock()
        if done < total and now - last[0] < 0.1:
            return
        last[0] = now
        share = 100 * done // total if total else 100
        out.write(f"\r\x1b[K{label} {share} %" + ("\n" if done >= total else ""))
        out.flush()

    return tell
