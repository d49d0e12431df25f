"""The measuring protocol: warm-up, interleaved rounds, the empty loop subtracted, medians with an interval.

The clock is injected, so that the protocol itself is tested exactly.
"""

from __future__ import annotations

import dataclasses
import os
import platform
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from lab.core.progress import Progress, silent

__all__ = ["Machine", "Measurement", "allowed_cores", "interval", "machine", "measure"]

Clock = Callable[[], int]


@dataclasses.dataclass(frozen=True, slots=True)
class Machine:
    """Where a figure was measured."""

    cpu: str
    cores_allowed: int
    system: str
    python: str


@dataclasses.dataclass(frozen=True, slots=True)
class Measurement:
    """One subject's time: `median` nanoseconds a unit with its 95 % bootstrap interval, over `rounds` rounds.

    `noisy` when the interval is wider than 20 % of the median to either side.
    """

    median: float
    low: float
    high: float
    rounds: int
    units: int

    @property
    def noisy(self) -> bool:
        """True when the figure should not be quoted without its interval."""
        return (
            self.median <= 0
            or (self.high - self.median) > 0.2 * self.median
            or (self.median - self.low) > 0.2 * self.median
        )


def allowed_cores(root: Path | str = "/") -> int:
    """Cores this process may use (affinity, and the CPU quota of its cgroups), not those the machine has.

    `root`: where proc and sys stand. A quota is the control group's, v2 (`cpu.max`) or v1
    (`cpu.cfs_quota_us`), or that of any group above it; a part of a core counts as none (kernel
    Documentation/scheduler/sched-bwc.rst).
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    return max(1, min([cores, *(quota // period for quota, period in _quotas(Path(root)))]))


def _quotas(root: Path) -> Iterator[tuple[int, int]]:
    """(quota, period) in microseconds of every control group that limits this process."""
    try:
        lines = (root / "proc/self/cgroup").read_text("utf-8", "replace").splitlines()
    except OSError:
        return
    for line in lines:
        number, controllers, group = line.split(":", 2)
        if number == "0" or "cpu" in controllers.split(","):
            base = root / "sys/fs/cgroup" / ("" if number == "0" else "cpu")
            for above in (PurePosixPath(group), *PurePosixPath(group).parents):
                yield from _quota(base / str(above).lstrip("/"))


def _quota(group: Path) -> Iterator[tuple[int, int]]:
    for names in (("cpu.max",), ("cpu.cfs_quota_us", "cpu.cfs_period_us")):
        try:
            quota, period = " ".join((group / name).read_text("ascii") for name in names).split()
            if int(quota) > 0 and int(period) > 0:
                yield int(quota), int(period)
        except (OSError, ValueError):  # no such file, or "max": no limit
            continue


def machine() -> Machine:
    """This machine, as far as it tells without special rights."""
    cpu = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
            if line.startswith("model name"):
                cpu = line.partition(":")[2].strip()
                break
    except OSError:
        pass
    return Machine(cpu, allowed_cores(), f"{platform.system()} {platform.release()}", sys.version.split()[0])


def interval(values: Sequence[float], seed: int = 1, resamples: int = 400) -> tuple[float, float]:
    """The 95 % bootstrap interval of the median of `values` (percentile method, fixed seed).

    Below five values there is too little to draw from: it covers the median less often than it says.
    """
    draw = random.Random(seed)  # noqa: S311 - statistics, not secrets
    medians = sorted(statistics.median(draw.choices(values, k=len(values))) for _ in range(resamples))
    cut = int(0.025 * resamples)  # as many are left out above as below
    return medians[cut], medians[-1 - cut]


def measure(
    subjects: Mapping[str, Callable[[], object]],
    units: int | Mapping[str, int],
    empty: Callable[[], object] | None = None,
    rounds: int = 15,
    warm_up: int = 2,
    clock: Clock = time.perf_counter_ns,
    progress: Progress = silent,
) -> dict[str, Measurement]:
    """Time every subject `rounds` times, taking turns so that a drift of the machine meets all alike.

    `units`: work units in one call, for all or by subject (the figure is nanoseconds a unit). `empty`
    does the same loop without the work; its median is subtracted round by round. Returns a
    `Measurement` by subject name.
    """
    counts = {name: units if isinstance(units, int) else units[name] for name in subjects}
    for _ in range(warm_up):
        for run in subjects.values():
            run()
    times: dict[str, list[float]] = {name: [] for name in subjects}
    for turn in range(rounds):
        progress(turn, rounds, "measuring")
        base = _once(empty, clock) if empty else 0
        for name, run in subjects.items():
            times[name].append((_once(run, clock) - base) / counts[name])
    progress(rounds, rounds, "measuring")
    return {
        name: Measurement(statistics.median(series), *interval(series), rounds, counts[name])
        for name, series in times.items()
    }


def _once(run: Callable[[], object], clock: Clock) -> int:
    start = clock()
    run()
    return clock() - start
