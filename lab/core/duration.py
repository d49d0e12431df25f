"""Durations as people read them."""

from __future__ import annotations

__all__ = ["duration"]


def duration(microseconds: float, digits: int = 3) -> str:
    """A time with the unit that suits it and `digits` significant digits: `4.1 ms`, `820 ns`.

    From what would be written as a thousand of the smaller unit on, it is one of the larger.
    """
    for unit, size in (("s", 1e6), ("ms", 1e3), ("µs", 1.0)):
        if microseconds >= size * (1 - 0.5 * 10.0**-digits):
            return f"{microseconds / size:.{digits}g} {unit}"
    return f"{microseconds * 1e3:.{digits}g} ns"
