"""The guest's schedulers, one file each; here the one that a run asks for is called.

Each has five functions over a `Machine`; q is a run queue, times are microseconds:

`put(m, q, task, woken)`       a task becomes ready: woken 1, it slept; 0, it ran until now or is new
`take(m, q)`                   the task that runs next, out of the queue; NOBODY when there is none
`ran(m, q, task, length)`      a task was on a vCPU for so long by the guest's clock: charge it
`tick(m, q, task)`             1: at this tick the running task has to make room for another
`preempts(m, q, task, woken)`  1: a just woken task makes the running one make room

The guest's clock does not stop with its vCPU. `ran` comes before any of the others for the task that runs at
that moment, and before a task sleeps; from then on it is no vCPU's task. `put` and `take` keep the queue's
`length`. To add a scheduler: a file with the five, a line in each of the two tables and in each function here.
"""

from __future__ import annotations

from lab.pagefault.guest.cfs import preempts as preempts_cfs
from lab.pagefault.guest.cfs import put as put_cfs
from lab.pagefault.guest.cfs import ran as ran_cfs
from lab.pagefault.guest.cfs import take as take_cfs
from lab.pagefault.guest.cfs import tick as tick_cfs
from lab.pagefault.guest.eevdf import preempts as preempts_eevdf
from lab.pagefault.guest.eevdf import put as put_eevdf
from lab.pagefault.guest.eevdf import ran as ran_eevdf
from lab.pagefault.guest.eevdf import take as take_eevdf
from lab.pagefault.guest.eevdf import tick as tick_eevdf
from lab.pagefault.guest.fifo import put as put_fifo
from lab.pagefault.guest.fifo import take as take_fifo
from lab.pagefault.guest.rr import put as put_rr
from lab.pagefault.guest.rr import ran as ran_rr
from lab.pagefault.guest.rr import take as take_rr
from lab.pagefault.guest.rr import tick as tick_rr
from lab.pagefault.records import NOBODY, Machine

__all__ = ["DEFAULT_SLICE", "NOBODY", "SCHEDULERS", "preempts", "put", "ran", "take", "tick"]

FIFO, RR, CFS, EEVDF = 0, 1, 2, 3

SCHEDULERS = {
    "fifo": FIFO,  # a task runs until it sleeps; a woken one goes to the end
    "rr": RR,  # the same with a quantum, looked at on ticks
    "cfs": CFS,  # least vruntime first, sleepers with a credit: Linux from 2.6.24 to 6.5
    "eevdf": EEVDF,  # earliest deadline of the eligible ones first: Linux from 6.6 on
}

# `run.slice` where a scenario names none, in us. The last two are for one CPU: the kernel multiplies them by
# 1 + log2(CPUs), counting at most 8 CPUs.
DEFAULT_SLICE = {
    "fifo": 0.0,  # has none
    "rr": 100_000.0,  # the quantum: RR_TIMESLICE, include/linux/sched/rt.h
    "cfs": 6_000.0,  # sysctl_sched_latency, kernel/sched/fair.c up to 6.5
    "eevdf": 750.0,  # sysctl_sched_base_slice, kernel/sched/fair.c of 6.6; 700 since 6.15 (2ae891b82695)
}


def put(m: Machine, q: int, task: int, woken: int) -> None:
    """`task` is ready and stands in queue `q` from now on; `woken` 1 if it slept."""
    if m.run.scheduler == FIFO:
        put_fifo(m, q, task, woken)
    elif m.run.scheduler == RR:
        put_rr(m, q, task, woken)
    elif m.run.scheduler == CFS:
        put_cfs(m, q, task, woken)
    else:
        put_eevdf(m, q, task, woken)


def take(m: Machine, q: int) -> int:
    """The task that runs next, out of queue `q`; NOBODY when it is empty."""
    if m.run.scheduler == FIFO:
        return take_fifo(m, q)
    if m.run.scheduler == RR:
        return take_rr(m, q)
    if m.run.scheduler == CFS:
        return take_cfs(m, q)
    return take_eevdf(m, q)


def ran(m: Machine, q: int, task: int, length: float) -> None:
    """Charge `task` of queue `q` for `length` us on a vCPU, stopped or halted time included."""
    if m.run.scheduler == RR:
        ran_rr(m, q, task, length)
    elif m.run.scheduler == CFS:
        ran_cfs(m, q, task, length)
    elif m.run.scheduler == EEVDF:
        ran_eevdf(m, q, task, length)


def tick(m: Machine, q: int, task: int) -> int:
    """1 when at this tick the running `task` of queue `q` has to make room for another, else 0."""
    if m.run.scheduler == RR:
        return tick_rr(m, q, task)
    if m.run.scheduler == CFS:
        return tick_cfs(m, q, task)
    if m.run.scheduler == EEVDF:
        return tick_eevdf(m, q, task)
    return 0


def preempts(m: Machine, q: int, task: int, woken: int) -> int:
    """1 when `woken`, just put into queue `q`, makes the running `task` make room, else 0."""
    if m.run.scheduler == CFS:
        return preempts_cfs(m, q, task, woken)
    if m.run.scheduler == EEVDF:
        return preempts_eevdf(m, q, task, woken)
    return 0
