"""The measuring protocol: warm-up, interleaved rounds, the empty loop subtracted, medians with an interval.

The clock is injected, so that the protocol itself is tested exactly.
"""

from __future__ import annotations

import dataclasses
import platform
import random
import re
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from lab.core.cores import allowed_cores
from lab.core.progress import Progress, silent

__all__ = ["Cache", "Machine", "Measurement", "allowed_cores", "interval", "machine", "measure"]

Clock = Callable[[], int]


@dataclasses.dataclass(frozen=True, slots=True)
class Cache:
    """One cache of a processor: "L1d", "L1i", "L2", "L3", and its size."""

    name: str
    kib: int


@dataclasses.dataclass(frozen=True, slots=True)
class Machine:
    """Where a figure was measured.

    `caches` as the first processor sees them, `governor` of its frequency ("" where none is told),
    `megahertz` at the moment.
    """

    cpu: str
    cores_allowed: int
    system: str
    python: str
    caches: tuple[Cache, ...] = ()
    governor: str = ""
    megahertz: float | None = None

    def __str__(self) -> str:
        """The machine on one line."""
        clock = f" at {self.megahertz:.0f} MHz" if self.megahertz else ""
        governor = f", governor {self.governor}" if self.governor else ", governor not told"
        caches = " ".join(f"{c.name} {c.kib} KiB" for c in self.caches) or "not told"
        return (
            f"{self.cpu}{clock}{governor}, {self.cores_allowed} cores allowed, caches {caches}, "
            f"{self.system}, Python {self.python}"
        )


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


def machine(root: Path | str = "/") -> Machine:
    """This machine, as far as it tells without special rights; `root`: where proc and sys stand."""
    cpu, megahertz = platform.processor() or platform.machine(), None
    for line in _told(Path(root) / "proc/cpuinfo").splitlines():
        key, _, value = (part.strip() for part in line.partition(":"))
        if key == "model name":
            cpu = value
        elif key == "cpu MHz":
            megahertz = float(value) if re.fullmatch(r"\d+(\.\d+)?", value) else None
        elif not line:
            break  # the first processor stands for all
    here = Path(root) / "sys/devices/system/cpu/cpu0"
    governor = _told(here / "cpufreq/scaling_governor").strip()
    system = f"{platform.system()} {platform.release()}"
    return Machine(
        cpu, allowed_cores(root), system, sys.version.split()[0], _caches(here / "cache"), governor, megahertz
    )


def _caches(folder: Path) -> tuple[Cache, ...]:
    """What sysfs tells of a processor's caches (Documentation/ABI/testing/sysfs-devices-system-cpu)."""
    letters = {"Data": "d", "Instruction": "i", "Unified": ""}
    found = []
    for index in folder.glob("index*"):
        level, kind, size = (_told(index / name).strip() for name in ("level", "type", "size"))
        if level.isdigit() and kind in letters and re.fullmatch(r"\d+K", size):
            found.append(Cache(f"L{level}{letters[kind]}", int(size[:-1])))
    return tuple(sorted(found, key=lambda cache: cache.name))


def _told(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


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
    empty: Callable[[], object] | Mapping[str, Callable[[], object]] | None = None,
    rounds: int = 15,
    warm_up: int = 2,
    clock: Clock = time.perf_counter_ns,
    progress: Progress = silent,
    prepare: Callable[[], object] | None = None,
) -> dict[str, Measurement]:
    """Time every subject `rounds` times, taking turns so that a drift of the machine meets all alike.

    `units`: work units in one call, for all or by subject (the figure is nanoseconds a unit). `empty`
    does the same loop without the work, one for all or one for each subject; what it took is subtracted round by
    round. `prepare` is called before
    each call that is timed, outside its time (to empty the caches, say). Returns a `Measurement` by subject name.
    """
    counts = {name: units if isinstance(units, int) else units[name] for name in subjects}
    empties = empty if isinstance(empty, Mapping) else dict.fromkeys(subjects, empty) if empty else {}
    loops = {id(run): run for run in empties.values()}
    for _ in range(warm_up):
        for run in subjects.values():
            _once(run, clock, prepare)
    times: dict[str, list[float]] = {name: [] for name in subjects}
    for turn in range(rounds):
        progress(turn, rounds, "measuring")
        bases = {number: _once(run, clock, prepare) for number, run in loops.items()}
        for name, run in subjects.items():
            base = bases[id(empties[name])] if name in empties else 0
            times[name].append((_once(run, clock, prepare) - base) / counts[name])
    progress(rounds, rounds, "measuring")
    return {
        name: Measurement(statistics.median(series), *interval(series), rounds, counts[name])
        for name, series in times.items()
    }


def _once(run: Callable[[], object], clock: Clock, prepare: Callable[[], object] | None) -> int:
    if prepare:
        prepare()
    start = clock()
    run()
    return clock() - start
