"""A pager in user space instead of a device: one thread that puts pages in by batches, in an order of its own.

It is what serves missing pages through userfaultfd in `kernels/linux/asyncpf`. A batch are the oldest faults that
nobody has served: so many as a batch has, or fewer if no more will come because no vCPU can go on (the guest is
settled). Then one page of it after the other goes in, in the pager's order, with a pause before each. A pager that
waits until the guest is settled before each pause makes the order of events a matter of rules alone, without any
time in it. Set up by `set_pager`; a scenario has no option for it.
"""

from __future__ import annotations

from lab.pagefault.calendar import PAGE_IN, PAGER, later
from lab.pagefault.events import E_READ
from lab.pagefault.metrics import HALTED, IDLE, STOPPED
from lab.pagefault.notes import note
from lab.pagefault.randomness import CHOICE, below, stream
from lab.pagefault.records import Machine

__all__ = ["ORDERS", "arrived", "ask", "look", "put_in", "set_pager"]

FIFO, LIFO, RANDOM = 1, 2, 3
ORDERS = {"fifo": FIFO, "lifo": LIFO, "random": RANDOM}  # which page of a batch goes in first
OPEN, FIRST, NEXT, PAUSE, ARRIVING = range(5)  # no batch; its first page is due; another one is; pause; a page goes in


def set_pager(m: Machine, order: str, batch: int, delay: float, gap: float, settled: bool, seed: int) -> None:
    """Give a machine at time 0 a pager: one of `ORDERS`, pages of a batch, pause before its first page and the others.

    Times are in us. `settled`: each pause begins when no vCPU can go on. `seed`: of the order "random".
    """
    run = m.run
    run.pager = ORDERS[order]
    run.pager_batch = batch
    run.pager_delay = delay
    run.pager_gap = gap
    run.pager_settled = int(settled)
    m.choices.append(stream(seed, CHOICE, 0))  # behind those of all tasks


def ask(m: Machine, w: int) -> None:
    """Work `w` waits for its page."""
    run = m.run
    m.waiting[run.waiting_count] = w
    run.waiting_count += 1


def look(m: Machine) -> None:
    """Something has happened: the pager closes a batch, or begins its pause, if it is time to."""
    run = m.run
    if run.pager_phase == OPEN and run.waiting_count > 0 and (run.waiting_count >= run.pager_batch or _settled(m)):
        run.pager_left = min(run.pager_batch, run.waiting_count)
        run.pager_phase = FIRST
    due = run.pager_phase == FIRST or run.pager_phase == NEXT
    if due and (run.pager_settled == 0 or _settled(m)):
        later(m, run.pager_delay if run.pager_phase == FIRST else run.pager_gap, PAGER, 0, 0)
        run.pager_phase = PAUSE


def put_in(m: Machine, now: float) -> None:
    """The pause is over: the next page of the batch goes in."""
    run = m.run
    at = 0
    if run.pager == LIFO:
        at = run.pager_left - 1
    elif run.pager == RANDOM:
        at = below(m.choices, 2 * run.tasks, run.pager_left)
    w = m.waiting[at]
    run.pager_left -= 1
    run.waiting_count -= 1
    for i in range(at, run.waiting_count):
        m.waiting[i] = m.waiting[i + 1]
    work = m.works[w]
    if run.logging:
        note(m, E_READ, work.vcpu, work.task, work.fault, work.token, work.page, now)
    later(m, 0.0, PAGE_IN, w, 0)
    run.pager_phase = ARRIVING


def arrived(m: Machine) -> None:
    """The page is in: the pager goes on with its batch, or waits for another."""
    run = m.run
    run.pager_phase = NEXT if run.pager_left > 0 else OPEN


def _settled(m: Machine) -> int:
    """1 if no vCPU goes on before a page arrives."""
    for v in range(m.run.vcpus):
        phase = m.vcpus[v].phase
        if phase != IDLE and phase != HALTED and phase != STOPPED:
            return 0
    return 1
