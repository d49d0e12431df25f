"""Where telling the guest pays: pv's throughput over that of sync by theory, over page-in time and overhead of pv.

Simulated cells are added one by one; see `simulate`.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated

from lab.core.duration import duration
from lab.core.errors import LabError
from lab.core.progress import Progress, silent, step
from lab.core.scenario import Parameter, Preset, check
from lab.core.table import Table
from lab.pagefault import theory
from lab.pagefault.comparison import compare
from lab.pagefault.grid import contour
from lab.pagefault.grid.heatmap import factor
from lab.pagefault.grid.ranges import root
from lab.pagefault.scenario import PageFaultScenario

__all__ = [
    "MAPS", "OVERHEADS", "PAGE_INS", "BreakEvenMap", "Cell", "MapScenario", "Simulated", "break_even_map", "crossing",
    "simulate",
]  # fmt: skip

PAGE_INS = (1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 20.0, 30.0, 50.0, 70.0, 100.0, 200.0)  # us
OVERHEADS = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0)  # us
Cell = tuple[int, int]  # column, row: places in PAGE_INS and OVERHEADS


@dataclasses.dataclass(frozen=True, slots=True)
class MapScenario:
    """What the map is of. `overhead_pv` is the row that the sentence is about, as sync costs nothing here."""

    tasks: Annotated[
        int,
        Parameter(
            "Tasks on the vCPU",
            low=1,
            high=12,  # more change little, and their chains take seconds
            steps=(1, 2, 3, 4, 6, 8, 12),
        ),
    ] = 2
    compute: Annotated[
        float,
        Parameter(
            "Mean time a task computes before it touches a missing page",
            unit="us",
            low=0.1,
            high=1e4,
            label="burst",
            steps=(1, 2, 5, 10, 20, 50, 100, 200),
        ),
    ] = 10.0
    slots: Annotated[
        int | None,
        Parameter(
            "Pages the device brings in at the same time", low=1, high=12, absent="inf", steps=(1, 2, 3, 4, 6, 8)
        ),
    ] = None
    overhead_pv: Annotated[
        float,
        Parameter(
            "What telling the guest costs per fault: the row that the sentence is about",
            unit="us",
            low=0,
            high=10,
            label="overhead of pv",
            steps=OVERHEADS,
        ),
    ] = 5.0
    faults: Annotated[
        int, Parameter("Faults of each simulated run", low=100, high=20_000, steps=(500, 1000, 2000, 5000, 10_000))
    ] = 2000
    seed: Annotated[int, Parameter("Where the random numbers start", low=0, high=(1 << 63) - 1)] = 1

    def __post_init__(self) -> None:
        """Refuse what is out of range."""
        check(self)

    def scenario(self, page_in: float = 4.0, overhead: float | None = None) -> PageFaultScenario:
        """What is simulated in a cell: sync costs nothing per fault, pv `overhead`."""
        return PageFaultScenario(
            tasks=self.tasks, compute=self.compute, slots=self.slots, page_in=page_in, overhead_sync=0.0,
            overhead_pv=self.overhead_pv if overhead is None else overhead, faults=self.faults, seed=self.seed,
        )  # fmt: skip


MAPS = (
    Preset("P4", "When asynchronous loses", MapScenario(), "A quick page is not worth telling about."),
    Preset("P4a", "One task", MapScenario(tasks=1), "One task alone can only lose: nobody else runs while it waits."),
    Preset("P4b", "Eight tasks", MapScenario(tasks=8), "More tasks hide more of the page-in, not the overhead."),
    Preset("P4c", "One slot", MapScenario(tasks=8, slots=1), "With one slot the device is the wall in both modes."),
)


@dataclasses.dataclass(frozen=True, slots=True)
class Simulated:
    """A cell as simulated: both shares of time computing, half their 95 % intervals, and throughput pv over sync."""

    sync: float
    pv: float
    sync_ci: float | None
    pv_ci: float | None
    ratio: float


@dataclasses.dataclass(frozen=True, slots=True)
class BreakEvenMap:
    """By row (overhead) and column (page-in): theory's shares of sync and pv."""

    scenario: MapScenario
    shares: tuple[tuple[tuple[float, float], ...], ...]

    @property
    def sentence(self) -> str:
        """From which page-in on pv pays, at the overhead that the scenario names."""
        s = self.scenario
        at = crossing(s.tasks, s.compute, s.slots, s.overhead_pv)
        cost = f"{duration(s.overhead_pv)} a fault" if s.overhead_pv else "nothing"
        head = f"Where telling the guest costs {cost}, it"
        if at is not None:
            return f"{head} pays from a page-in of {duration(at)} on."
        sync, pv = _both(s.scenario(PAGE_INS[-1]))
        if s.tasks == 1:
            return f"One task alone never gains: nobody else can run while it waits ({pv / sync:.0%} of sync's work)."
        word = "always" if pv > sync else "never"
        return f"{head} {word} pays between {duration(PAGE_INS[0])} and {duration(PAGE_INS[-1])}."

    def ratio(self, cell: Cell) -> float:
        """Throughput of pv over that of sync by theory."""
        sync, pv = self.shares[cell[1]][cell[0]]
        return pv / sync

    @property
    def span(self) -> float:
        """The largest factor in either direction, at least 1.1."""
        ratios = [pv / sync for row in self.shares for sync, pv in row]
        return max([1.1, *ratios, *(1 / ratio for ratio in ratios)])

    def line(self) -> list[contour.Path]:
        """Where pv and sync are equal, in cells from the centre of the first one."""
        return contour.paths([[math.log(pv / sync) for sync, pv in row] for row in self.shares])

    def label(self, cell: Cell) -> str:
        """The values of a cell."""
        page_in, overhead = PAGE_INS[cell[0]], OVERHEADS[cell[1]]
        return f"page-in {duration(page_in)}, overhead {duration(overhead) if overhead else 'none'}"

    def why(self, cell: Cell, simulated: Simulated | None) -> tuple[str, tuple[str, ...]]:
        """One cell in a line, and what it rests on."""
        sync, pv = self.shares[cell[1]][cell[0]]
        word = "pays" if pv > sync else "loses" if pv < sync else "gains nothing"
        line = f"{self.label(cell)}: sync computes {sync:.1%}, pv {pv:.1%}: pv {word}, {factor(pv / sync)} by theory"
        s = self.scenario.scenario(PAGE_INS[cell[0]], OVERHEADS[cell[1]])
        found = [theory.which(s, mode) for mode in ("sync", "pv")]
        trace = [f"{one.formula}: {one.source}" for one in found]
        if simulated is not None:
            line += f", {factor(simulated.ratio)} simulated"
            trace += [
                f"simulated {mode}: {share:.1%}" + ("" if ci is None else f" ± {ci:.1%} (95 %)")
                for mode, share, ci in (
                    ("sync", simulated.sync, simulated.sync_ci), ("pv", simulated.pv, simulated.pv_ci),
                )
            ]  # fmt: skip
            trace.append(f"{self.scenario.faults:,} faults a run, seed {self.scenario.seed}")
        return f"{line}.", tuple(trace)

    def to_table(self, simulated: Mapping[Cell, Simulated]) -> Table:
        """A row a cell, page-in by page-in."""
        rows = []
        for y, overhead in enumerate(OVERHEADS):
            for x, page_in in enumerate(PAGE_INS):
                sync, pv = self.shares[y][x]
                done = simulated.get((x, y))
                rows.append((page_in, overhead, round(sync, 4), round(pv, 4), round(pv / sync, 4),
                             None if done is None else round(done.ratio, 4)))  # fmt: skip
        columns = ("page-in (us)", "overhead of pv (us)", "sync by theory", "pv by theory", "pv over sync", "simulated")
        return Table(columns, tuple(rows), self.sentence)


