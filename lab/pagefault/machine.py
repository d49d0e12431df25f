"""One step of the machine: something happens now; what follows is written down for later.

The two engines differ only in who calls `step`, and keep the calendar between two calls.
"""

from __future__ import annotations

from lab.pagefault.calendar import (
    CORE,
    HOST_SLICE,
    KICK,
    MIGRATE,
    PAGE_IN,
    PAGER,
    TICK,
    WORK_OVER,
    kind_of,
    later,
    stamp_of,
    who_of,
)
from lab.pagefault.delivery import deliver_all, free_work, pop_done, push_done, wake_everyone
from lab.pagefault.device import finished
from lab.pagefault.events import E_COMPLETED, E_INTERRUPT
from lab.pagefault.failures import wipes_done
from lab.pagefault.gfns import gfn_remove
from lab.pagefault.guest import tick
from lab.pagefault.guest.wake import charge
from lab.pagefault.host import CANCELLED, HALT, SLEEP, STOP
from lab.pagefault.losing import NOT_LOSING, look
from lab.pagefault.losses import forget_queue
from lab.pagefault.metrics import COMPUTING, HALTED, IDLE, OVERHEAD, STUCK, count, enter, settle_up
from lab.pagefault.notes import note
from lab.pagefault.pager import look as look_at_pager
from lab.pagefault.pager import put_in
from lab.pagefault.physical import get_core, host_slice_over, settle
from lab.pagefault.protocol import release_fault
from lab.pagefault.records import NOBODY, Machine
from lab.pagefault.running import interrupted
from lab.pagefault.vcpu import go_on
from lab.pagefault.work import HEARD, RESUME, SCHEDULE, SERVE, TOLD
from lab.pagefault.workload import loaded

__all__ = ["BARREN", "begin", "step"]

BARREN = 1 << 20  # so many bursts and ticks without a fault completed: the run is stuck, whatever the reason


def begin(m: Machine) -> None:
    """Time 0: every task is ready, each vCPU looks for one."""
    run = m.run
    for v in range(run.vcpus):
        if run.mode == 2:
            wake_everyone(m, v, 0.0)  # enabling asynchronous faults wakes whoever sleeps from before
        if run.tick > 0.0:
            later(m, run.tick, TICK, v, 0)
        _wake(m, v, SCHEDULE, 0.0)
    if run.migrate > 0.0 and run.mode == 2:
        later(m, run.migrate, MIGRATE, 0, 0)


def step(m: Machine, code: int, now: float) -> None:
    """What `calendar.later` wrote down as `code` happens now."""
    kind, who = kind_of(code), who_of(code)
    if kind == WORK_OVER:
        vcpu = m.vcpus[who]
        if vcpu.stamp != stamp_of(code):  # that work was interrupted
            return
        run = m.run
        run.barren += 1
        if run.barren > BARREN:
            run.ended = STUCK
        go_on(m, who, vcpu.then, now)
    elif kind == PAGE_IN:
        _page_in(m, who, now)
    elif kind == TICK:
        _tick(m, who, now)
    elif kind == KICK:
        m.vcpus[who].kicked = 0
        if m.vcpus[who].phase == IDLE:
            _wake(m, who, SCHEDULE, now)
    elif kind == CORE:
        _on_core(m, who, now)
    elif kind == HOST_SLICE:
        host_slice_over(m, who, stamp_of(code), now)
    elif kind == PAGER:
        put_in(m, now)
    else:
        _migrate(m, now)
    if m.run.pager:
        look_at_pager(m)


def _wake(m: Machine, v: int, then: int, now: float) -> None:
    """The vCPU `v` was asleep and does `then`, as soon as it has a core."""
    vcpu = m.vcpus[v]
    if vcpu.losing_since >= 0.0:
        settle_up(m, v, now)
        vcpu.losing_since = NOT_LOSING
    vcpu.then = then
    if get_core(m, v, now):
        go_on(m, v, then, now)


def _on_core(m: Machine, v: int, now: float) -> None:
    """The vCPU `v` has waited for a core and has it: it goes on, with the work that was put by if there is one."""
    vcpu = m.vcpus[v]
    settle(m, v)
    if vcpu.paused == 0:
        go_on(m, v, vcpu.then, now)
        return
    phase = vcpu.paused - 1
    vcpu.paused = 0
    if phase == COMPUTING:
        m.tasks[vcpu.task].burst_left = vcpu.left
        go_on(m, v, RESUME, now)
        return
    enter(m, v, phase, now)
    if m.run.logging:
        note(m, E_INTERRUPT, v, vcpu.task, -1, 0, -1, now)
    vcpu.ends = now + vcpu.left
    vcpu.stamp += 1
    later(m, vcpu.left, WORK_OVER, v, vcpu.stamp)


