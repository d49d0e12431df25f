"""A task becomes ready: onto a run queue, and whoever can run it now is told."""

from __future__ import annotations

from lab.pagefault.calendar import KICK, later
from lab.pagefault.guest import preempts, put, ran
from lab.pagefault.losing import look_at_all
from lab.pagefault.metrics import IDLE, queue_changes
from lab.pagefault.records import NOBODY, Machine

__all__ = ["charge", "ready"]


def charge(m: Machine, v: int, now: float) -> None:
    """What the task of vCPU `v` has had by the guest's clock since it was charged last.

    The clock goes on while the vCPU is stopped or halted, and a vCPU that sleeps in a fault is not stolen
    time to the guest (steal time is `run_delay`: being ready without a core). So in `sync` the task pays
    for its page-in.
    """
    if m.run.scheduler == 0:  # first in, first out does not ask
        return
    vcpu = m.vcpus[v]
    if vcpu.task != NOBODY:
        ran(m, vcpu.queue, vcpu.task, now - vcpu.ran_from)
        vcpu.ran_from = now


def ready(m: Machine, v: int, t: int, woken: int, now: float) -> None:
    """Task `t` is ready, seen by vCPU `v`: its queue gets it, `v` looks whether it must run at once.

    If `v` is busy and the queue is every vCPU's, the first idle vCPU is sent an IPI.
    """
    run, vcpu = m.run, m.vcpus[v]
    charge(m, v, now)  # before the queue looks at who has had how much
    queue_changes(m, vcpu.queue, now)
    put(m, vcpu.queue, t, woken)
    if run.shared and m.queues[0].length == 1:
        look_at_all(m, now)
    if woken == 0:
        return
    m.tasks[t].woken_at = now
    if m.run.scheduler != 0 and vcpu.task != NOBODY and preempts(m, vcpu.queue, vcpu.task, t):
        vcpu.resched = 1
    if m.run.shared and (vcpu.phase != IDLE or vcpu.kicked):
        _rouse(m)
    elif m.run.shared:
        vcpu.kicked = 1  # it will run this one; the next needs another


def _rouse(m: Machine) -> None:
    for u in range(m.run.vcpus):
        other = m.vcpus[u]
        if other.phase == IDLE and other.kicked == 0:
            other.kicked = 1
            later(m, 0.0, KICK, u, 0)
            return
