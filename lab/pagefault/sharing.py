"""Who pays for the wait: one task that faults and one that only calculates, on one vCPU, under every scheduler."""

from __future__ import annotations

import dataclasses
import functools
from typing import Annotated

from lab.core.duration import duration
from lab.core.errors import LabError
from lab.core.scenario import Parameter, Preset, check
from lab.core.table import Table
from lab.pagefault.guest import SCHEDULERS
from lab.pagefault.published import Calibration
from lab.pagefault.result import Run, jain, run
from lab.pagefault.scenario import MODES, PageFaultScenario

__all__ = ["MEETINGS", "Share", "Sharing", "SharingScenario", "sharing"]

WORDS = {
    "sync": "the host's wait passes while the faulter runs, by the guest's clock: it is charged for it",
    "halt": "the vCPU is halted while the faulter runs, by the guest's clock: charged, until a tick ends it",
    "pv": "the faulter sleeps and is charged nothing: what it does not use is the calculator's",
}
RULES = {
    "fifo": "first in, first out: a task keeps the vCPU until it sleeps",
    "rr": "round robin: a woken task stands behind the others, up to a whole quantum each",
    "cfs": "virtual runtime: who ran least goes next; a woken task preempts, its credit is capped",
    "eevdf": "the earliest virtual deadline among those with lag: a sleeper keeps its lag, but no credit for its sleep",
}


@dataclasses.dataclass(frozen=True, slots=True)
class SharingScenario:
    """Times of the task that faults, and the guest's tick. Durations are microseconds."""

    compute: Annotated[
        float,
        Parameter(
            "What the faulter computes before each fault",
            unit="us",
            low=1,
            high=1e5,
            label="burst",
            steps=(50, 100, 200, 500, 1e3, 2e3, 5e3),
        ),
    ] = 1e3
    page_in: Annotated[
        float,
        Parameter(
            "How long a page takes to come in",
            unit="us",
            low=1,
            high=1e5,
            label="page-in",
            steps=(50, 100, 200, 500, 1e3, 2e3, 4e3, 5e3, 1e4),
        ),
    ] = 4e3
    tick: Annotated[
        float, Parameter("The guest's timer interrupt", unit="us", low=100, high=1e4, steps=(250, 1e3, 4e3, 1e4))
    ] = 4e3
    faults: Annotated[int, Parameter("Faults of each run", low=100, high=5000, steps=(200, 300, 500, 1000, 2000))] = 300
    seed: Annotated[int, Parameter("Where the random numbers start", low=0, high=(1 << 63) - 1)] = 1

    def __post_init__(self) -> None:
        """Refuse what is out of range."""
        check(self)

    def scenario(self, scheduler: str) -> PageFaultScenario:
        """What is run under one scheduler. Raises `LabError` for one that would never give the vCPU back."""
        return PageFaultScenario(
            tasks=1, calculators=1, scheduler=scheduler, tick=self.tick, compute=self.compute, page_in=self.page_in,
            faults=self.faults, seed=self.seed,
        )  # fmt: skip


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")


ARM64 = Calibration.by_vruntime()
MEETINGS = (
    Preset("K1", "A disk", SharingScenario(), "In sync the wait is the faulter's; told, it is the calculator's gain."),
    Preset(
        "K2", "The arm64 table's times", SharingScenario(_rounded(ARM64.compute), _rounded(ARM64.page_in)),
        "A page-in shorter than a burst leaves both half in both modes: of a shorter time.",
    ),
    Preset(
        "K3", "The table of 2010", SharingScenario(240.0, 5e3, 1e3, 300),
        "A page-in of twenty bursts: told, nearly all is the calculator's.",
    ),
)  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True)
class Share:
    """What one scheduler and mode give: shares of the vCPU's time, slow-down of the faulter, fairness.

    `waits`: the vCPU stopped or halted. `fairness`: Jain's index of what the two computed (1: equal, 0.5: one has all).
    """

    scheduler: str
    mode: str
    faulter: float
    waits: float
    calculator: float
    rest: float
    slow_down: float | None
    fairness: float | None
    ci95: float | None

    @property
    def charged(self) -> float:
        """What the guest charges to the faulter."""
        return self.faulter + (self.waits if self.mode != "pv" else 0.0)

    def line(self) -> str:
        """In a sentence."""
        word = {"sync": "stopped", "halt": "halted", "pv": "stopped"}[self.mode]
        waits = f", the vCPU is {word} {self.waits:.0%}" if self.waits else ""
        return (
            f"{self.scheduler}, {self.mode}: the faulter computes {self.faulter:.0%}{waits}, the calculator "
            f"{self.calculator:.0%}: {WORDS[self.mode]}"
        )


