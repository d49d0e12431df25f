"""A scenario run: each mode's figures with their interval, what theory says, and the events of a window."""

from __future__ import annotations

import dataclasses
from typing import Any

from lab.core.errors import LabError
from lab.core.progress import Progress, silent
from lab.core.scenario import to_json
from lab.core.table import Table
from lab.pagefault import metrics, theory
from lab.pagefault.events import Event
from lab.pagefault.scenario import PageFaultScenario

__all__ = ["Comparison", "Run", "compare", "run"]


@dataclasses.dataclass(frozen=True, slots=True)
class Run:
    """One mode's result.

    `utilisation`: the share of vCPU time spent in the tasks' own computing (mean over vCPUs), `ci95`
    half its 95 % interval (None below ten faults). `throughput`: completed faults of all tasks per
    microsecond. `elapsed`: simulated time they took (us). `sync_fallbacks`: faults over the limit.
    `shares`: vCPU time by state, adding up to 1. `most_in_flight`: pages under way at once, at most.
    `theory`: the closed form that applies, if one does. `events`: what happened until `covered` (us),
    which is the scenario's window or, if that is earlier, the end of the run or of the log.
    """

    mode: str
    utilisation: float
    ci95: float | None
    throughput: float
    faults: int
    warm_up: int
    elapsed: float
    sync_fallbacks: int
    most_in_flight: int
    shares: dict[str, float]
    theory: theory.Prediction
    covered: float
    events: tuple[Event, ...]

    @property
    def standard_errors(self) -> float | None:
        """How far simulation is from theory, in standard errors; None where one of the two is missing."""
        if self.theory.utilisation is None or self.ci95 is None:
            return None
        error = self.ci95 / metrics.student_t(metrics.batches_for(self.faults) - 1)
        gap = self.utilisation - self.theory.utilisation
        # a run without any chance has no error; what is left of the gap then is rounding
        return gap / error if error > 1e-12 else 0.0 if abs(gap) < 1e-9 else None

    def figures(self) -> dict[str, Any]:
        """The result as plain data; events only where some were kept."""
        out = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name not in ("events", "covered")}
        out["standard_errors"] = self.standard_errors
        return out | ({"covered": self.covered, "events": [e._asdict() for e in self.events]} if self.covered else {})


@dataclasses.dataclass(frozen=True, slots=True)
class Comparison:
    """The same scenario in several modes: same seed, same bursts, same page-ins."""

    scenario: PageFaultScenario
    runs: tuple[Run, ...]

    def of(self, mode: str) -> Run:
        """The run of one mode; `KeyError` if it is not among those asked for."""
        for one in self.runs:
            if one.mode == mode:
                return one
        raise KeyError(mode)

    def speed_up(self, one: Run) -> float | None:
        """Throughput over that of sync, or None without a sync run."""
        base = [r.throughput for r in self.runs if r.mode == "sync"]
        return one.throughput / base[0] if base else None

    def to_json(self) -> dict[str, Any]:
        """The scenario, then one key per mode."""
        out: dict[str, Any] = {"scenario": to_json(self.scenario)}
        for one in self.runs:
            out[one.mode] = one.figures() | {"speed_up": self.speed_up(one)}
        return out

    def to_table(self) -> Table:
        """One row a mode."""
        s = self.scenario
        rows = tuple(
            (
                one.mode,
                percent(one.utilisation),
                "–" if one.ci95 is None else f"± {100 * one.ci95:.1f}",
                "–" if one.theory.utilisation is None else percent(one.theory.utilisation),
                one.throughput * 1e3,
                self.speed_up(one),
                one.sync_fallbacks,
                *(percent(one.shares[state]) for state in metrics.STATES[1:]),
            )
            for one in self.runs
        )
        return Table(
            ("mode", "computing", "95 %", "theory", "faults per ms", "speed-up", "over the limit", "overhead",
             "stopped", "halted", "idle"),
            rows,
            f"{s.faults:,} faults a mode after a warm-up of {s.warm_up:,}; seed {s.seed}, engine {s.engine}",
        )  # fmt: skip


def percent(share: float) -> str:
    """A share as people read it: `69.2 %`."""
    return f"{100 * share:.1f} %"


def run(scenario: PageFaultScenario, mode: str, progress: Progress = silent) -> Run:
    """Simulate `scenario` in one mode (sync, halt or pv).

    Raises `LabError` if the measured faults take no time at all (very few of them, all at one moment).
    """
    from lab.pagefault.model import simulate  # SimPy is loaded when something is simulated

    machine = simulate(scenario, mode, scenario.window, progress)
    first, last = machine.marks[0], machine.marks[-1]
    elapsed = last.time - first.time
    if elapsed <= 0:
        raise LabError(f"--faults: the {scenario.faults} measured all complete at the same moment; ask for more")
    utilisation, ci95 = metrics.share_and_interval(machine.marks, metrics.COMPUTING, scenario.vcpus)
    spent = [after - before for before, after in zip(first.states, last.states, strict=True)]
    return Run(
        mode=mode,
        utilisation=utilisation,
        ci95=ci95,
        throughput=scenario.faults / elapsed,
        faults=scenario.faults,
        warm_up=scenario.warm_up,
        elapsed=elapsed,
        sync_fallbacks=last.fallbacks - first.fallbacks,
        most_in_flight=machine.device.most,
        shares={name: t / (elapsed * scenario.vcpus) for name, t in zip(metrics.STATES, spent, strict=True)},
        theory=theory.which(scenario, mode),
        covered=machine.covered,
        events=tuple(machine.log),
    )


def compare(scenario: PageFaultScenario, modes: tuple[str, ...] = (), progress: Progress = silent) -> Comparison:
    """`scenario` in its modes, or in those given, with the same random numbers."""
    wanted = modes or scenario.modes
    return Comparison(scenario, tuple(run(scenario, mode, progress) for mode in wanted))
