"""What a vCPU can do next, by number, and a stretch of work that takes it time."""

from __future__ import annotations

from lab.pagefault.calendar import WORK_OVER, later
from lab.pagefault.metrics import enter
from lab.pagefault.records import Machine

__all__ = ["ANSWER", "BURST_OVER", "FOR_EVER", "HEARD", "RESUME", "SCHEDULE", "SERVE", "TOLD", "WAIT", "work"]

WAIT = 0  # nothing: its work is under way, or somebody else moves it on
RESUME = 1  # the guest goes on with the task it has
SCHEDULE = 2  # the guest's scheduler chooses a task
BURST_OVER = 3  # the task has computed and touches a page
ANSWER = 4  # the host answers the fault
TOLD = 5  # the guest's #PF handler has the token
SERVE = 6  # interrupts are served
HEARD = 7  # the page-ready interrupt is over

FOR_EVER = 1e15  # the burst of a calculator, us


def work(m: Machine, v: int, phase: int, length: float, then: int, now: float) -> int:
    """The vCPU `v` is busy for `length` us, then does `then`."""
    vcpu = m.vcpus[v]
    enter(m, v, phase, now)
    vcpu.then = then
    vcpu.ends = now + length
    vcpu.stamp += 1
    if length < 0.5 * FOR_EVER:
        later(m, length, WORK_OVER, v, vcpu.stamp)
    return WAIT
