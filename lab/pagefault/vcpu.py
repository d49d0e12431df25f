"""What a vCPU does next: its task's burst, the fault, the host's answer, interrupts, the guest's scheduler.

A vCPU does one thing after the other. Each rule here does one and answers what comes next, or WAIT when
that takes time or is up to somebody else. Sources: arch/x86/kernel/kvm.c (the guest), virt/kvm/async_pf.c
and arch/x86/kvm/x86.c (the host) of Linux 5.8 and later; where 2010 differs, `m.run.era` says so.
"""

from __future__ import annotations

from lab.pagefault.access import ZIPF
from lab.pagefault.calendar import WORK_OVER, later
from lab.pagefault.delivery import acknowledge, deliver, deliver_all, free_work, hear
from lab.pagefault.device import read
from lab.pagefault.events import (
    E_FAULT,
    E_HALTED,
    E_IDLE,
    E_INTERRUPT,
    E_NOT_PRESENT,
    E_PREEMPTED,
    E_REPEATED,
    E_RUN,
    E_STOPPED,
    E_SWITCH,
)
from lab.pagefault.failures import deaf, early, panics
from lab.pagefault.gfns import gfn_add
from lab.pagefault.guest import take, tick
from lab.pagefault.guest.sleepers import sleep
from lab.pagefault.guest.wake import charge, ready
from lab.pagefault.host import AGAIN, HALT, SLEEP, STOP, answer
from lab.pagefault.losses import dies, page_is_early, spin
from lab.pagefault.metrics import COMPUTING, HALTED, IDLE, OVERHEAD, STOPPED, count, enter, queue_changes, sample
from lab.pagefault.notes import note
from lab.pagefault.physical import give_core
from lab.pagefault.protocol import can_deliver, release_fault, token_of
from lab.pagefault.randomness import draw
from lab.pagefault.records import NOBODY, Machine
from lab.pagefault.workload import HIT, kernel_mode, look, touch

__all__ = ["RESUME", "SCHEDULE", "SERVE", "WAIT", "go_on", "interrupted"]

WAIT = 0  # nothing: its work is under way, or somebody else moves it on
RESUME = 1  # the guest goes on with the task it has
SCHEDULE = 2  # the guest's scheduler chooses a task
BURST_OVER = 3  # the task has computed and touches a page
ANSWER = 4  # the host answers the fault
TOLD = 5  # the guest's #PF handler has the token
SERVE = 6  # interrupts are served
HEARD = 7  # the page-ready interrupt is over

FOR_EVER = 1e15  # the burst of a calculator, us


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


def work(m: Machine, v: int, phase: int, length: float, then: int, now: float) -> int:
    """The vCPU `v` is busy for `length` us, then does `then`."""
    vcpu = m.vcpus[v]
    enter(m, v, phase, now)
    vcpu.then = then
    vcpu.ends = now + length
    vcpu.stamp += 1
    later(m, length, WORK_OVER, v, vcpu.stamp)
    return WAIT


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


def burst_over(m: Machine, v: int, now: float) -> int:
    """The task touches a page. If the host has it not, that is a fault: the exit costs time."""
    run, t = m.run, m.vcpus[v].task
    task = m.tasks[t]
    task.computed += now - task.started
    task.burst_left = -1.0
    fault = task.faulted * run.faulting + t  # the same number in all modes, whenever it happens there
    page = touch(m, t, fault)
    if page == HIT:
        return RESUME
    task.faulted += 1
    task.fault = fault
    task.page = page
    task.kernel = kernel_mode(m, t)
    if run.era:
        m.vcpus[v].slot = 0  # an exit: the next page may be delivered
    if run.logging:
        note(m, E_FAULT, v, t, fault, 0, page, now)
    if run.fault_cost > 0.0:
        return work(m, v, OVERHEAD, run.fault_cost, ANSWER, now)
    return ANSWER


