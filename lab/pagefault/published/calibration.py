"""What burst, page-in and fixed part make the arm64 table's times, and the scenarios of both experiments."""

from __future__ import annotations

import dataclasses
from typing import Any

from lab.core.progress import Progress, silent, step
from lab.pagefault import theory
from lab.pagefault.published.tables import ARM64, GLEB, Arm64
from lab.pagefault.scenario import PageFaultScenario

__all__ = ["HALVINGS", "Calibration", "arm64_scenario", "gleb_scenario"]

HALVINGS = 12  # of the search for a burst: to a part in 4,000


@dataclasses.dataclass(frozen=True, slots=True)
class Calibration:
    """What a law of sharing makes of three of the arm64 table's times: three figures, three unknowns, no test of it.

    `compute`, `page_in`: microseconds a fault. `fixed`: seconds in which nothing is shared.
    """

    compute: float
    page_in: float
    fixed: float

    @classmethod
    def by_vruntime(cls, table: Arm64 = ARM64) -> Calibration:
        """With virtual runtimes, waiting charged to the task that faulted in sync.

        alone = P + F(C + S); beside, not told: P + 2F(C + S), for the calculation has half; beside, told:
        P + 2FC, as S turns out shorter than C and so the task that faults has its half too.
        """
        shared = table.sync_beside - table.sync_alone
        fixed = table.sync_alone - shared
        compute = (table.pv_beside - fixed) / 2 / table.faults * 1e6
        return cls(compute, shared / table.faults * 1e6 - compute, fixed)

    @classmethod
    def by_sharing(cls, table: Arm64 = ARM64) -> Calibration:
        """The same, but processor sharing while the guest is told: beside, told, is P + F(2C + S)."""
        shared = table.sync_beside - table.sync_alone
        fixed = table.sync_alone - shared
        compute = (table.pv_beside - fixed - shared) / table.faults * 1e6
        return cls(compute, shared / table.faults * 1e6 - compute, fixed)

    @classmethod
    def by_model(
        cls, engine: str = "simpy", table: Arm64 = ARM64, faults: int = 20_000, progress: Progress = silent
    ) -> Calibration:
        """The same with the model's CFS in place of a law: the burst at which a fault of a told guest takes as long.

        By halving between a tenth of burst and page-in together and all of it; sync fixes their sum. `progress` hears
        of `HALVINGS` steps.
        """
        from lab.pagefault.result import run  # the model, only where something is simulated

        shared = table.sync_beside - table.sync_alone
        fixed = table.sync_alone - shared
        both, wanted = shared / table.faults * 1e6, (table.pv_beside - fixed) / table.faults * 1e6
        low, high = both / 10, both
        for done in range(HALVINGS):
            middle = (low + high) / 2
            scenario = arm64_scenario(1, cls(middle, both - middle, fixed), faults=faults, engine=engine)
            tell = step(progress, done, HALVINGS, "arm64: which burst fits")
            low, high = (low, middle) if run(scenario, "pv", tell).elapsed / faults > wanted else (middle, high)
        return cls((low + high) / 2, both - (low + high) / 2, fixed)

    def window(self, share: float, table: Arm64 = ARM64) -> float:
        """Seconds in which both threads run, if the calculation has this share of them and the guest is told."""
        return table.faults * self.compute / (1 - share) / 1e6

    def ratio(self, share: float, table: Arm64 = ARM64) -> float:
        """The calculation's work, told over not told."""
        untold = 2 * table.faults * (self.compute + self.page_in) / 1e6
        return share * self.window(share, table) / (theory.charged_share() * untold)


def arm64_scenario(calculators: int, fit: Calibration | None = None, **changes: Any) -> PageFaultScenario:
    """The arm64 experiment with the times of `fit` (by virtual runtimes if none is given): one task that faults.

    Assumed, as it is not published: CFS as Linux sets it for one CPU, HZ = 250 (arm64's default), and times that
    do not vary, for the task walks through its memory. Times that vary, and fewer ticks, let a woken task wait
    longer for the tick; what it lags behind then is forgiven in part, and the calculation gets more.
    """
    found = fit or Calibration.by_vruntime()
    asked: dict[str, Any] = {
        "tasks": 1, "calculators": calculators, "scheduler": "cfs", "tick": 4e3, "faults": ARM64.faults,
        "compute": found.compute, "page_in": found.page_in, "compute_dist": "det", "page_in_dist": "det",
    }  # fmt: skip
    return PageFaultScenario(**(asked | changes))


def gleb_scenario(**changes: Any) -> PageFaultScenario:
    """The experiment of 2010: on each of 4 vCPUs a task that faults and one that works; CFS of 4 CPUs.

    S/C is fitted to pv over sync; S itself is not published: 5 ms, a disk's, is assumed, and HZ = 1000.
    """
    ratio = GLEB.ratio("pv")
    asked: dict[str, Any] = {
        "tasks": 1, "calculators": 1, "vcpus": 4, "scheduler": "cfs", "slice": 18e3, "tick": 1e3, "faults": 20_000,
        "compute": 5e3 * (2 - ratio) / ratio, "page_in": 5e3,
    }  # fmt: skip
    return PageFaultScenario(**(asked | changes))
