"""EEVDF: of the tasks that have not had more than their due, the one with the earliest deadline runs next.

Earliest eligible virtual deadline first, as in kernel/sched/fair.c of 6.6 and later, all tasks having the
same weight. A task's `vruntime` is the time it has been on a vCPU; V is the mean of those that are ready or
running, its *lag* is V minus its vruntime: what it is owed. It is eligible when that is not negative, and
its deadline is one slice (`run.slice`, in microseconds: `sysctl_sched_base_slice`) after its vruntime.

ran       `update_curr` charges the task, a stop of its vCPU included; `entity_lag`: what it is owed, at most
          two slices or a tick either way. It is the lag that a task has when it goes to sleep.
put       `place_entity`: a sleeper comes back with the lag it had (PLACE_LAG), however long it slept. Its coming
          moves V, so it is placed by lag * (n + 1) / n among n others.
take      `pick_eevdf`.
tick      `update_deadline`: when the deadline is reached, a new one is set and the task leaves, unless it is
          the one to run again.
preempts  `check_preempt_wakeup` (6.7: `check_preempt_wakeup_fair`): the woken task runs at once if it is the one
          that `pick_eevdf` names.

Left out: weights, groups and bandwidth; RUN_TO_PARITY, by which a task keeps its vCPU until its slice is
over or it is no more eligible (here a woken task with an earlier deadline runs at once); delayed dequeue
(6.12: a sleeper stays in the queue until its lag is gone); slices of a task's own (6.12); the shorter first
slice of a new task, as no task is born during a run; buddies; load balancing between queues. Linux has no run
queue for several CPUs; where all vCPUs have one here, the tasks that run on others count for V.

A queue is an unordered list in `Machine.line`, and V is summed anew each time: no rounding piles up, and
every rule costs time in proportion to the ready tasks and the vCPUs. Of two with the same deadline the one
that came earlier is first.
"""

from __future__ import annotations

from lab.pagefault.guest.resolution import NANOSECOND
from lab.pagefault.records import NOBODY, Machine

__all__ = ["preempts", "put", "ran", "take", "tick"]

RUNS_ON = -1  # instead of a place in the list


def put(m: Machine, q: int, task: int, woken: int) -> None:
    """`task` is ready: into queue `q`, and if it slept (`woken` 1) with the lag that it had then."""
    queue, entity = m.queues[q], m.tasks[task]
    if woken == 1:
        others, total, _least = _others(m, q, task)
        entity.vruntime = queue.min_vruntime
        if others > 0:
            entity.vruntime += total / others - entity.lag * (others + 1) / others
        entity.deadline = entity.vruntime + m.run.slice
    _renew(m, task)
    entity.order = queue.order
    queue.order += 1
    entity.on_queue = 1
    m.line[q * m.run.width + queue.length] = task
    queue.length += 1


def take(m: Machine, q: int) -> int:
    """The eligible task with the earliest deadline, out of queue `q`; NOBODY when it is empty."""
    queue = m.queues[q]
    if queue.length == 0:
        return NOBODY
    at = _pick(m, q, NOBODY)
    base = q * m.run.width
    task = m.line[base + at]
    queue.length -= 1
    m.line[base + at] = m.line[base + queue.length]
    m.tasks[task].on_queue = 0
    return task


def ran(m: Machine, q: int, task: int, length: float) -> None:
    """Charge `task` for `length` us on a vCPU, and note what it is owed now."""
    queue, entity = m.queues[q], m.tasks[task]
    entity.vruntime += length
    others, total, least = _others(m, q, task)
    own = entity.vruntime - queue.min_vruntime
    most = max(2.0 * m.run.slice, m.run.tick)
    entity.lag = min(max((total + own) / (others + 1) - own, -most), most)
    if others == 0 or own < least:
        least = own
    if least > 0.0:
        queue.min_vruntime += least


def tick(m: Machine, q: int, task: int) -> int:
    """1 when the running `task` has reached its deadline and another one is to run."""
    if _renew(m, task) == 0 or m.queues[q].length == 0:
        return 0
    return 0 if _pick(m, q, task) == RUNS_ON else 1


def preempts(m: Machine, q: int, task: int, woken: int) -> int:
    """1 when the just `woken` task, rather than the running `task`, is the eligible one with the earliest deadline.

    Also when `task` is found to have reached its deadline, and whichever other task is the one.
    """
    due = _renew(m, task)
    at = _pick(m, q, task)
    if at == RUNS_ON:
        return 0
    return 1 if due == 1 or m.line[q * m.run.width + at] == woken else 0


def _renew(m: Machine, task: int) -> int:
    """1 when `task` has reached its deadline: it gets a new one, a slice from here."""
    entity = m.tasks[task]
    if entity.vruntime < entity.deadline - NANOSECOND:
        return 0
    entity.deadline = entity.vruntime + m.run.slice
    return 1


def _others(m: Machine, q: int, task: int) -> tuple[int, float, float]:
    """Those of queue `q` that are ready or running, without `task`: how many, sum and least of their vruntimes.

    Both are counted from the queue's `min_vruntime`, as `avg_vruntime` does it.
    """
    queue = m.queues[q]
    base = q * m.run.width
    count, total, least = 0, 0.0, 0.0
    for i in range(queue.length + m.run.vcpus):
        other = NOBODY
        if i < queue.length:
            other = m.line[base + i]
        elif m.vcpus[i - queue.length].queue == q:
            other = m.vcpus[i - queue.length].task
            if other != NOBODY and m.tasks[other].on_queue == 1:
                other = NOBODY  # put back, and counted in the list
        if other != NOBODY and other != task:
            own = m.tasks[other].vruntime - queue.min_vruntime
            if count == 0 or own < least:
                least = own
            count += 1
            total += own
    return count, total, least


def _pick(m: Machine, q: int, running: int) -> int:
    """Where the task that is to run stands in the list of queue `q`, which is not empty; RUNS_ON: it is `running`.

    Of several vCPUs that share the queue, others may run all that is eligible: then the task that has run least.
    """
    queue = m.queues[q]
    base = q * m.run.width
    count, total, _least = _others(m, q, running)
    if running != NOBODY:
        count += 1
        total += m.tasks[running].vruntime - queue.min_vruntime
    due = queue.min_vruntime + total / count + NANOSECOND
    best, least = RUNS_ON, 0
    for i in range(queue.length):
        one = m.tasks[m.line[base + i]]
        if one.vruntime <= due:
            if best == RUNS_ON:
                best = i
            else:
                first = m.tasks[m.line[base + best]]
                if one.deadline < first.deadline or (one.deadline == first.deadline and one.order < first.order):
                    best = i
        behind = m.tasks[m.line[base + least]]
        if one.vruntime < behind.vruntime or (one.vruntime == behind.vruntime and one.order < behind.order):
            least = i
    if running != NOBODY and m.tasks[running].vruntime <= due:
        if best == RUNS_ON or m.tasks[running].deadline < m.tasks[m.line[base + best]].deadline:
            return RUNS_ON
        return best
    return least if best == RUNS_ON else best