@dataclasses.dataclass(frozen=True, slots=True)
class Sharing:
    """Every scheduler in every mode; `refused` says why one could not be run."""

    scenario: SharingScenario
    shares: tuple[Share, ...]
    refused: tuple[tuple[str, str], ...]

    def of(self, scheduler: str, mode: str) -> Share:
        """One of them; `KeyError` if it was refused."""
        for one in self.shares:
            if (one.scheduler, one.mode) == (scheduler, mode):
                return one
        raise KeyError(scheduler)

    @property
    def headline(self) -> str:
        """Who pays, by CFS, which was the guest's scheduler when the tables were measured."""
        sync, pv = self.of("cfs", "sync"), self.of("cfs", "pv")
        return (
            f"Not told, the faulter pays for its own wait: cfs gives the calculator {sync.calculator:.0%}; "
            f"told, {pv.calculator:.0%}."
        )

    def why(self, key: str) -> tuple[str, tuple[str, ...]]:
        """One of them by `SCHEDULER:MODE`, a scheduler that was refused, or in general."""
        scheduler, _, mode = key.partition(":")
        refused = dict(self.refused)
        if scheduler in refused:
            return f"{scheduler} is refused: {refused[scheduler]}.", (RULES[scheduler],)
        one = self.of(scheduler, mode) if mode else self.of("cfs", "sync")
        s = self.scenario
        interval = "" if one.ci95 is None else f" (computing ± {one.ci95:.1%}, 95 %)"
        slow = "" if one.slow_down is None else f"a fault's cycle takes {one.slow_down:.2f} times burst and page-in"
        trace = (
            f"{one.scheduler}: {RULES[one.scheduler]}",
            f"{slow}; fairness {one.fairness or 0:.2f}{interval}",
            f"burst {duration(s.compute)}, page-in {duration(s.page_in)}, both exponential, tick {duration(s.tick)}; "
            f"{s.faults:,} faults, seed {s.seed}",
        )
        return f"{one.line()}.", trace

    def to_table(self) -> Table:
        """A row a scheduler and mode."""
        rows = [
            (one.scheduler, one.mode, round(100 * one.faulter, 1), round(100 * one.waits, 1),
             round(100 * one.calculator, 1), round(100 * one.charged, 1),
             None if one.slow_down is None else round(one.slow_down, 2),
             None if one.fairness is None else round(one.fairness, 3), WORDS[one.mode])
            for one in self.shares
        ]  # fmt: skip
        rows += [(name, "refused", None, None, None, None, None, None, why) for name, why in self.refused]  # type: ignore[misc]
        columns = ("scheduler", "mode", "faulter (%)", "vCPU waits (%)", "calculator (%)", "charged to faulter (%)",
                   "slow-down", "fairness", "why")  # fmt: skip
        return Table(columns, tuple(rows), f"{self.scenario.faults:,} faults a run, seed {self.scenario.seed}")


@functools.lru_cache(maxsize=64)
def sharing(scenario: SharingScenario) -> Sharing:
    """Run every scheduler in every mode."""
    shares, refused = [], []
    for scheduler in SCHEDULERS:
        try:
            asked = scenario.scenario(scheduler)
        except LabError as error:
            refused.append((scheduler, str(error).partition(": ")[2].partition(";")[0]))
            continue
        shares += [_share(scheduler, run(asked, mode)) for mode in MODES]
    return Sharing(scenario, tuple(shares), tuple(refused))


def _share(scheduler: str, one: Run) -> Share:
    waits = one.shares["stopped"] + one.shares["halted"]
    faulter = max(0.0, one.utilisation - one.calculated)
    return Share(
        scheduler, one.mode, faulter, waits, one.calculated, max(0.0, 1 - faulter - waits - one.calculated),
        one.slow_down, jain((faulter, one.calculated)), one.ci95,
    )  # fmt: skip
