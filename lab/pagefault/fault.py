"""A task touches a page: the exit, the host's answer, the guest's #PF handler.

Sources: arch/x86/kernel/kvm.c (the guest), arch/x86/kvm/mmu/mmu.c, arch/x86/kvm/x86.c and virt/kvm/async_pf.c
(the host) of Linux 5.8 and later; where 2010 differs, `m.run.era` says so.
"""

from __future__ import annotations

from lab.pagefault.access import ZIPF
from lab.pagefault.delivery import free_work
from lab.pagefault.device import read
from lab.pagefault.events import E_FAULT, E_HALTED, E_NOT_PRESENT, E_REPEATED, E_STOPPED
from lab.pagefault.failures import deaf, early, panics
from lab.pagefault.gfns import gfn_add
from lab.pagefault.guest.sleepers import sleep
from lab.pagefault.guest.wake import charge
from lab.pagefault.host import AGAIN, HALT, SLEEP, STOP, answer
from lab.pagefault.losing import stand_still
from lab.pagefault.losses import dies, page_is_early, spin
from lab.pagefault.metrics import HALTED, OVERHEAD, STOPPED, count, enter
from lab.pagefault.notes import note
from lab.pagefault.physical import give_core
from lab.pagefault.protocol import can_deliver, release_fault
from lab.pagefault.randomness import draw
from lab.pagefault.records import NOBODY, Machine
from lab.pagefault.work import ANSWER, RESUME, SCHEDULE, SERVE, TOLD, WAIT, work
from lab.pagefault.workload import HIT, kernel_mode, look, touch

__all__ = ["answered", "burst_over", "told", "touch_again"]


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
        enter(m, v, STOPPED, now)
        stand_still(m, v, now)
        if run.logging:
            note(m, E_STOPPED, v, t, it.fault, 0, it.page, now)
        read(m, w, now)
        give_core(m, v)
        return WAIT
    if action == SLEEP:
        run.fault_number += 1
    it.token = vcpu.token
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
    enter(m, v, HALTED, now)
    stand_still(m, v, now)
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
    if m.tasks[t].lost:  # its fault has been forgotten on the way: it sleeps for ever
        vcpu.task = NOBODY
        return SCHEDULE
    token = m.works[m.tasks[t].work].token
    charge(m, v, now)
    if sleep(m.sleepers, token, t, v) == 0:
        free_work(m, m.tasks[t].work)
        m.tasks[t].work = NOBODY
        return RESUME
    vcpu.task = NOBODY
    return SCHEDULE