def touch_again(m: Machine, v: int, now: float) -> int:
    """The task's access faults once more: its page is not in, or the host it has moved to knows nothing of it."""
    run, t = m.run, m.vcpus[v].task
    task = m.tasks[t]
    if run.era:
        m.vcpus[v].slot = 0  # an exit: the next page may be delivered
    if run.logging:
        note(m, E_FAULT, v, t, task.fault, 0, task.page, now)
    if run.fault_cost > 0.0:
        return work(m, v, OVERHEAD, run.fault_cost, ANSWER, now)
    return ANSWER


def answered(m: Machine, v: int, now: float) -> int:
    """What the host does with the fault: stop the vCPU, halt it, or tell the guest (`kvm_faultin_pfn`)."""
    run, vcpu = m.run, m.vcpus[v]
    t = vcpu.task
    task = m.tasks[t]
    if task.again and run.access == ZIPF and look(m, task.page) == HIT:
        return _there(m, t, now)
    action = answer(m, v, t)
    if action == AGAIN:
        task.again = 1
        if run.logging:
            note(m, E_REPEATED, v, t, task.fault, 0, task.page, now)
        return _halt(m, v, 0, now)
    if action != STOP and run.free_count <= run.vcpus:  # what is left is for synchronous faults
        release_fault(m, v)
        action = STOP
    run.free_count -= 1
    w = m.free[run.free_count]
    it = m.works[w]
    it.kind = action
    it.vcpu = v
    it.task = t
    it.page = task.page
    it.fault = task.fault
    it.asked = now
    it.token = 0
    if action == STOP:
        if run.mode != 0:
            run.fallbacks += 1
        vcpu.awaited = w
        vcpu.others = m.queues[vcpu.queue].length + vcpu.done_count
        enter(m, v, STOPPED, now)
        if run.logging:
            note(m, E_STOPPED, v, t, it.fault, 0, it.page, now)
        read(m, w, now)
        give_core(m, v)
        return WAIT
    if action == SLEEP:
        run.fault_number += 1
    it.token = token_of(m, v)
    gfn_add(m, v, it.page)
    task.work = w
    if run.logging:
        note(m, E_NOT_PRESENT, v, t, it.fault, it.token, it.page, now)
    if run.failure:
        if action == SLEEP and panics(m, task.kernel):
            dies(m, v, t, now)
            return WAIT
        if action == SLEEP and early(m, run.fault_number):
            draw(run.page_in_law, m.page_ins, t, run.page_in, run.spread, m.values)  # as long as in the other modes
            page_is_early(m, v, t, it.token, now)
    if action == HALT:
        task.again = 1  # whatever ends the halt: it touches its page again
        read(m, w, now)
        return _halt(m, v, it.token, now)
    if run.failure == 0 or early(m, run.fault_number) == 0:
        read(m, w, now)
    if run.told_cost > 0.0:
        return work(m, v, OVERHEAD, run.told_cost, TOLD, now)
    return TOLD


def _there(m: Machine, t: int, now: float) -> int:
    """Somebody else has brought the page in meanwhile: the task goes on."""
    task = m.tasks[t]
    task.again = 0
    task.work = NOBODY
    count(m, t, now)
    return RESUME


def _halt(m: Machine, v: int, token: int, now: float) -> int:
    vcpu = m.vcpus[v]
    task = m.tasks[vcpu.task]
    vcpu.others = m.queues[vcpu.queue].length
    enter(m, v, HALTED, now)
    if m.run.logging:
        note(m, E_HALTED, v, vcpu.task, task.fault, token, task.page, now)
    if vcpu.done_count and deaf(m):
        spin(m, v, now)
        return WAIT
    if vcpu.tick_due or (vcpu.done_count and can_deliver(m, v)):
        return SERVE  # something came in on the way: whatever it is ends the halt
    give_core(m, v)
    return WAIT


def told(m: Machine, v: int, now: float) -> int:
    """The guest's #PF handler: the task sleeps on its token, unless a ready has come before it."""
    vcpu = m.vcpus[v]
    t = vcpu.task
    token = m.works[m.tasks[t].work].token
    charge(m, v, now)
    if sleep(m.sleepers, token, t, v) == 0:
        free_work(m, m.tasks[t].work)
        m.tasks[t].work = NOBODY
        return RESUME
    vcpu.task = NOBODY
    return SCHEDULE


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
