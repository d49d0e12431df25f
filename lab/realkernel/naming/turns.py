"""One progress for several boots."""

from __future__ import annotations

from lab.core.progress import Progress

__all__ = ["turn"]

FINE = 100  # parts of one boot


def turn(progress: Progress, number: int, boots: int) -> Progress:
    """A receiver for boot `number` (from 0) of `boots`, which tells `progress` how far all of them are."""

    def tell(done: int, total: int, label: str) -> None:
        part = FINE * done // total if total else FINE
        said = label if boots == 1 else f"{label} ({number + 1} of {boots})"
        progress(number * FINE + part, boots * FINE, said)

    return tell
