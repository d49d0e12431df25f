"""The guest runs: its task goes on, its scheduler chooses, its interrupts are served."""

from __future__ import annotations

from lab.pagefault.delivery import acknowledge, deliver, deliver_all, hear
from lab.pagefault.events import E_IDLE, E_INTERRUPT, E_PREEMPTED, E_RUN, E_SWITCH
from lab.pagefault.failures import deaf
from lab.pagefault.fault import touch_again
from lab.pagefault.guest import take, tick
from lab.pagefault.guest.wake import charge, ready
from lab.pagefault.losing import look_at_all
from lab.pagefault.losses import spin
from lab.pagefault.metrics import COMPUTING, IDLE, OVERHEAD, enter, queue_changes, sample
from lab.pagefault.notes import note
from lab.pagefault.physical import give_core
from lab.pagefault.protocol import can_deliver
from lab.pagefault.randomness import draw
from lab.pagefault.records import NOBODY, Machine
from lab.pagefault.work import BURST_OVER, FOR_EVER, HEARD, RESUME, SCHEDULE, SERVE, WAIT, work

__all__ = ["heard", "interrupted", "resume", "schedule", "serve"]


def resume(m: Machine, v: int, now: float) -> int:
    """The guest goes on with its task, interrupts first: a burst begins or continues, or a page is touched again."""
    vcpu = m.vcpus[v]
    if vcpu.tick_due or (vcpu.done_count and can_deliver(m, v)):
        return SERVE
    t = vcpu.task
    task = m.tasks[t]
    if task.woken_at >= 0.0:
        sample(m, task.page_in, task.delivery, now - task.woken_at)
        task.woken_at = -1.0
    if task.again:
        return touch_again(m, v, now)
    left = task.burst_left
    if left < 0.0:
        run = m.run
        left = FOR_EVER if t >= run.faulting else draw(run.compute_law, m.bursts, t, run.compute, 0.0, m.values)
        if left < 0.0:  # a recorded task has no more to do
            vcpu.task = NOBODY
            return SCHEDULE
        task.burst_left = left
    task.started = now
    if m.run.logging:
        note(m, E_RUN, v, t, task.faulted * m.run.faulting + t if t < m.run.faulting else -1, 0, -1, now)
    return work(m, v, COMPUTING, left, BURST_OVER, now)


def schedule(m: Machine, v: int, now: float) -> int:
    """The guest's scheduler chooses; a task that was running goes back to the queue first."""
    run, vcpu = m.run, m.vcpus[v]
    if vcpu.task != NOBODY:
        charge(m, v, now)
        if run.logging:
            note(m, E_PREEMPTED, v, vcpu.task, -1, 0, -1, now)
        ready(m, v, vcpu.task, 0, now)
        vcpu.task = NOBODY
    vcpu.resched = 0
    queue_changes(m, vcpu.queue, now)
    t = take(m, vcpu.queue)
    if run.shared and t != NOBODY and m.queues[0].length == 0:
        look_at_all(m, now)
    if t == NOBODY:
        if vcpu.done_count:  # a page came in while the vCPU was busy
            if run.era:
                vcpu.slot = 0  # HLT is an exit: the next page may be delivered
            if can_deliver(m, v):
                return SERVE
            if deaf(m):
                spin(m, v, now)
                return WAIT
        vcpu.kicked = 0
        enter(m, v, IDLE, now)
        if run.logging:
            note(m, E_IDLE, v, NOBODY, -1, 0, -1, now)
        give_core(m, v)
        return WAIT
    changes = t != vcpu.last
    vcpu.task = t
    vcpu.last = t
    vcpu.ran_from = now
    if changes and run.switch_cost > 0.0:
        if run.logging:
            note(m, E_SWITCH, v, t, -1, 0, -1, now)
        return work(m, v, OVERHEAD, run.switch_cost, RESUME, now)
    return RESUME


def serve(m: Machine, v: int, now: float) -> int:
    """Interrupts: the tick, then page ready, as many as the one slot lets through."""
    run, vcpu = m.run, m.vcpus[v]
    if vcpu.tick_due:
        vcpu.tick_due = 0
        if run.era:
            vcpu.slot = 0  # an exit: the next page may be delivered
        if vcpu.task != NOBODY:
            charge(m, v, now)
            task = m.tasks[vcpu.task]
            inside = task.kernel and task.again  # halted in kernel mode: nothing else can be chosen there
            if inside == 0 and tick(m, vcpu.queue, vcpu.task):
                vcpu.resched = 1
    if run.ready_cost > 0.0:
        while vcpu.done_count and can_deliver(m, v):
            if deliver(m, v, now):
                if run.logging:
                    note(m, E_INTERRUPT, v, vcpu.task, -1, vcpu.slot, -1, now)
                return work(m, v, OVERHEAD, run.ready_cost, HEARD, now)
    else:
        deliver_all(m, v, now)
    if vcpu.task == NOBODY or vcpu.resched:
        return SCHEDULE
    return RESUME


def heard(m: Machine, v: int, now: float) -> int:
    """The page-ready interrupt has been handled; since 5.8 the guest says so, in 2010 the next exit does."""
    hear(m, v, now)
    if m.run.era == 0:
        acknowledge(m, v, now)
    return SERVE


def interrupted(m: Machine, v: int, now: float) -> None:
    """The task of vCPU `v` leaves off computing in the middle of its burst."""
    vcpu = m.vcpus[v]
    task = m.tasks[vcpu.task]
    vcpu.stamp += 1  # the end of that work means nothing now
    task.burst_left = vcpu.ends - now
    task.computed += now - task.started
