"""From a run to figures: where the vCPUs' time went, throughput, and how sure that is (batch means)."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from itertools import pairwise

from lab.pagefault.records import Machine

__all__ = [
    "COMPLETE", "COMPUTING", "ENDED", "HALTED", "IDLE", "LATENCIES", "MARK", "MOST_SAMPLES", "OVERHEAD", "PHASES",
    "STATES", "STOPPED", "WAITING", "Mark", "batches_for", "count", "enter", "queue_changes", "sample",
    "share_and_interval", "student_t",
]  # fmt: skip

COMPUTING, OVERHEAD, STOPPED, HALTED, IDLE, WAITING = range(6)
STATES = ("computing", "overhead", "stopped", "halted", "idle", "waiting")
PHASES = 6
MARK = PHASES + 4  # columns of a mark: time, the states, fall-backs, lost time, run-queue integral
LATENCIES = 3  # columns of a sample: page-in, delivery, wake-up
MOST_SAMPLES = 50_000
ENDED = ("running", "complete", "stuck", "panic", "spin")
RUNNING, COMPLETE, STUCK, PANICKED, SPINNING = range(5)


def enter(m: Machine, v: int, phase: int, now: float) -> None:
    """From now on vCPU `v` is in `phase`; the time in the one before is added up."""
    vcpu = m.vcpus[v]
    m.spent[v * PHASES + vcpu.phase] += now - vcpu.since
    vcpu.phase = phase
    vcpu.since = now


def queue_changes(m: Machine, q: int, now: float) -> None:
    """Run queue `q` is about to change: its length so far is added up over time."""
    queue = m.queues[q]
    queue.area += queue.length * (now - queue.since)
    queue.since = now


def sample(m: Machine, page_in: float, delivery: float, wake_up: float) -> None:
    """Keep one fault's latencies, from the end of the warm-up on, while there is room."""
    run = m.run
    n = run.samples * LATENCIES
    if run.goals == 0 or n == len(m.samples):
        return
    m.samples[n] = page_in
    m.samples[n + 1] = delivery
    m.samples[n + 2] = wake_up
    run.samples += 1


def count(m: Machine, t: int, now: float) -> None:
    """A fault of task `t` is complete; at the end of the warm-up and of each batch, note where the run stands."""
    run = m.run
    m.tasks[t].measured += 1
    run.completed += 1
    if run.completed == run.goal:
        _mark(m, now)


def _mark(m: Machine, now: float) -> None:
    run = m.run
    at = run.goals * MARK
    for v in range(run.vcpus):
        enter(m, v, m.vcpus[v].phase, now)
        for phase in range(PHASES):
            m.marks[at + 1 + phase] += m.spent[v * PHASES + phase]
    area = 0.0
    for q in range(len(m.queues)):
        queue_changes(m, q, now)
        area += m.queues[q].area
    m.marks[at] = now
    m.marks[at + PHASES + 1] = float(run.fallbacks)
    m.marks[at + PHASES + 2] = run.lost_time
    m.marks[at + PHASES + 3] = area
    if run.goals == 0:  # the warm-up is over: what tasks got is counted from here on
        for t in range(run.tasks):
            m.tasks[t].computed = 0.0
            m.tasks[t].measured = 0
        for v in range(run.vcpus):
            if m.vcpus[v].task >= 0:
                m.tasks[m.vcpus[v].task].started = now
    run.goals += 1
    if run.goals > run.batches:
        run.ended = COMPLETE
    else:
        run.goal = run.warm_up + run.faults * run.goals // run.batches


@dataclasses.dataclass(frozen=True, slots=True)
class Mark:
    """A run at the end of a batch: time (us), time in each state up to it, and what else was added up till then."""

    time: float
    states: tuple[float, ...]
    fallbacks: int
    lost_time: float = 0.0
    queued: float = 0.0  # integral of the run queues' length
    completed: int = 0


def batches_for(faults: int) -> int:
    """How many batches `faults` are divided into: of 250 faults or more where possible, 10 to 64 of them."""
    return min(faults, max(10, min(64, faults // 250)))


def share_and_interval(marks: Sequence[Mark], state: int, vcpus: int) -> tuple[float, float | None]:
    """The share of vCPU time in `state` between the first and the last mark, and half its 95 % interval.

    Ratio estimator over batches (A. M. Law, "Simulation Modeling and Analysis", 4th ed., §9.5.3 and
    §9.5.2): a batch is a fixed number of faults, so its length varies too. The half width is None below
    ten batches.
    """
    spent = [b.states[state] - a.states[state] for a, b in pairwise(marks)]
    long = [(b.time - a.time) * vcpus for a, b in pairwise(marks)]
    share = math.fsum(spent) / math.fsum(long)
    n = len(spent)
    if n < 10:
        return share, None
    squares = math.fsum((s - share * t) ** 2 for s, t in zip(spent, long, strict=True))
    error = math.sqrt(squares / (n * (n - 1))) / (math.fsum(long) / n)
    return share, student_t(n - 1) * error


def student_t(freedom: int) -> float:
    """The 97.5 % point of Student's t with `freedom` >= 9 degrees of freedom.

    Cornish-Fisher expansion (Abramowitz and Stegun 26.7.5); the error is below 1e-4 there.
    """
    z, v = 1.959963984540054, float(freedom)
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    fourth = (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160
    return z + first / v + second / v**2 + third / v**3 + fourth / v**4
