"""From "the page is in" to "the task is ready": the done queue, the one ready slot, the guest's wake-up.

The vCPU's own thread delivers (`kvm_check_async_pf_completion`), so one that is stopped in a synchronous
fault delivers nothing. A vCPU has one ready slot: the next page waits until the guest has read the token
and acknowledged it (until Linux 5.7: until the next exit).
"""

from __future__ import annotations

from lab.pagefault.events import E_ACK, E_DUMMY, E_READY, E_WAKE_ALL
from lab.pagefault.failures import loses_zero
from lab.pagefault.gfns import gfn_remove
from lab.pagefault.guest.sleepers import wake, wake_all_next
from lab.pagefault.guest.wake import ready
from lab.pagefault.host import SLEEP
from lab.pagefault.losses import lose
from lab.pagefault.metrics import count
from lab.pagefault.notes import note
from lab.pagefault.protocol import WAKE_ALL, can_deliver, queue_wake_all, release_fault
from lab.pagefault.records import NOBODY, Machine

__all__ = ["acknowledge", "deliver", "deliver_all", "free_work", "hear", "pop_done", "push_done", "wake_everyone"]


def push_done(m: Machine, v: int, w: int) -> None:
    """The worker appends `w` to the vCPU's done queue (`async_pf_execute`)."""
    vcpu = m.vcpus[v]
    m.works[w].next = NOBODY
    if vcpu.done_count == 0:
        vcpu.done_first = w
    else:
        m.works[vcpu.done_last].next = w
    vcpu.done_last = w
    vcpu.done_count += 1
    if vcpu.done_count > m.run.most_undelivered:
        m.run.most_undelivered = vcpu.done_count


def pop_done(m: Machine, v: int) -> int:
    """The vCPU's thread takes the oldest work off its done queue."""
    vcpu = m.vcpus[v]
    w = vcpu.done_first
    vcpu.done_first = m.works[w].next
    vcpu.done_count -= 1
    return w


def deliver_all(m: Machine, v: int, now: float) -> None:
    """Deliver what can be delivered, where interrupts cost no time: the slot is free again at once.

    In 2010 there is no ACK: the slot stays taken until the next exit.
    """
    vcpu = m.vcpus[v]
    while vcpu.done_count and can_deliver(m, v):
        if deliver(m, v, now):
            hear(m, v, now)
            if m.run.era == 0:
                acknowledge(m, v, now)


def deliver(m: Machine, v: int, now: float) -> int:
    """The host takes the oldest completed fault off the done queue; 1 if the guest is to hear a token.

    Whoever asked not to be told is simply no longer halted. `queued` falls here, not when the page is in.
    """
    run, vcpu = m.run, m.vcpus[v]
    w = pop_done(m, v)
    work = m.works[w]
    release_fault(m, v)
    gfn_remove(m, v, work.page)
    t = work.task
    task = m.tasks[t]
    if run.logging:
        note(m, E_READY, v, t, work.fault, work.token, work.page, now)
    told = 1 if work.kind == SLEEP else 0
    if told and run.failure and loses_zero(m, v, work.token):
        lose(m, t, now)
        told = 0  # the next one is written over it
    task.page_in = work.in_at - work.asked
    task.delivery = now - work.in_at
    if told:
        vcpu.slot = work.token
    if task.work == w and task.lost == 0:  # else the task asked again, from another vCPU or at another host
        if told == 0:
            task.woken_at = now
        count(m, t, now)
    if task.work == w:
        task.again = 0
        task.work = NOBODY
    free_work(m, w)
    return told


def free_work(m: Machine, w: int) -> None:
    """A work is done with."""
    m.works[w].kind = 0
    m.free[m.run.free_count] = w
    m.run.free_count += 1


def hear(m: Machine, v: int, now: float) -> None:
    """The guest's interrupt handler: it reads the token out of the slot and wakes that task.

    Nobody sleeps on it: the ready came before its not-present, so a dummy is left (`kvm_async_pf_task_wake`).
    """
    token = m.vcpus[v].slot
    t = wake(m.sleepers, token, v)
    if t >= 0:
        ready(m, v, t, 1, now)
    elif m.run.logging:
        note(m, E_DUMMY, v, NOBODY, -1, token, -1, now)


def acknowledge(m: Machine, v: int, now: float) -> None:
    """The guest frees the slot (MSR_KVM_ASYNC_PF_ACK): the host may deliver the next."""
    vcpu = m.vcpus[v]
    if m.run.logging:
        note(m, E_ACK, v, NOBODY, -1, vcpu.slot, -1, now)
    vcpu.slot = 0


def wake_everyone(m: Machine, v: int, now: float) -> None:
    """Token ~0: every task that sleeps since a fault of vCPU `v` touches its page again (`apf_task_wake_all`).

    The host queues it as one fault more, beyond the limit if need be, unless completed ones wait already. It
    comes where the guest enables asynchronous faults, here or at another host: before the vCPU does anything
    else, so it is delivered at once.
    """
    if queue_wake_all(m, v) == 0:
        return
    release_fault(m, v)
    if m.run.logging:
        note(m, E_WAKE_ALL, v, NOBODY, -1, WAKE_ALL, -1, now)
    t = wake_all_next(m.sleepers, v)
    while t >= 0:
        m.tasks[t].again = 1
        ready(m, v, t, 1, now)
        t = wake_all_next(m.sleepers, v)
