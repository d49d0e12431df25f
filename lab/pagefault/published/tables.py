"""The tables as they were published."""

from __future__ import annotations

import dataclasses
import math

__all__ = ["ARM64", "GLEB", "SOURCES", "Arm64", "Gleb"]

SOURCES = {
    "arm64": "G. Shan, Support Asynchronous Page Fault (arm64) v4, 2021",
    "2010": "G. Natapov, KVM: Add host swap event notifications for PV guest v7, 2010",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Arm64:
    """As published: seconds, and the calculation thread's loops."""

    faults: int = 55_000
    sync_alone: float = 15.74
    pv_alone: float = 15.19
    sync_beside: float = 28.02
    pv_beside: float = 16.66
    sync_loops: float = 2114e6
    pv_loops: float = 1110e6

    @property
    def ratio(self) -> float:
        """The calculation's work, told over not told."""
        return self.pv_loops / self.sync_loops


@dataclasses.dataclass(frozen=True, slots=True)
class Gleb:
    """As published: work done in 60 s, mean and standard deviation of 10 runs."""

    sync: tuple[float, float] = (122789420615, 3818565029)
    halt: tuple[float, float] = (138455939001, 773774299)
    pv: tuple[float, float] = (234351846135, 10461117116)

    def ratio(self, mode: str) -> float:
        """Work over that of sync."""
        return {"halt": self.halt, "pv": self.pv}[mode][0] / self.sync[0]

    @property
    def spread(self) -> float:
        """The standard deviation of pv over sync, the two taken as independent."""
        return self.ratio("pv") * math.hypot(self.pv[1] / self.pv[0], self.sync[1] / self.sync[0])


ARM64, GLEB = Arm64(), Gleb()
