"""A scenario run: each mode's figures with their interval, what theory says, and the events of a window."""

from __future__ import annotations

import dataclasses
from typing import Any

from lab.core.progress import Progress, silent
from lab.core.scenario import to_json
from lab.core.table import Table
from lab.pagefault.latency import Latency
from lab.pagefault.result import Run, run
from lab.pagefault.scenario import PageFaultScenario

__all__ = ["Comparison", "Run", "compare", "run"]

# a state -> its column; what is not `ALWAYS` there only where a mode has some of it
SHOWN = {"overhead": "overhead", "stopped": "stopped", "halted": "halted", "idle": "idle", "waiting": "no core"}
ALWAYS = ("stopped", "halted", "idle")


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
        # what cost nothing and what nobody waited for would only make the table wide
        states = [state for state in SHOWN if state in ALWAYS or any(one.shares[state] >= 5e-4 for one in self.runs)]
        rows = tuple(
            (
                one.mode,
                percent(one.utilisation),
                "–" if one.ci95 is None else f"± {100 * one.ci95:.1f}",
                "–" if one.theory.utilisation is None else percent(one.theory.utilisation),
                one.throughput * 1e3,
                self.speed_up(one),
                one.sync_fallbacks,
                *(percent(one.shares[state]) for state in states),
            )
            for one in self.runs
        )
        return Table(
            ("mode", "computing", "95 %", "theory", "faults per ms", "× sync", "over limit",
             *(SHOWN[state] for state in states)),
            rows,
            f"{s.faults:,} faults a mode after a warm-up of {s.warm_up:,}; "
            f"seed {s.seed}, engine {s.engine}",
        )  # fmt: skip

    def to_latency_table(self) -> Table:
        """One row a mode: how long faults take, what tasks get of the vCPU, and what is lost meanwhile."""
        rows = tuple(
            (
                one.mode,
                *(_spread(one.latency.get(part)) for part in ("page_in", "delivery", "wake_up")),
                None if one.slow_down is None else float(f"{one.slow_down:.3g}"),
                None if one.fairness is None else float(f"{one.fairness:.3f}"),
                float(f"{one.run_queue:.3g}"),
                percent(one.lost_work),
            )
            for one in self.runs
        )
        return Table(
            ("mode", "page-in us", "delivery us", "wake-up us", "slow-down", "fairness", "run queue", "lost work"),
            rows,
            "us: 50, 95 and 99 % of faults take no longer; fairness: Jain's index of what they computed;\n"
            "run queue: ready tasks on average; lost work: stopped or halted while a task was ready",
        )


def _spread(part: Latency | None) -> str:
    """`2.8/12/18`: the median, the 95th and the 99th percentile."""
    return "–" if part is None else "/".join(_short(value) for value in (part.p50, part.p95, part.p99))


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 99.95 else f"{value:.3g}"


def percent(share: float) -> str:
    """A share as people read it: `69.2 %`."""
    return f"{100 * share:.1f} %"


def compare(scenario: PageFaultScenario, modes: tuple[str, ...] = (), progress: Progress = silent) -> Comparison:
    """`scenario` in its modes, or in those given, with the same random numbers."""
    wanted = modes or scenario.modes
    return Comparison(scenario, tuple(run(scenario, mode, progress) for mode in wanted))
