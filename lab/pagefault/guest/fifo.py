"""First in, first out: a task runs until it sleeps, a woken one goes to the end of the queue.

As SCHED_FIFO does with tasks of one priority (kernel/sched/rt.c): no quantum, no wake-up preemption. It
is the order that the closed forms of queueing theory assume. A run queue is a ring in `Machine.line`.
"""

from __future__ import annotations

from lab.pagefault.records import NOBODY, Machine

__all__ = ["preempts", "put", "ran", "take", "tick"]


def put(m: Machine, q: int, task: int, woken: int) -> None:
    """`task` is ready: it goes to the end of queue `q`, woken or not."""
    queue = m.queues[q]
    width = m.run.width
    at = queue.first + queue.length
    if at >= width:
        at -= width
    m.line[q * width + at] = task
    queue.length += 1


def take(m: Machine, q: int) -> int:
    """The task that runs next, out of queue `q`; NOBODY when it is empty."""
    queue = m.queues[q]
    if queue.length == 0:
        return NOBODY
    first = queue.first
    width = m.run.width
    queue.first = first + 1 if first + 1 < width else 0
    queue.length -= 1
    return m.line[q * width + first]


def ran(m: Machine, q: int, task: int, length: float) -> None:
    """`task` was on a vCPU for `length` us: that counts for nothing here."""


def tick(m: Machine, q: int, task: int) -> int:
    """0: no tick makes a task leave."""
    return 0


def preempts(m: Machine, q: int, task: int, woken: int) -> int:
    """0: a woken task waits for its turn."""
    return 0
