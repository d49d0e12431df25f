"""One mode's result: what a machine measured, as figures, with what theory says and what happened."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from lab.core.errors import LabError
from lab.core.progress import Progress, silent
from lab.pagefault import latency, metrics, notes, theory
from lab.pagefault.events import KINDS, Event
from lab.pagefault.latency import Latency
from lab.pagefault.metrics import MARK, PHASES, Estimate, Mark
from lab.pagefault.records import Machine
from lab.pagefault.scenario import PageFaultScenario

__all__ = ["FEW_FAULTS", "Run", "TaskFigures", "run"]

FEW_FAULTS = 10  # of a task, which say nothing of its slow-down


@dataclasses.dataclass(frozen=True, slots=True)
class TaskFigures:
    """What each task got in the measured time, in the order of their numbers; calculators come last.

    `computed`: us of computing. `faults`: completed. `slow_down`: the measured time over what it would have taken
    the task alone on a machine that costs nothing, which is its computing and the law's mean page-in for each of its
    faults. So what faults and switches cost counts as slow-down too, and waiting for a vCPU or a slot. None for a
    task with fewer than `FEW_FAULTS` faults: where in its cycle the run began and ended would say more than its wait.
    """

    computed: tuple[float, ...]
    faults: tuple[int, ...]
    slow_down: tuple[float | None, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Run:
    """One mode's result.

    `utilisation`: the share of vCPU time spent in the tasks' own computing (mean over vCPUs), `ci95`
    half its 95 % interval (None below ten faults; 0 only where nothing is drawn at random: for a random run
    in which chance never showed itself it is `metrics.never_seen`). `batches`: of how many batches that comes,
    `correlated`: the run is too short for them to be independent, so `ci95` is a guess. `throughput`:
    completed faults of all tasks per microsecond. `elapsed`: simulated time they took (us).
    `sync_fallbacks`: faults over the limit. `shares`: vCPU time by state, adding up to 1. `most_in_flight`:
    pages under way at once, at most. `latency`: page-in, delivery and wake-up of the faults (us).
    `slow_down`: mean over the tasks that fault but for the `left_out`, which had too few faults to tell;
    `starved`: those of them that had none at all, while another had `FEW_FAULTS` or more. `fairness`: Jain's
    index of what they computed. `run_queue`: mean number of ready tasks that wait. `most_undelivered`: pages
    in and not yet delivered, on one vCPU, at most. `lost_work`: share of vCPU time stopped or halted while
    another task was ready. `calculated`: share that calculators had.
    `ended`: "complete", or what ended the run before. `theory`: the closed form that applies, if one does.
    `events`: what happened until `covered` (us), which is the scenario's window or, if that is earlier, the
    end of the run or of the log.
    """

    mode: str
    utilisation: float
    ci95: float | None
    batches: int
    correlated: bool
    throughput: float
    faults: int
    warm_up: int
    elapsed: float
    sync_fallbacks: int
    most_in_flight: int
    shares: dict[str, float]
    latency: dict[str, Latency]
    slow_down: float | None
    left_out: int
    starved: int
    fairness: float | None
    run_queue: float
    most_undelivered: int
    lost_work: float
    calculated: float
    lost_tasks: int
    ended: str
    tasks: TaskFigures
    theory: theory.Prediction
    covered: float
    events: tuple[Event, ...]

    @property
    def standard_errors(self) -> float | None:
        """How far simulation is from theory, in standard errors; None where one of the two is missing."""
        if self.theory.utilisation is None or self.ci95 is None:
            return None
        error = self.ci95 / metrics.student_t(self.batches - 1)
        gap = self.utilisation - self.theory.utilisation
        # a run without any chance has no error; what is left of the gap then is rounding
        return gap / error if error > metrics.NO_ERROR else 0.0 if abs(gap) < 1e-9 else None

    def figures(self) -> dict[str, Any]:
        """The result as plain data; events only where some were kept."""
        out = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name not in ("events", "covered")}
        out["standard_errors"] = self.standard_errors
        return out | ({"covered": self.covered, "events": [e._asdict() for e in self.events]} if self.covered else {})


Engine = Callable[[PageFaultScenario, str, Progress], Machine]


def engine(name: str) -> Engine:
    """What runs the model; each is loaded when it is asked for."""
    if name == "fast":
        from lab.pagefault.compiled import simulate as fast

        return fast
    from lab.pagefault.model import simulate

    return simulate


def run(scenario: PageFaultScenario, mode: str, progress: Progress = silent) -> Run:
    """Simulate `scenario` in one mode (sync, halt or pv).

    A failure may end the run before its time: then the figures are of what was measured till then, or, if the
    warm-up was not over, of the whole; if no time has passed, they are 0. Raises `LabError` if all faults asked
    for are measured and take no time at all (very few of them, all at one moment).
    """
    m = engine(scenario.engine)(scenario, mode, progress)
    return summary(scenario, mode, m, marks_of(m))


def marks_of(m: Machine) -> list[Mark]:
    """The ends of warm-up and batches, or the start and where a failure has ended the run."""
    made = int(m.run.goals)
    if m.run.ended == metrics.COMPLETE:
        return [_mark(m, at) for at in range(made)]
    metrics.stand(m, float(m.run.over))
    start = [] if made else [Mark(0.0, (0.0,) * PHASES, 0)]
    return [*start, *(_mark(m, at) for at in range(made + 1))]


def _mark(m: Machine, at: int) -> Mark:
    row = [float(value) for value in m.marks[at * MARK : (at + 1) * MARK]]
    return Mark(row[0], tuple(row[1 : 1 + PHASES]), int(row[PHASES + 1]), row[PHASES + 2], row[PHASES + 3])


def events_of(m: Machine) -> tuple[Event, ...]:
    """What was noted, as events."""
    wide = notes.COLUMNS
    found = []
    for n in range(m.run.notes):
        kind, *rest = (int(value) for value in m.notes[n * wide : (n + 1) * wide])
        found.append(Event(float(m.note_time[n]), KINDS[kind], *rest))
    return tuple(found)


def summary(s: PageFaultScenario, mode: str, m: Machine, marks: list[Mark]) -> Run:
    """The figures of a machine that has run."""
    run = m.run
    first, last = marks[0], marks[-1]
    elapsed = last.time - first.time
    if elapsed <= 0 and run.ended == metrics.COMPLETE:
        raise LabError(f"--faults: the {s.faults} measured all complete at the same moment; ask for more")
    # of those that complete at the same moment as the last one, the ones behind it do not count
    faults = min(s.faults, int(run.completed) - (s.warm_up if run.goals else 0))
    known = _interval(s, mode, marks, faults) if elapsed > 0 else metrics.Estimate(0.0, None, 0, False)
    spent = [after - before for before, after in zip(first.states, last.states, strict=True)]
    per_time = 1.0 / elapsed if elapsed > 0 else 0.0
    every = per_time / s.vcpus
    computed = tuple(float(task.computed) for task in m.tasks)
    each = tuple(int(task.measured) for task in m.tasks)
    slow = tuple(
        elapsed / (c + n * s.page_in) if n >= FEW_FAULTS else None for c, n in zip(computed, each, strict=True)
    )
    slow_faulting = [value for value in slow[: run.faulting] if value is not None]
    return Run(
        mode=mode,
        utilisation=known.share,
        ci95=known.half,
        batches=known.batches,
        correlated=known.correlated,
        throughput=faults * per_time,
        faults=faults,
        warm_up=s.warm_up,
        elapsed=elapsed,
        sync_fallbacks=last.fallbacks - first.fallbacks,
        most_in_flight=int(run.most),
        shares={name: t * every for name, t in zip(metrics.STATES, spent, strict=True)},
        latency=latency.latencies(m.samples, int(run.samples)),
        slow_down=sum(slow_faulting) / len(slow_faulting) if slow_faulting else None,
        left_out=int(run.faulting) - len(slow_faulting),
        starved=each[: run.faulting].count(0) if slow_faulting else 0,
        fairness=jain(computed[: run.faulting]),
        run_queue=(last.queued - first.queued) * per_time,
        most_undelivered=int(run.most_undelivered),
        lost_work=(last.lost_time - first.lost_time) * every,
        calculated=sum(computed[run.faulting :]) * every,
        lost_tasks=int(run.gone),
        ended=metrics.ENDED[run.ended],
        tasks=TaskFigures(computed, each, slow),
        theory=theory.which(s, mode),
        covered=float(run.covered),
        events=events_of(m),
    )


def _interval(s: PageFaultScenario, mode: str, marks: list[Mark], faults: int) -> Estimate:
    """The utilisation with its interval, which is 0 for a run without chance and never for one with it."""
    if not s.by_chance:
        return metrics.share_and_interval(marks, metrics.COMPUTING, s.vcpus)._replace(correlated=False)
    return metrics.share_and_interval(marks, metrics.COMPUTING, s.vcpus, faults / s.relaxation(mode))


def jain(values: tuple[float, ...]) -> float | None:
    """Jain's fairness index: 1 if all are equal, 1/n if one has everything; None if nobody has anything.

    R. Jain, D. Chiu, W. Hawe, "A Quantitative Measure of Fairness", DEC-TR-301, 1984.
    """
    squares = sum(value * value for value in values)
    return sum(values) ** 2 / (len(values) * squares) if squares else None
