"""A calendar for compiled code: what happens next, by time, and at the same time in the order it was written down.

A vCPU has at most one stretch of work that counts, so its end has a place of its own that a newer one
overwrites; everything else stands in a binary heap.
"""

from __future__ import annotations

from collections.abc import MutableSequence

from lab.pagefault.calendar import WORK_OVER, kind_of, who_of
from lab.pagefault.machine import begin, step
from lab.pagefault.metrics import STUCK
from lab.pagefault.records import Machine

__all__ = ["advance", "write_down"]

NEVER = 1e300
STEPS = 1 << 20  # compiled code hears no signal: it comes back after so many
FEW = 8  # vCPUs whose places are looked through; more of them go to the heap


def advance(
    m: Machine,
    time: MutableSequence[float],
    order: MutableSequence[int],
    code: MutableSequence[int],
    ends: MutableSequence[float],
    ends_order: MutableSequence[int],
    ends_code: MutableSequence[int],
    at: MutableSequence[int],
    marks: int,
) -> float:
    """Let things happen until the run ends or has made `marks` marks, at most `STEPS`; the time of the last one.

    `time`, `order`, `code`: the heap; `ends`...: a place for each vCPU; `at`: how many the heap holds, the next
    order, whether the heap has to be made larger before anything else can happen, and whether the machine has begun.
    """
    run = m.run
    now = run.over
    few = len(ends)
    if at[3] == 0:
        at[3] = 1
        begin(m)
        write_down(m, now, time, order, code, ends, ends_order, ends_code, at)
    left = STEPS
    while run.ended == 0 and run.goals < marks and left > 0:
        left -= 1
        if at[0] + len(m.out_delay) > len(time):
            at[2] = 1
            break
        first = -1
        when = NEVER
        turn = 0
        if at[0] > 0:
            when = time[0]
            turn = order[0]
        for v in range(few):
            if ends[v] < when or (ends[v] == when and ends_order[v] < turn):
                first = v
                when = ends[v]
                turn = ends_order[v]
        if when == NEVER:
            run.ended = STUCK
            break
        now = when
        if first >= 0:
            what = ends_code[first]
            ends[first] = NEVER
        else:
            what = code[0]
            take_first(time, order, code, at)
        step(m, what, now)
        write_down(m, now, time, order, code, ends, ends_order, ends_code, at)
    run.over = now
    return now


def write_down(
    m: Machine,
    now: float,
    time: MutableSequence[float],
    order: MutableSequence[int],
    code: MutableSequence[int],
    ends: MutableSequence[float],
    ends_order: MutableSequence[int],
    ends_code: MutableSequence[int],
    at: MutableSequence[int],
) -> None:
    """Take over what `calendar.later` has noted."""
    run = m.run
    few = len(ends)
    for i in range(run.outs):
        when = now + m.out_delay[i]
        what = m.out_code[i]
        if few > 0 and kind_of(what) == WORK_OVER:
            v = who_of(what)
            ends[v] = when
            ends_order[v] = at[1]
            ends_code[v] = what
        else:
            put_in(time, order, code, at, when, what)
        at[1] += 1
    run.outs = 0


def put_in(
    time: MutableSequence[float],
    order: MutableSequence[int],
    code: MutableSequence[int],
    at: MutableSequence[int],
    when: float,
    what: int,
) -> None:
    """Into the heap; it is the newest, so only an earlier time moves it up."""
    i = at[0]
    at[0] += 1
    while i > 0:
        parent = (i - 1) >> 1
        if time[parent] <= when:
            break
        time[i] = time[parent]
        order[i] = order[parent]
        code[i] = code[parent]
        i = parent
    time[i] = when
    order[i] = at[1]
    code[i] = what


def take_first(
    time: MutableSequence[float], order: MutableSequence[int], code: MutableSequence[int], at: MutableSequence[int]
) -> None:
    """Take the first off the heap."""
    size = at[0] - 1
    at[0] = size
    when, turn, what = time[size], order[size], code[size]
    i = 0
    child = 1
    while child < size:
        other = child + 1
        if other < size and (time[other] < time[child] or (time[other] == time[child] and order[other] < order[child])):
            child = other
        if when < time[child] or (when == time[child] and turn < order[child]):
            break
        time[i] = time[child]
        order[i] = order[child]
        code[i] = code[child]
        i = child
        child = 2 * i + 1
    time[i] = when
    order[i] = turn
    code[i] = what