def _page_in(m: Machine, w: int, now: float) -> None:
    """A page is in: the vCPU that waits for it goes on, or a worker puts it on the done queue."""
    run, it = m.run, m.works[w]
    v, t = it.vcpu, it.task
    vcpu = m.vcpus[v]
    finished(m, w, now)
    it.in_at = now
    if it.kind == CANCELLED:
        free_work(m, w)
        return
    if run.logging:
        note(m, E_COMPLETED, v, t, it.fault, it.token, it.page, now)
    loaded(m, it.page)
    if it.kind == STOP:
        task = m.tasks[t]
        task.page_in = now - it.asked
        task.delivery = 0.0
        task.again = 0
        task.woken_at = now
        free_work(m, w)
        vcpu.awaited = NOBODY
        count(m, t, now)
        _wake(m, v, RESUME, now)
        return
    push_done(m, v, w)
    if vcpu.phase != COMPUTING:
        look(m, v, now)
    run.pages_in += 1
    if run.failure and wipes_done(m, run.pages_in):
        forget_queue(m, v, now)
        while vcpu.done_count:
            free_work(m, pop_done(m, v))
        if vcpu.phase == HALTED:
            _wake(m, v, SERVE, now)
        return
    _arrive(m, v, now)


def _arrive(m: Machine, v: int, now: float) -> None:
    """The worker kicks the vCPU: if it can, its thread delivers now."""
    run, vcpu = m.run, m.vcpus[v]
    if run.era and vcpu.phase != OVERHEAD and vcpu.paused == 0:
        vcpu.slot = 0  # the kick is an exit; a handler at work is left in peace
    if vcpu.phase == COMPUTING:
        if run.ready_cost > 0.0:
            interrupted(m, v, now)
            go_on(m, v, SERVE, now)
            return
        deliver_all(m, v, now)
        if vcpu.resched:
            interrupted(m, v, now)
            go_on(m, v, SCHEDULE, now)
    elif vcpu.phase == IDLE or vcpu.phase == HALTED:
        _wake(m, v, SERVE, now)


def _tick(m: Machine, v: int, now: float) -> None:
    """The guest's timer: ends a halt, lets the scheduler look; an idle vCPU has none (NO_HZ)."""
    run, vcpu = m.run, m.vcpus[v]
    later(m, run.tick, TICK, v, 0)
    run.barren += 1
    if run.barren > BARREN:
        run.ended = STUCK
    if vcpu.phase == IDLE:
        return
    vcpu.tick_due = 1
    if vcpu.phase == HALTED:
        _wake(m, v, SERVE, now)
    elif vcpu.phase == COMPUTING:
        if run.era and vcpu.done_count:  # an exit: the next page may be delivered
            interrupted(m, v, now)
            go_on(m, v, SERVE, now)
            return
        vcpu.tick_due = 0
        charge(m, v, now)
        if tick(m, vcpu.queue, vcpu.task):
            interrupted(m, v, now)
            go_on(m, v, SCHEDULE, now)


def _migrate(m: Machine, now: float) -> None:
    """The guest goes on at another host, which knows nothing of pages under way: every sleeper is woken.

    Each touches its page again there. A synchronous fault is finished before the guest moves.
    """
    run = m.run
    for w in range(len(m.works)):
        it = m.works[w]
        if it.kind == HALT or it.kind == SLEEP:
            gfn_remove(m, it.vcpu, it.page)
            release_fault(m, it.vcpu)
            it.kind = CANCELLED
            if m.tasks[it.task].work == w:
                m.tasks[it.task].work = NOBODY
    for v in range(run.vcpus):
        vcpu = m.vcpus[v]
        while vcpu.done_count:
            free_work(m, pop_done(m, v))
        vcpu.slot = 0
        busy = vcpu.phase == OVERHEAD or vcpu.paused
        if busy and vcpu.then == TOLD:  # the exception comes first, then the wake-all: its task does not sleep
            m.tasks[vcpu.task].again = 1
            vcpu.then = RESUME
        elif busy and vcpu.then == HEARD:  # whom it would wake is woken now
            vcpu.then = SERVE
        wake_everyone(m, v, now)
        if vcpu.phase == IDLE or vcpu.phase == HALTED:
            _wake(m, v, SERVE, now)
