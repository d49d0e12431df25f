"""Round robin: first in, first out, but at a tick a task that has used up its quantum goes to the end.

As SCHED_RR does with tasks of one priority (kernel/sched/rt.c, `task_tick_rt`): a task keeps what is left
of its quantum while it sleeps, gets a new one when the old one is used up, and goes on with that if it is
alone. `run.slice` is the quantum, in microseconds. A difference: the kernel counts the ticks that meet the
task, here its time is charged as it was spent, a stop of its vCPU included.
"""

from __future__ import annotations

from lab.pagefault.guest.fifo import put as put_last
from lab.pagefault.guest.fifo import take as take_first
from lab.pagefault.guest.resolution import NANOSECOND
from lab.pagefault.records import Machine

__all__ = ["preempts", "put", "ran", "take", "tick"]


def put(m: Machine, q: int, task: int, woken: int) -> None:
    """`task` is ready: it goes to the end of queue `q`; if it is new, or had to leave, with a whole quantum."""
    if woken == 0:
        m.tasks[task].slice_left = m.run.slice
    put_last(m, q, task, woken)


def take(m: Machine, q: int) -> int:
    """The task that runs next, out of queue `q`; NOBODY when it is empty."""
    return take_first(m, q)


def ran(m: Machine, q: int, task: int, length: float) -> None:
    """`task` was on a vCPU for `length` us: so much less is left of its quantum."""
    m.tasks[task].slice_left -= length


def tick(m: Machine, q: int, task: int) -> int:
    """1 when the quantum of the running `task` is used up and another one is ready."""
    if m.tasks[task].slice_left > NANOSECOND:
        return 0
    m.tasks[task].slice_left = m.run.slice
    return 1 if m.queues[q].length > 0 else 0


def preempts(m: Machine, q: int, task: int, woken: int) -> int:
    """0: a woken task waits for its turn."""
    return 0
