"""What a task touches at the end of a burst, and whether memory has it.

Memory is what the host leaves to the guest; a page that is being read is not in it yet and so
cannot be evicted. What must be there at the start is `access.prepare`'s.
"""

from __future__ import annotations

from collections.abc import Sequence

from lab.pagefault.access import ABSENT, RATE, STACK, ZIPF, parse_access
from lab.pagefault.events import FIRST_PAGE
from lab.pagefault.randomness import uniform
from lab.pagefault.records import NOBODY, Machine

__all__ = ["HIT", "kernel_mode", "loaded", "look", "parse_access", "rank", "touch"]

HIT = -1


def touch(m: Machine, t: int, fault: int) -> int:
    """Task `t` touches a page: the page's number if it is missing, else `HIT`.

    `fault` is the number the fault would have, which makes a page of its own where pages are not told apart
    (rate, stack). The choice is the next of the task's own stream, so all modes see the same touches (zipf: the same
    pages; whether one is in memory depends on what happened before).
    """
    run = m.run
    if t >= run.faulting:
        return HIT
    if run.access == RATE:
        return FIRST_PAGE + fault
    u = uniform(m.choices, t)
    if run.access == STACK:
        held = run.memory // run.faulting  # the task's share of memory
        # a stack distance drawn by inversion is above `held` exactly if u is not below the cumulated share there
        if held == 0 or (held < run.working_set and u >= m.steps[held - 1]):
            return FIRST_PAGE + fault
        return HIT
    first = 0 if run.one_set else t * run.working_set
    return look(m, FIRST_PAGE + first + rank(m.steps, run.working_set, u))


def look(m: Machine, page: int) -> int:
    """`page` is touched: `HIT` if it is in memory, and then it is the one used last; else its number.

    Memory is only kept by page under zipf; otherwise a page that has been read is there.
    """
    if m.run.access != ZIPF:
        return HIT
    i = page - FIRST_PAGE
    if m.lru[2 * i] == ABSENT:
        return page
    if m.run.lru_first != i:
        _unlink(m, i)
        _put_first(m, i)
    return HIT


def loaded(m: Machine, page: int) -> None:
    """`page` has been read into memory: it is the one used last, and the one used least recently goes if need be.

    Another vCPU may have brought it in before (KVM's table of pages under way is one for each vCPU).
    """
    run = m.run
    if run.access != ZIPF:
        return
    i = page - FIRST_PAGE
    if m.lru[2 * i] != ABSENT:
        look(m, page)
        return
    _put_first(m, i)
    run.resident += 1
    if run.resident > run.memory:
        old = run.lru_last
        _unlink(m, old)
        m.lru[2 * old] = ABSENT
        m.lru[2 * old + 1] = ABSENT
        run.resident -= 1


def kernel_mode(m: Machine, t: int) -> int:
    """1 if the fault that task `t` just met is in kernel mode, in `run.kernel` of the cases; else 0.

    Its stream lies behind those of all tasks' touches, which it must not shift.
    """
    run = m.run
    if run.kernel <= 0.0:
        return 0
    return 1 if uniform(m.choices, run.tasks + t) < run.kernel else 0


def rank(steps: Sequence[float], count: int, u: float) -> int:
    """The first of the first `count` entries of `steps` that is above `u`: by bisection, the last is 1."""
    low = 0
    high = count - 1
    while low < high:
        middle = (low + high) >> 1
        if steps[middle] > u:
            high = middle
        else:
            low = middle + 1
    return low


def _unlink(m: Machine, i: int) -> None:
    """Take page `i` out of the list of pages in memory."""
    newer = m.lru[2 * i]
    older = m.lru[2 * i + 1]
    if newer == NOBODY:
        m.run.lru_first = older
    else:
        m.lru[2 * newer + 1] = older
    if older == NOBODY:
        m.run.lru_last = newer
    else:
        m.lru[2 * older] = newer


def _put_first(m: Machine, i: int) -> None:
    """Page `i` is the one used last."""
    first = m.run.lru_first
    m.lru[2 * i] = NOBODY
    m.lru[2 * i + 1] = first
    if first == NOBODY:
        m.run.lru_last = i
    else:
        m.lru[2 * first] = i
    m.run.lru_first = i
