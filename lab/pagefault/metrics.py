"""From a run to figures: where the vCPUs' time went, throughput, and how sure that is (batch means)."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from itertools import pairwise

__all__ = ["STATES", "Mark", "StateTimes", "batches_for", "share_and_interval", "student_t"]

COMPUTING, OVERHEAD, STOPPED, HALTED, IDLE = range(5)
STATES = ("computing", "overhead", "stopped", "halted", "idle")


class StateTimes:
    """Adds up how long each vCPU was in which state; all begin idle at time 0."""

    def __init__(self, vcpus: int) -> None:
        self.state = [IDLE] * vcpus
        self.since = [0.0] * vcpus
        self.total = [0.0] * len(STATES)

    def enter(self, vcpu: int, state: int, now: float) -> None:
        """From `now` on the vCPU is in `state`."""
        self.total[self.state[vcpu]] += now - self.since[vcpu]
        self.state[vcpu] = state
        self.since[vcpu] = now

    def until(self, now: float) -> tuple[float, ...]:
        """The time spent in each state up to `now`, all vCPUs together, what is going on included."""
        for vcpu, state in enumerate(self.state):
            self.enter(vcpu, state, now)
        return tuple(self.total)


@dataclasses.dataclass(frozen=True, slots=True)
class Mark:
    """A run at the end of a batch: time (us), time in each state up to it, synchronous fall-backs up to it."""

    time: float
    states: tuple[float, ...]
    fallbacks: int


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
