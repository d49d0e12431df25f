"""A trace as lanes: what each vCPU's guest could do while pages were under way, and every page under way."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush

from lab.core.lanes import Lanes, State, Writer
from lab.pagefault.trace.guest import switched_to
from lab.pagefault.trace.intervals import Interval, Pairing, by_vcpu, most, pair
from lab.pagefault.trace.reader import Trace
from lab.pagefault.trace.vmm_log import Log

__all__ = ["STATES", "trace_lanes"]

STATES = (
    State("good", "guest told, goes on", "vCPU {who} goes on, {what} faults not delivered yet, {for}"),
    State("wait", "vCPU halted", "vCPU {who} does nothing until page 0x{what:x} is delivered, {for}"),
    State("wait", "page on its way", "fault {who}: page 0x{what:x} is on its way, {for}"),
    State("cost", "page in, not delivered", "fault {who}: page 0x{what:x} is in, to be delivered for {for}"),
    State("new", "delivered, task not running yet", "fault {who}: page 0x{what:x} is delivered, its task waits {for}"),
)
TOLD, HALTED, READING, UNDELIVERED, DELIVERED = range(len(STATES))
MOST_LANES = 256  # of vCPUs, and of pages: more are not drawn
LARGEST = (1 << 31) - 1  # a column of lanes

Segment = tuple[int, int, float, float, int, int, int]  # lane, state, start, end, who, what, group


def trace_lanes(trace: Trace, pairing: Pairing | None = None, log: Log | None = None) -> Lanes:
    """A lane for each vCPU, then one for each page that is under way at once, from the first try on.

    In ticks, or in milliseconds where the rate is known. A fault's segments are of one group, its number. With the
    guest's log (and stamps in its ticks) a delivered page stays until the guest switches to its task. At most
    `MOST_LANES` vCPUs and pages at once are shown; a last note says how many pages more there were.
    """
    pairing = pairing or pair(trace)
    faults = [one for one in pairing.intervals if one.queued is not None]
    stamps = [stamp for one in faults for stamp in (one.asked, one.queued) if stamp is not None]
    zero = min(stamps, default=0)
    last = max((stamp for one in faults for stamp in (one.completed, one.ready) if stamp), default=zero)
    end = max([last, zero, *stamps])
    scale = 1.0 if trace.per_second is None else 1e3 / trace.per_second
    runs = {} if log is None or trace.per_second == 1e9 else switched_to(log)
    of_vcpu = dict(list(by_vcpu(faults).items())[:MOST_LANES])
    vcpus = list(of_vcpu)
    segments = [s for lane, v in enumerate(vcpus) for s in _vcpu(lane, of_vcpu[v], end)]
    first = len(vcpus)
    pages = [s for s in _pages(faults, runs, end, first) if s[0] < first + MOST_LANES]
    rows = 1 + max((lane for lane, *_ in pages), default=len(vcpus) - 1) - len(vcpus)
    writer = Writer()
    for lane, state, start, stop, who, what, group in sorted(segments + pages, key=lambda s: (s[0], s[2])):
        writer.add(lane, state, (start - zero) * scale, (stop - zero) * scale, who, min(what, LARGEST), group)
    names = tuple(f"vCPU {v}" if v >= 0 else "vCPU ?" for v in vcpus) + tuple(f"page {i + 1}" for i in range(rows))
    more = most(faults) - MOST_LANES
    notes = tuple(f"{len(of_vcpu[v])} faults" for v in vcpus) + ("",) * rows
    if more > 0:
        notes = (*notes[:-1], f"{more} more")
    stop = max([end, *(s[3] for s in pages)]) if pages else end
    unit = "ticks" if trace.per_second is None else "ms"
    return writer.lanes(names, STATES, unit, (0.0, max((stop - zero) * scale, 1e-9)), notes)


def _vcpu(lane: int, faults: list[Interval], end: int) -> Iterator[Segment]:
    """One vCPU: halted if it was not told of its only fault under way, else how many are not delivered yet."""
    alone = most(faults) <= 1 and not any(one.told for one in faults)
    if alone:
        before = 0
        for one in faults:
            start, stop = max(one.queued or 0, before), end if one.ready is None else one.ready
            yield lane, HALTED, start, max(stop, start), max(one.vcpu, 0), one.page or 0, one.number
            before = max(stop, start)
        return
    steps = [(one.queued, 1) for one in faults if one.queued is not None]
    steps += [(end if one.ready is None else max(one.ready, one.queued or 0), -1) for one in faults]
    count, since = 0, 0
    for stamp, step in sorted(steps, key=lambda s: (s[0], -s[1])):
        if count and stamp > since:
            yield lane, TOLD, since, stamp, max(faults[0].vcpu, 0), count, -1
        count, since = count + step, stamp


def _pages(faults: list[Interval], runs: dict[int, int], end: int, first: int) -> Iterator[Segment]:
    """Every fault in the first row that is free: on its way, in, and with the guest's log until its task runs."""
    free: list[int] = []
    busy: list[tuple[int, int]] = []  # until when, row
    rows = 0
    for one in sorted(faults, key=lambda f: f.queued or 0):
        queued = one.queued or 0
        while busy and busy[0][0] <= queued:
            heappush(free, heappop(busy)[1])
        if free:
            row = heappop(free)
        else:
            row, rows = rows, rows + 1
        lane, page = first + row, one.page or 0
        is_in = max(queued, min(end if stamp is None else stamp for stamp in (one.completed, one.ready)))
        yield lane, READING, queued, is_in, one.number, page, one.number
        ready = is_in if one.ready is None and one.completed is None else max(is_in, one.ready or end)
        yield lane, UNDELIVERED, is_in, ready, one.number, page, one.number
        running = runs.get(one.token or 0, 0) if one.ready is not None else 0
        if running > ready:
            yield lane, DELIVERED, ready, running, one.number, page, one.number
        heappush(busy, (max(ready, running), row))
