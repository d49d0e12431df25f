"""How long lookups take: the compiled loops over real names, measured by the hall's protocol.

Counts are equal on every machine; a time belongs to one machine, and says to which.
"""

from __future__ import annotations

import dataclasses
import functools
import json
from array import array
from collections.abc import Callable, Sequence
from typing import Any

from lab.core import dataset
from lab.core.errors import LabError
from lab.core.progress import Progress, silent
from lab.core.table import Table
from lab.core.timing import Measurement, machine, measure
from lab.symbols.corpus import Corpus
from lab.symbols.ksymtab import Ksymtab
from lab.symbols.structures import STRUCTURES, batch
from lab.symbols.workload import Workload, all_names, all_references, versions

__all__ = ["CRC_CHECK", "TimedLookup", "Timing", "measure_lookups", "recorded", "times"]

CRC_CHECK = "crc"
RECORDED = "symbols/recorded-times"


@dataclasses.dataclass(frozen=True, slots=True)
class TimedLookup:
    """One method's time and comparisons for one lookup.

    `interval`: 95 % of the median, None where only the figure was recorded. `noisy`: it is wider than
    20 % to a side. `comparisons`: None where they were not counted with the time.
    """

    method: str
    word: str
    nanoseconds: float
    interval: tuple[float, float] | None
    noisy: bool
    comparisons: float | None


@dataclasses.dataclass(frozen=True, slots=True)
class Timing:
    """Times of several methods on one machine; `lookups` is how many the whole workload has.

    `measured`: "here" or "recorded". `machine`, `protocol` and `workload` say where, how and of what.
    """

    measured: str
    machine: str
    protocol: str
    workload: str
    lookups: int
    rows: tuple[TimedLookup, ...]

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


def measure_lookups(
    table: Ksymtab,
    methods: Sequence[str],
    references: Corpus | None = None,
    crc: bool = False,
    rounds: int = 15,
    progress: Progress = silent,
) -> Timing:
    """Time lookups in `table` with each of `methods`, compiled, taking turns; `rounds` (five or more) of each count.

    Without `references` every name of the table is looked up once; with them, what all modules ask for.
    `crc` times their checksum check too. Raises `LabError` if Numba is missing.
    """
    try:
        import lab.symbols.compiled  # noqa: F401 - the door: everything below needs it
    except ImportError as error:
        raise LabError(
            f"{error.name} is missing; install kernel-feature-lab with its dependencies to measure"
        ) from None
    work = all_references(references, table) if references else all_names(table)
    empty = _resolver("empty", table, array("i"), work)
    runs = {m: _resolver(m, table, STRUCTURES[m].build(table), work) for m in methods}
    counted = _warm({"empty": empty, **runs}, progress)
    times = measure(runs, len(work.order), empty, rounds, warm_up=1, progress=progress)
    rows = [_row(m, STRUCTURES[m].word, times[m], counted[m]) for m in methods]
    if references and crc:
        empty, run = (_verifier(m, references) for m in ("empty", "linear"))
        counted = _warm({"empty": empty, CRC_CHECK: run}, progress)
        units = len(references.references)
        check = measure({CRC_CHECK: run}, units, empty, rounds, warm_up=1, progress=progress)[CRC_CHECK]
        rows.append(_row(CRC_CHECK, "CRC check", check, counted[CRC_CHECK]))
    here = machine()
    protocol = (
        f"Numba, {rounds} interleaved rounds of {len(work.order):,} lookups after a warm-up, "
        "the empty loop subtracted, median with 95 % bootstrap interval"
    )
    where = f"{here.cpu}, {here.cores_allowed} cores allowed, {here.system}, Python {here.python}"
    return Timing("here", where, protocol, work.text, work.lookups, tuple(rows))


Run = Callable[[], int]


def _resolver(method: str, table: Ksymtab, slots: array[int], work: Workload) -> Run:
    from lab.symbols.compiled import as_array, compiled_loop

    found = array("i", [0]) * len(work.order)
    buffers = (work.keys, work.offsets, work.order, table.names, table.offsets, table.parts, slots, found)
    return functools.partial(compiled_loop(batch.resolve, method), *(as_array(b) for b in buffers))


def _verifier(method: str, corpus: Corpus) -> Run:
    from lab.symbols.compiled import as_array, compiled_loop

    v = versions(corpus)
    window, found = array("i", [0, 0]), array("i", [0]) * (len(v.offsets) - 1)
    buffers: tuple[Any, ...] = (v.keys, v.offsets, v.starts, v.names, v.name_offsets, window, found)
    return functools.partial(compiled_loop(batch.verify, method), *(as_array(b) for b in buffers))


def _warm(runs: dict[str, Run], progress: Progress) -> dict[str, int]:
    """Call each once, which compiles it; returns the comparisons of each."""
    made = {}
    for done, (name, run) in enumerate(runs.items()):
        progress(done, len(runs), "compiling")
        made[name] = int(run())
    return made


def _row(method: str, word: str, time: Measurement, comparisons: int) -> TimedLookup:
    return TimedLookup(method, word, time.median, (time.low, time.high), time.noisy, comparisons / time.units)
