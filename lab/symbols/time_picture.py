"""Time of a lookup by method: bars on a logarithmic axis, the ratio to the binary search first, then the time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from lab.core.duration import duration
from lab.core.svg import Picture
from lab.symbols.structures import STRUCTURES
from lab.symbols.timing import TimedLookup, Timing

__all__ = ["nanoseconds", "time_picture"]

FILLS = {"recorded": "idle", "here": "good"}
ROOMY = 5  # rows that have a second line
LOW, HIGH = 0.0, 5.0  # powers of ten: 1 ns to 100 µs a lookup


def nanoseconds(value: float) -> str:
    """A time in nanoseconds as a person reads it."""
    return duration(max(value, 0.0) * 1e-3)


def time_picture(
    timings: Sequence[Timing], comparisons: Mapping[str, int], headline: str, width: int = 920, text: int = 14
) -> Picture:
    """Every method's time a lookup; each of `timings` has its own bar and is named below.

    `comparisons`: of the whole workload, by method, where they are known.
    """
    timed_methods = dict.fromkeys(row.method for timing in timings for row in timing.rows)
    order = list(STRUCTURES)  # what is no structure, the checksum check, comes last
    methods = sorted(timed_methods, key=lambda m: order.index(m) if m in order else len(order))
    roomy = len(methods) <= ROOMY
    row = round(text * (max(3.5, 1.0 + 1.5 * len(timings)) if roomy else 0.5 + 1.35 * len(timings)))
    bar = round(text * 1.15)
    left, right, top = text * (13 if roomy else 11), text * 13.5, text * 2.0
    height = round(top + row * len(methods) + text * (0.8 + 1.5 * len(timings)))
    inner = width - left - right
    picture = Picture(width, height, "Time of a lookup", headline)

    def x(value: float) -> float:
        return left + inner * min(1.0, max(0.0, (math.log10(max(value, 0.1)) - LOW) / (HIGH - LOW)))

    picture.text(2, top - 6, "time of a lookup", size=text, ink="secondary")
    picture.text(width - 2, top - 6, "× binary search · time", size=text, ink="secondary", anchor="end")
    for power in range(int(LOW), int(HIGH) + 1):
        at = x(10.0**power)
        picture.line(at, top, at, top + row * len(methods), "idle")
        if power < HIGH and (power % 2 == 0 or inner > text * 30):
            said = nanoseconds(10.0**power)
            picture.text(at, top - 6, said, size=text, ink="secondary", anchor="middle", mono=True)
    for i, method in enumerate(methods):
        y = top + i * row + text * (0.6 if roomy else 0.25)
        found = [(t, r) for t in timings if (r := t.row(method))]
        structure = STRUCTURES.get(method)
        picture.open(method, f"{found[0][1].word}: " + "; ".join(_told(t, r) for t, r in found))
        picture.rect(0, y - 4, width, row - 2, "none")
        picture.text(2, y + text, f"{structure.mark if structure else '◆'} {found[0][1].word}", size=text, bold=True)
        if roomy and method in comparisons:
            picture.text(2, y + text * 2.3, f"{_short(comparisons[method])} comparisons", size=text, ink="secondary")
        for j, (timing, timed) in enumerate(found):
            at = y + j * text * (1.5 if roomy else 1.35)
            _bar(picture, timing, timed, (left, at, bar, width), x, text)
        picture.close()
    for j, timing in enumerate(timings):
        y = top + row * len(methods) + text * (1.4 + 1.5 * j)
        picture.rect(2, y - text * 0.85, text, text, FILLS[timing.measured], edge="edge")
        picture.text(text * 1.8, y, _fit(_where(timing), int((width - text * 2) / (text * 0.56))), size=text,
                     ink="secondary")  # fmt: skip
    return picture


def _bar(
    picture: Picture, timing: Timing, timed: TimedLookup, where: tuple[float, float, float, float], x: object, text: int
) -> None:
    """One bar with its interval, the ratio and the time behind it."""
    left, at, tall, width = where
    end = x(timed.nanoseconds)  # type: ignore[operator]
    if timed.nanoseconds > 0:
        picture.rect(left, at, max(2.0, end - left), tall, FILLS[timing.measured], edge="edge")
    if timed.interval and timed.nanoseconds > 0:
        low, high = (x(value) for value in timed.interval)  # type: ignore[operator]
        picture.line(low, at + tall / 2, high, at + tall / 2, "ink", width=2)
        for edge in (low, high):
            picture.line(edge, at + 3, edge, at + tall - 3, "ink", width=2)
    ratio = timing.ratio(timed.method, "binary")
    said = f"{ratio:.3g}×" if ratio is not None else "–"
    noisy = "noisy " if timed.noisy else ""
    picture.text(width - text * 5.4, at + tall - 3, noisy + said, size=text, anchor="end", mono=True, bold=True)
    picture.text(width - 2, at + tall - 3, nanoseconds(timed.nanoseconds), size=text, anchor="end", mono=True)


def _where(timing: Timing) -> str:
    word = "measured here" if timing.measured == "here" else "recorded"
    totals = [
        f"{row.word} {duration((timing.total(row.method) or 0.0) * 1e6)}"
        for row in timing.rows
        if row.method in ("linear", "binary", "hash", "crc")
    ]
    return f"{word}: all {timing.lookups:,}: {', '.join(totals)}. {timing.machine}"


def _told(timing: Timing, row: TimedLookup) -> str:
    return f"{nanoseconds(row.nanoseconds)} {'measured here' if timing.measured == 'here' else 'recorded'}"


def _fit(text: str, letters: int) -> str:
    return text if len(text) <= letters else text[: letters - 1] + "…"


def _short(count: int) -> str:
    return f"{count / 1e6:,.3g} M" if count >= 1_000_000 else f"{count:,}"