def break_even_map(tasks: int, compute: float, slots: int | None, overhead_pv: float) -> BreakEvenMap:
    """The map by theory. Raises `LabError` where theory has no form."""
    return BreakEvenMap(MapScenario(tasks, compute, slots, overhead_pv), _shares(tasks, compute, slots))


@functools.lru_cache(maxsize=64)
def crossing(tasks: int, compute: float, slots: int | None, overhead_pv: float) -> float | None:
    """The page-in (us) from which on pv pays by theory; None if it always or never does on the map."""
    scenario = MapScenario(tasks, compute, slots, overhead_pv)

    def gap(page_in: float) -> float:
        sync, pv = _both(scenario.scenario(page_in))
        return pv / sync - 1

    gaps = [gap(page_in) for page_in in PAGE_INS]
    for i, (before, after) in enumerate(pairwise(gaps)):
        if before <= 0 < after:
            return root(gap, PAGE_INS[i], PAGE_INS[i + 1])
    return None


def _both(at: PageFaultScenario) -> tuple[float, float]:
    sync, pv = (theory.which(at, mode).utilisation for mode in ("sync", "pv"))
    if sync is None or pv is None:
        raise LabError("--slots: theory has no form for this; ask for other values")
    return sync, pv


@functools.lru_cache(maxsize=64)
def _shares(tasks: int, compute: float, slots: int | None) -> tuple[tuple[tuple[float, float], ...], ...]:
    scenario = MapScenario(tasks, compute, slots)
    return tuple(tuple(_both(scenario.scenario(page_in, over)) for page_in in PAGE_INS) for over in OVERHEADS)


def simulate(scenario: MapScenario, cells: tuple[Cell, ...], progress: Progress = silent) -> dict[Cell, Simulated]:
    """Simulate these cells, sync and pv with the same seed; `progress` may raise `Cancelled`."""
    found = {}
    for done, (x, y) in enumerate(cells):
        tell = step(progress, done, len(cells), f"cell {done + 1} of {len(cells)}")
        both = compare(scenario.scenario(PAGE_INS[x], OVERHEADS[y]), ("sync", "pv"), tell)
        sync, pv = both.of("sync"), both.of("pv")
        found[x, y] = Simulated(sync.utilisation, pv.utilisation, sync.ci95, pv.ci95, pv.throughput / sync.throughput)
    progress(len(cells), len(cells), "done")
    return found
