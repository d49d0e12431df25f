"""What is to happen later: a rule writes it down, the engine that called the rule keeps the calendar.

SimPy is the calendar of one engine, a heap in compiled code that of the other. Both let things happen
in the order of their time, and at the same time in the order in which they were written down.
"""

from __future__ import annotations

from lab.pagefault.records import Machine

__all__ = [
    "CORE",
    "HOST_SLICE",
    "KICK",
    "MIGRATE",
    "PAGER",
    "PAGE_IN",
    "TICK",
    "WORK_OVER",
    "kind_of",
    "later",
    "stamp_of",
    "who_of",
]

WORK_OVER = 0  # a vCPU's work is over (who: vCPU; stamp: of that work)
PAGE_IN = 1  # a page is in memory (who: work)
KICK = 2  # an IPI arrives (who: vCPU)
TICK = 3  # the guest's timer (who: vCPU)
CORE = 4  # a vCPU gets a physical core (who: vCPU)
HOST_SLICE = 5  # the host looks whether another vCPU wants the core (who: vCPU; stamp: of its stay on the core)
MIGRATE = 6
PAGER = 7  # the pager's pause is over: it puts a page in


def later(m: Machine, delay: float, kind: int, who: int, stamp: int) -> None:
    """After `delay` us, `kind` happens to `who`."""
    run = m.run
    n = run.outs
    m.out_delay[n] = delay
    m.out_code[n] = (stamp << 24) | (who << 4) | kind
    run.outs = n + 1


def kind_of(code: int) -> int:
    """What happens."""
    return code & 15


def who_of(code: int) -> int:
    """The vCPU or work that it happens to."""
    return (code >> 4) & 0xFFFFF


def stamp_of(code: int) -> int:
    """Which of that vCPU's stretches of work it ends."""
    return code >> 24
