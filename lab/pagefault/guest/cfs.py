"""CFS-like: the task that has run least runs next (kernel/sched/fair.c from 2.6.24 to 6.5).

A task's `vruntime` is the time it has been on a vCPU. The guest's clock goes on while a vCPU is stopped in
a synchronous fault, so that time is charged to the task that faulted. A queue's `min_vruntime` follows the
smallest one and never goes back. What is as in fair.c, all tasks having the same weight:

ran       `update_curr` charges the task, `update_min_vruntime` follows.
put       `place_entity`: a sleeper comes back at most half a latency before `min_vruntime`, however long it
          slept (GENTLE_FAIR_SLEEPERS, since 2.6.32); it never gains by that.
tick      `check_preempt_tick`: out after its share of the latency, `sched_slice`; or after the minimum
          granularity if another is behind by more than that share.
preempts  `wakeup_preempt_entity`: the woken task runs at once if it is behind by more than the wake-up
          granularity.

`run.slice` is `sysctl_sched_latency`, in microseconds. The minimum granularity is an eighth of it, the
wake-up granularity a sixth (6, 0.75 and 1 ms for one CPU in 5.x): the kernel scales the three together.

Left out: weights, groups and bandwidth; START_DEBIT, as no task is born during a run; the buddies, which let
a task that lost or won a wake-up go before the first; load balancing between queues. Linux has no run queue
for several CPUs; where all vCPUs have one here, `min_vruntime` follows the task charged last and those that
are ready, and a task's share is as if it were alone with those.

A queue is a binary heap in `Machine.line`. Of two with the same vruntime the one that came earlier is first,
as in the kernel's tree.
"""

from __future__ import annotations

from lab.pagefault.guest.resolution import NANOSECOND
from lab.pagefault.records import NOBODY, Machine

__all__ = ["preempts", "put", "ran", "take", "tick"]

LEAST_SHARE = 0.125  # sysctl_sched_min_granularity of the latency
WAKE_UP = 1.0 / 6.0  # sysctl_sched_wakeup_granularity of it
CREDIT = 0.5  # of a sleeper


def put(m: Machine, q: int, task: int, woken: int) -> None:
    """`task` is ready: into the heap of queue `q`, and if it slept (`woken` 1) with a sleeper's credit."""
    queue, entity = m.queues[q], m.tasks[task]
    if woken == 1:
        entity.vruntime = max(entity.vruntime, queue.min_vruntime - m.run.slice * CREDIT)
    entity.order = queue.order
    queue.order += 1
    base = q * m.run.width
    at = queue.length
    queue.length += 1
    while at > 0:
        parent = (at - 1) >> 1
        if not _before(m, task, m.line[base + parent]):
            break
        m.line[base + at] = m.line[base + parent]
        at = parent
    m.line[base + at] = task


def take(m: Machine, q: int) -> int:
    """The task with the smallest vruntime, out of queue `q`; NOBODY when it is empty."""
    queue = m.queues[q]
    if queue.length == 0:
        return NOBODY
    base = q * m.run.width
    first = m.line[base]
    queue.length -= 1
    last = m.line[base + queue.length]
    at, child = 0, 1
    while child < queue.length:
        if child + 1 < queue.length and _before(m, m.line[base + child + 1], m.line[base + child]):
            child += 1
        if not _before(m, m.line[base + child], last):
            break
        m.line[base + at] = m.line[base + child]
        at, child = child, 2 * child + 1
    m.line[base + at] = last
    m.tasks[first].ran_for = 0.0
    queue.min_vruntime = max(queue.min_vruntime, m.tasks[first].vruntime)
    return first


def ran(m: Machine, q: int, task: int, length: float) -> None:
    """Charge `task` for `length` us on a vCPU, and let the queue's `min_vruntime` follow."""
    queue, entity = m.queues[q], m.tasks[task]
    entity.vruntime += length
    entity.ran_for += length
    least = entity.vruntime
    if queue.length > 0:
        least = min(least, m.tasks[m.line[q * m.run.width]].vruntime)
    queue.min_vruntime = max(queue.min_vruntime, least)


def tick(m: Machine, q: int, task: int) -> int:
    """1 when the running `task` has had its share and the first in the queue is not ahead of it."""
    queue, entity = m.queues[q], m.tasks[task]
    if queue.length == 0:
        return 0
    share = max(m.run.slice / (queue.length + 1), m.run.slice * LEAST_SHARE)
    behind = entity.vruntime - m.tasks[m.line[q * m.run.width]].vruntime
    if entity.ran_for > share + NANOSECOND:
        return 1 if behind >= 0.0 else 0
    if entity.ran_for < m.run.slice * LEAST_SHARE:
        return 0
    return 1 if behind > share else 0


def preempts(m: Machine, q: int, task: int, woken: int) -> int:
    """1 when the just `woken` task is behind the running `task` by more than the wake-up granularity."""
    return 1 if m.tasks[task].vruntime - m.tasks[woken].vruntime > m.run.slice * WAKE_UP else 0


def _before(m: Machine, one: int, other: int) -> bool:
    """Whether `one` is to run before `other`."""
    first, second = m.tasks[one], m.tasks[other]
    if first.vruntime != second.vruntime:
        return first.vruntime < second.vruntime
    return first.order < second.order
