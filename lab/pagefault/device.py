"""The paging device: c slots, each brings one page in at a time; who finds none free waits in line, first in first out.

Which page-in takes how long is the task's own matter: its k-th page takes the same time in every mode.
"""

from __future__ import annotations

from lab.pagefault.calendar import PAGE_IN, later
from lab.pagefault.events import E_READ
from lab.pagefault.notes import note
from lab.pagefault.pager import arrived, ask
from lab.pagefault.randomness import draw
from lab.pagefault.records import Machine

__all__ = ["finished", "read"]


def read(m: Machine, w: int, now: float) -> None:
    """Work `w` asks for its page. `PAGE_IN` of `w` follows when it is in memory, and then `finished` is due."""
    run = m.run
    run.under_way += 1
    if run.under_way > run.most:
        run.most = run.under_way
    if run.pager:
        ask(m, w)
    elif run.under_way <= run.slots:
        _start(m, w, now)
    else:
        m.waiting[(run.waiting_first + run.waiting_count) % len(m.waiting)] = w
        run.waiting_count += 1


def finished(m: Machine, w: int, now: float) -> None:
    """The page of work `w` is in memory: its slot begins with that of the next work in line, if there is one."""
    run = m.run
    run.under_way -= 1
    if run.pager:
        arrived(m)
    elif run.waiting_count > 0:
        w = m.waiting[run.waiting_first]
        run.waiting_first = (run.waiting_first + 1) % len(m.waiting)
        run.waiting_count -= 1
        _start(m, w, now)


def _start(m: Machine, w: int, now: float) -> None:
    """A slot begins with the page of work `w`."""
    run = m.run
    work = m.works[w]
    if run.logging:
        note(m, E_READ, work.vcpu, work.task, work.fault, work.token, work.page, now)
    later(m, draw(run.page_in_law, m.page_ins, work.task, run.page_in, run.spread, m.values), PAGE_IN, w, 0)
