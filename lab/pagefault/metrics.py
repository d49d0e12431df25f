"""From a run to figures: where the vCPUs' time went, throughput, and how sure that is (batch means)."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from lab.pagefault.records import Machine

__all__ = [
    "COMPLETE", "COMPUTING", "ENDED", "HALTED", "IDLE", "LATENCIES", "MARK", "MOST_SAMPLES", "NO_ERROR",
    "OVERHEAD", "PHASES", "STATES", "STOPPED", "WAITING", "Estimate", "Mark", "batches_for", "count", "enter",
    "never_seen", "queue_changes", "sample", "share_and_interval", "stand", "student_t",
]  # fmt: skip

COMPUTING, OVERHEAD, STOPPED, HALTED, IDLE, WAITING = range(6)
STATES = ("computing", "overhead", "stopped", "halted", "idle", "waiting")
PHASES = 6
MARK = PHASES + 4  # columns of a mark: time, the states, fall-backs, lost time, run-queue integral
LATENCIES = 3  # columns of a sample: page-in, delivery, wake-up
MOST_SAMPLES = 50_000
FEWEST_BATCHES, MOST_BATCHES = 10, 64
ALIKE = 1.645  # standard errors: 5 % of runs whose batches are strangers are taken for correlated
ALONE = 0.602  # of all squares: one of ten batches has more in 5 % of runs (Cochran's test), one of 64 never
LONG = 4  # memories that a batch should last
NO_ERROR = 1e-12  # of a share: what is below is rounding
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
    run.barren = 0
    if run.completed == run.goal:
        _mark(m, now)


def settle_up(m: Machine, v: int, now: float) -> None:
    """Guest work lost (see `losing`): add up what vCPU `v` has cost so far, at the end of its wait and at each mark."""
    vcpu = m.vcpus[v]
    if vcpu.losing_since >= 0.0:
        m.run.lost_time += now - vcpu.losing_since
        vcpu.losing_since = now


def stand(m: Machine, now: float) -> None:
    """Note where the run stands, what is under way included, as mark number `goals`."""
    run = m.run
    at = run.goals * MARK
    for i in range(at, at + MARK):
        m.marks[i] = 0.0
    for v in range(run.vcpus):
        enter(m, v, m.vcpus[v].phase, now)
        settle_up(m, v, now)
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


def _mark(m: Machine, now: float) -> None:
    run = m.run
    stand(m, now)
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
    return min(faults, max(FEWEST_BATCHES, min(MOST_BATCHES, faults // 250)))


class Estimate(NamedTuple):
    """A share, half its 95 % interval (None below ten batches), and the batches that was computed from.

    `correlated`: even the longest batches resemble their neighbours, so the interval is a guess.
    """

    share: float
    half: float | None
    batches: int
    correlated: bool


def share_and_interval(marks: Sequence[Mark], state: int, vcpus: int, memories: float = math.inf) -> Estimate:
    """The share of vCPU time in `state` between the first and the last mark, with its interval.

    Ratio estimator over batches (A. M. Law, "Simulation Modeling and Analysis", 4th ed., §9.5.3 and
    §9.5.2): a batch is a fixed number of faults, so its length varies too. Neighbours are merged, two by
    two and never below ten, while von Neumann's ratio says that they resemble one another (G. S. Fishman,
    "Grouping Observations in Digital Simulation", Management Science 24, 1978). If they still do then, the
    interval is wider by what a first-order autoregression with their correlation makes of it. The run is
    `memories` times as long as it remembers its past: a batch is not shorter than four memories, but for the first
    ten batches; with fewer than ten memories they are called correlated, whatever they look like.
    Where no batch differs from the others, or one alone, or the run is shorter than one such batch, the half width
    is `never_seen` at least.
    """
    share, n = _ratio(marks, state, vcpus)[0], len(marks) - 1
    if n < FEWEST_BATCHES:
        return Estimate(share, None, n, False)
    if memories < LONG * n:
        marks = _merged(marks, max(int(memories / LONG), FEWEST_BATCHES))
    while True:
        share, gaps, length = _ratio(marks, state, vcpus)
        n = len(gaps)
        squares = math.fsum(gap * gap for gap in gaps)
        error = math.sqrt(squares / (n * (n - 1))) / length
        like = _resemblance(gaps, squares) if error > NO_ERROR else 0.0
        correlated = like > ALIKE * math.sqrt((n - 2) / (n * n - 1))
        if not correlated or n // 2 < FEWEST_BATCHES:
            break
        marks = _merged(marks, n // 2)
    if correlated:
        like = min(like, 0.9)  # of ten values more cannot be told
        error *= math.sqrt((1 + like) / (1 - like))
    half = student_t(n - 1) * error
    if error <= NO_ERROR or memories < LONG or max(gap * gap for gap in gaps) > ALONE * squares:
        half = max(half, never_seen(memories))
    return Estimate(share, half, n, correlated or memories < FEWEST_BATCHES)


def _ratio(marks: Sequence[Mark], state: int, vcpus: int) -> tuple[float, list[float], float]:
    """The share, how far each batch's time in `state` is from it (us), and the batches' mean length (us)."""
    spent = [b.states[state] - a.states[state] for a, b in pairwise(marks)]
    long = [(b.time - a.time) * vcpus for a, b in pairwise(marks)]
    share = math.fsum(spent) / math.fsum(long)
    return share, [s - share * t for s, t in zip(spent, long, strict=True)], math.fsum(long) / len(long)


def _resemblance(gaps: Sequence[float], squares: float) -> float:
    """1 less half of von Neumann's ratio: 0 on average, of variance (n - 2)/(n^2 - 1), if neighbours are strangers."""
    return 1.0 - math.fsum((b - a) ** 2 for a, b in pairwise(gaps)) / (2.0 * squares)


def _merged(marks: Sequence[Mark], batches: int) -> list[Mark]:
    """The ends of so many longer batches; they differ by one of the old ones at most."""
    n = len(marks) - 1
    return [marks[n * i // batches] for i in range(batches + 1)]


def never_seen(memories: float) -> float:
    """What may have been missed, as a share: half an interval for a run in which chance never showed itself.

    The rule of three: what did not happen in n independent trials has, with 95 %, a probability below 3/n
    (J. A. Hanley, A. Lippman-Hand, "If Nothing Goes Wrong, Is Everything All Right?", JAMA 249, 1983). A trial is
    a stretch as long as the run remembers its past, of which there are `memories`; what happens costs at most the
    whole of one. At most 1, which says that nothing is known.
    """
    return min(1.0, 3.0 / memories)


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
