"""What a failure does to the machine: tasks that sleep for ever, a vCPU that spins, a guest that dies.

When it strikes is `failures`' rule; how a run can end is in `metrics.ENDED`.
"""

from __future__ import annotations

from lab.pagefault.events import E_COMPLETED, E_DUMMY, E_LOST, E_PANIC, E_READY, E_SPIN
from lab.pagefault.gfns import gfn_remove
from lab.pagefault.guest.sleepers import wake
from lab.pagefault.host import CANCELLED, HALT, SLEEP
from lab.pagefault.metrics import OVERHEAD, PANICKED, SPINNING, STUCK, count, enter
from lab.pagefault.notes import note
from lab.pagefault.protocol import release_fault
from lab.pagefault.records import NOBODY, Machine

__all__ = ["dies", "forget_queue", "lose", "page_is_early", "spin"]


def lose(m: Machine, t: int, now: float) -> None:
    """Nothing will ever wake task `t`; with the last task the run is stuck."""
    run, task = m.run, m.tasks[t]
    task.lost = 1
    run.gone += 1
    if run.logging:
        note(m, E_LOST, NOBODY, t, task.fault, 0, task.page, now)
    if run.gone == run.faulting:
        run.ended = STUCK


def forget_queue(m: Machine, v: int, now: float) -> None:
    """Every queued fault of vCPU `v` is dropped, in whatever state it is, and the guest hears nothing.

    A task that was put to sleep is lost; one whose vCPU is halted touches its page again.
    """
    for w in range(len(m.works)):
        work = m.works[w]
        if work.vcpu == v and (work.kind == SLEEP or work.kind == HALT):
            gfn_remove(m, v, work.page)
            release_fault(m, v)
            m.tasks[work.task].work = NOBODY
            if work.kind == SLEEP:
                lose(m, work.task, now)
            work.kind = CANCELLED


def spin(m: Machine, v: int, now: float) -> None:
    """The vCPU has completed faults, so the host does not halt it, and cannot be told of them: exits without end."""
    enter(m, v, OVERHEAD, now)
    if m.run.logging:
        note(m, E_SPIN, v, NOBODY, -1, 0, -1, now)
    forget_queue(m, v, now)
    m.run.spinning += 1
    if m.run.spinning == m.run.vcpus:
        m.run.ended = SPINNING


def dies(m: Machine, v: int, t: int, now: float) -> None:
    """The guest panics; the run is over."""
    if m.run.logging:
        note(m, E_PANIC, v, t, m.tasks[t].fault, 0, m.tasks[t].page, now)
    m.run.ended = PANICKED


def page_is_early(m: Machine, v: int, t: int, token: int, now: float) -> None:
    """The page is in and the guest hears so before it has heard that it was missing: a dummy is left."""
    run, task = m.run, m.tasks[t]
    if run.logging:
        note(m, E_COMPLETED, v, t, task.fault, token, task.page, now)
        note(m, E_READY, v, t, task.fault, token, task.page, now)
    gfn_remove(m, v, task.page)
    release_fault(m, v)
    wake(m.sleepers, token, v)
    if run.logging:
        note(m, E_DUMMY, v, NOBODY, -1, token, -1, now)
    count(m, t, now)
