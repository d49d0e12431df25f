"""Is pv faster than sync at one value? A test on replications with common random numbers, not a guess.

Every value and both modes meet the same seeds, so what is compared differs by little but the value. At each value the
logarithm of the two throughputs' ratio is averaged over 8, then 16, then 32 replications until its interval leaves
out 0. The error of all these tests together is at most 5 % (Bonferroni): a search is as sure as its weakest step.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

from lab.core.errors import LabError
from lab.core.progress import Progress, step
from lab.pagefault.grid.plan import seed_of
from lab.pagefault.grid.student import interval
from lab.pagefault.scenario import PageFaultScenario

__all__ = ["CONFIDENCE", "MOST_TESTS", "Trials", "Tried"]

CONFIDENCE = 0.95  # of the whole search
LOOKS = (8, 16, 32)  # replications after which there is a test
MOST_TESTS = 120  # of one search, looks counted apart; 40 values
SAME = 1e-9  # a ratio as near to 1 as this is rounding


@dataclasses.dataclass(frozen=True, slots=True)
class Tried:
    """One value: share of time computing in both modes, and pv's throughput over sync's with its interval.

    `pays`: None where the replications cannot tell. By theory `runs` is 0 and there is no interval, unless `pv` is
    but a ceiling: then `low` is 0.
    """

    value: float
    sync: float
    pv: float
    ratio: float
    low: float | None
    high: float | None
    runs: int
    pays: bool | None

    def to_json(self) -> dict[str, Any]:
        """The fields as they are."""
        return dataclasses.asdict(self)


class Trials:
    """The tests of one search. `scenario(value)` is what is simulated; `runs` counts runs of one mode."""

    def __init__(self, scenario: Callable[[float], PageFaultScenario], seed: int, progress: Progress) -> None:
        self.scenario, self.seed, self.progress = scenario, seed, progress
        self.known: dict[float, Tried] = {}
        self.tests = self.runs = 0

    def tried(self) -> tuple[Tried, ...]:
        """Every value tested so far, in rising order."""
        return tuple(self.known[value] for value in sorted(self.known))

    def at(self, value: float) -> Tried:
        """The answer at `value`. Raises `LabError` where a run cannot be done or gets nothing done."""
        if value not in self.known:
            self.known[value] = self._ask(value)
        return self.known[value]

    def _ask(self, value: float) -> Tried:
        scenario = self.scenario(value)
        logs: list[float] = []
        shares: list[tuple[float, float]] = []
        pays, mean, half = None, 0.0, 0.0
        for look in LOOKS:
            while len(logs) < look:
                self._replicate(scenario, len(logs), logs, shares)
            self.tests += 1
            mean, wide = interval(logs, 1 - (1 - CONFIDENCE) / MOST_TESTS)
            half = wide or 0.0
            if max(map(abs, logs)) < SAME:
                pays = False
            elif abs(mean) > max(half, SAME):
                pays = mean > 0
            if pays is not None:
                break
        n = len(logs)
        sync, pv = (math.fsum(pair[i] for pair in shares) / n for i in (0, 1))
        return Tried(value, sync, pv, math.exp(mean), math.exp(mean - half), math.exp(mean + half), n, pays)

    def _replicate(
        self, scenario: PageFaultScenario, number: int, logs: list[float], shares: list[tuple[float, float]]
    ) -> None:
        from lab.pagefault.comparison import run  # SimPy is loaded when something is simulated

        seeded = dataclasses.replace(scenario, seed=seed_of(self.seed, PageFaultScenario(), number))
        tell = step(self.progress, self.tests, MOST_TESTS, f"break-even: {self.runs:,} runs")
        found = [run(seeded, mode, tell) for mode in ("sync", "pv")]
        self.runs += 2
        sync, pv = (one.throughput for one in found)
        if not sync or not pv:
            raise LabError("--failure: a run ends before a fault is done, so there is nothing to compare; use none")
        logs.append(math.log(pv / sync))
        shares.append((found[0].utilisation, found[1].utilisation))
