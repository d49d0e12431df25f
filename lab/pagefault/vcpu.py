"""What a vCPU does next, one thing after the other.

Each rule in `fault` and `running` does one thing and answers what comes next, or WAIT when that takes time or is
up to somebody else.
"""

from __future__ import annotations

from lab.pagefault.fault import answered, burst_over, told
from lab.pagefault.records import Machine
from lab.pagefault.running import heard, resume, schedule, serve
from lab.pagefault.work import ANSWER, BURST_OVER, RESUME, SCHEDULE, SERVE, TOLD, WAIT

__all__ = ["go_on"]


def go_on(m: Machine, v: int, then: int, now: float) -> None:
    """The vCPU `v` does `then`, and what follows from it, until it waits for something."""
    while then != WAIT:
        if then == RESUME:
            then = resume(m, v, now)
        elif then == BURST_OVER:
            then = burst_over(m, v, now)
        elif then == ANSWER:
            then = answered(m, v, now)
        elif then == TOLD:
            then = told(m, v, now)
        elif then == SCHEDULE:
            then = schedule(m, v, now)
        elif then == SERVE:
            then = serve(m, v, now)
        else:
            then = heard(m, v, now)
