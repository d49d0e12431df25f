"""What a measurement of lookups says: times with their intervals, ratios, and the counts that belong to them."""

from __future__ import annotations

import dataclasses
import json

from lab.core import dataset
from lab.core.errors import LabError
from lab.core.table import Table

__all__ = ["CRC_CHECK", "TimedLookup", "Timing", "recorded", "times"]

CRC_CHECK = "crc"
RECORDED = "symbols/recorded-times"


@dataclasses.dataclass(frozen=True, slots=True)
class TimedLookup:
    """One method's time and comparisons for one lookup.

    `interval`: 95 % of the median, None where only the figure was recorded. `noisy`: it is wider than
    20 % to a side. `comparisons`: None where they were not counted with the time. `bytes` and `lines`: of
    names and index, cache lines of 64 bytes, that one lookup reads with none of them read before: the mean over
    an even sample of the load; None where the method has no single lookup.
    """

    method: str
    word: str
    nanoseconds: float
    interval: tuple[float, float] | None
    noisy: bool
    comparisons: float | None
    bytes: float | None = None
    lines: float | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Timing:
    """Times of several methods on one machine; `lookups` is how many the whole workload has.

    `measured`: "here" or "recorded". `machine`, `protocol` and `workload` say where, how and of what. `cache`:
    "warm" or "cold".
    """

    measured: str
    machine: str
    protocol: str
    workload: str
    lookups: int
    rows: tuple[TimedLookup, ...]
    cache: str = "warm"

    def row(self, method: str) -> TimedLookup | None:
        """The row of a method, None if it was not timed."""
        return next((row for row in self.rows if row.method == method), None)

    def ratio(self, slow: str, fast: str) -> float | None:
        """How many times as long `slow` takes as `fast`; None if one was not timed or took no time."""
        a, b = self.row(slow), self.row(fast)
        return a.nanoseconds / b.nanoseconds if a and b and b.nanoseconds > 0 and a.nanoseconds > 0 else None

    def total(self, method: str) -> float | None:
        """Seconds for the whole workload."""
        row = self.row(method)
        return row.nanoseconds * self.lookups / 1e9 if row else None

    def headline(self) -> str:
        """The ratios in one sentence."""
        words = {row.method: row.word for row in self.rows}
        told = [
            f"the {words[slow]} takes {times(ratio)} as long as the {words[fast]}"
            for slow, fast in (("linear", "binary"), ("binary", "hash"), (CRC_CHECK, "binary"))
            if (ratio := self.ratio(slow, fast)) is not None
        ]
        text = ", ".join(told) or "one method was timed; a ratio needs two"
        return text[0].upper() + text[1:] + "."

    def table(self) -> Table:
        """The rows as a table."""
        binary = self.row("binary")
        rows = tuple(
            (
                r.word,
                round(r.nanoseconds, 2),
                round(r.interval[0], 2) if r.interval else None,
                round(r.interval[1], 2) if r.interval else None,
                None if r.comparisons is None else round(r.comparisons, 4),
                round(r.nanoseconds / binary.nanoseconds, 4) if binary and binary.nanoseconds > 0 else None,
                r.nanoseconds * self.lookups / 1e6,
                None if r.bytes is None else round(r.bytes, 1),
                None if r.lines is None else round(r.lines, 2),
                "noisy" if r.noisy else "",
            )
            for r in self.rows
        )
        columns = (
            "method",
            "ns a lookup",
            "95 % from",
            "to",
            "comparisons a lookup",
            "× binary search",
            "all (ms)",
            "bytes touched",
            "cache lines",
            "",
        )
        return Table(columns, rows, f"{self.measured}: {self.machine}; {self.workload}; {self.protocol}")


def times(ratio: float) -> str:
    """A ratio as a person says it."""
    return f"{ratio:.0f}×" if ratio >= 10 else f"{ratio:.1f}×" if ratio >= 1 else f"{ratio:.2f}×"


def recorded() -> Timing:
    """The bundled measurement, with its machine named; raises `LabError` if it was damaged."""
    try:
        raw = json.loads(dataset.find(RECORDED).path.read_text("utf-8"))
        rows = tuple(
            TimedLookup(r["method"], r["word"], r["milliseconds"] * 1e6 / raw["lookups"], None, False, None)
            for r in raw["rows"]
        )
        return Timing("recorded", raw["machine"], raw["protocol"], raw["workload"], raw["lookups"], rows)
    except (OSError, ValueError, KeyError, TypeError):
        raise LabError("the recorded times are missing or damaged; install the lab again") from None
