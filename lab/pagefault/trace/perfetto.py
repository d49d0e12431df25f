"""A run as a trace that ui.perfetto.dev and chrome://tracing open (the Trace Event Format, JSON).

Processes: the host (its vCPUs and the device's slots) and the guest (its tasks). A flow leads from a fault's
not_present over the page being in to ready; what has no length is an instant; pages under way are a counter.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from heapq import heappop, heappush
from typing import Any

from lab.pagefault import events as ev

__all__ = ["perfetto", "trace_events"]

HOST, GUEST = 1, 2
SLOTS = 100_000  # thread numbers: vCPUs from 1, slots from here; tasks from 1

# what a vCPU is doing from an event on, and what a task is
VCPU = {
    ev.RUN: "computes", ev.FAULT: "fault", ev.INTERRUPT: "interrupt", ev.SWITCH: "switch", ev.STOPPED: "stopped",
    ev.HALTED: "halted", ev.IDLE: "idle", ev.WAITING: "no core free",
}  # fmt: skip
TASK = {
    ev.RUN: "computes", ev.FAULT: "fault", ev.NOT_PRESENT: "waits for its page", ev.STOPPED: "stopped",
    ev.HALTED: "halted", ev.READY: "ready", ev.PREEMPTED: "ready",
}  # fmt: skip
INSTANT = (ev.NOT_PRESENT, ev.COMPLETED, ev.READY, ev.REPEATED, ev.ACK, ev.WAKE_ALL, ev.DUMMY, ev.LOST, ev.PANIC,
           ev.SPIN)  # fmt: skip
FLOW = {ev.NOT_PRESENT: "s", ev.COMPLETED: "t", ev.READY: "f"}

Entry = dict[str, Any]


def perfetto(events: Sequence[ev.Event]) -> str:
    """The JSON text; times in microseconds, every number finite."""
    whole = {"traceEvents": list(trace_events(events)), "displayTimeUnit": "ns"}
    return json.dumps(whole, allow_nan=False, separators=(",", ":"))


def trace_events(events: Sequence[ev.Event]) -> Iterator[Entry]:
    """Names first, then slices, instants, flows and the counter."""
    end = max((e.time for e in events), default=0.0)
    slots = list(_slots(events, end))
    yield from _names(events, 1 + max((slot for slot, *_ in slots), default=-1))
    yield from _slices([(e.vcpu, VCPU.get(e.kind), e) for e in events], HOST, end)
    yield from _slices([(e.task, TASK.get(e.kind), e) for e in events if e.task >= 0], GUEST, end)
    for slot, begins, ends, e in slots:
        yield _slice(HOST, SLOTS + slot, f"page {_page(e):#x}", begins, ends, e)
    yield from _moments(events)


def _names(events: Sequence[ev.Event], slots: int) -> Iterator[Entry]:
    for pid, name in ((HOST, "host"), (GUEST, "guest")):
        yield {"ph": "M", "name": "process_name", "pid": pid, "tid": 0, "args": {"name": name}}
    threads = [(HOST, v + 1, f"vCPU {v}") for v in sorted({e.vcpu for e in events if e.vcpu >= 0})]
    threads += [(HOST, SLOTS + slot, f"device slot {slot}") for slot in range(slots)]
    threads += [(GUEST, t + 1, f"task {t}") for t in sorted({e.task for e in events if e.task >= 0})]
    for pid, tid, name in threads:
        yield {"ph": "M", "name": "thread_name", "pid": pid, "tid": tid, "args": {"name": name}}
        yield {"ph": "M", "name": "thread_sort_index", "pid": pid, "tid": tid, "args": {"sort_index": tid}}


def _slices(steps: list[tuple[int, str | None, ev.Event]], pid: int, end: float) -> Iterator[Entry]:
    """`steps`: the row (vCPU or task), what begins there or None for nothing new, and the event."""
    current: dict[int, tuple[str, ev.Event]] = {}
    for row, state, e in steps:
        if state is None or row < 0:
            continue
        before = current.get(row)
        if before is not None and e.time > before[1].time:
            yield _slice(pid, row + 1, before[0], before[1].time, e.time, before[1])
        current[row] = (state, e)
    for row, (state, e) in current.items():
        if end > e.time:
            yield _slice(pid, row + 1, state, e.time, end, e)


def _slice(pid: int, tid: int, name: str, begins: float, ends: float, e: ev.Event) -> Entry:
    return {"ph": "X", "pid": pid, "tid": tid, "name": name, "cat": "state", "ts": begins, "dur": ends - begins,
            "args": _args(e)}  # fmt: skip


def _slots(events: Sequence[ev.Event], end: float) -> Iterator[tuple[int, float, float, ev.Event]]:
    """Which slot reads which page from when to when; a run whose events name no read: from the fault's start on."""
    named = any(e.kind == ev.READ for e in events)
    begins = (ev.READ,) if named else (ev.NOT_PRESENT, ev.STOPPED)
    free: list[int] = []
    reading: dict[int, tuple[int, ev.Event]] = {}
    for e in events:
        if e.kind in begins and e.fault not in reading:
            reading[e.fault] = (heappop(free) if free else len(reading), e)
        elif e.kind == ev.COMPLETED and e.fault in reading:
            slot, first = reading.pop(e.fault)
            heappush(free, slot)
            yield slot, first.time, e.time, first
    for slot, first in reading.values():
        yield slot, first.time, end, first


def _moments(events: Sequence[ev.Event]) -> Iterator[Entry]:
    flows: dict[tuple[int, int, int], int] = {}  # vCPU, token, fault -> number of the flow: a token may come again
    under_way = count = 0
    for e in events:
        if e.vcpu < 0:
            continue
        at: Entry = {"pid": HOST, "tid": e.vcpu + 1, "ts": e.time}
        if e.kind in INSTANT:
            yield at | {"ph": "i", "s": "t", "name": e.kind, "cat": "kvm", "args": _args(e)}
        if e.kind in FLOW:
            key = (e.vcpu, e.token, e.fault)
            if e.kind == ev.NOT_PRESENT:
                flows[key] = count
                count += 1
            if key in flows:
                flow = flows[key] if e.kind != ev.READY else flows.pop(key)
                last = {"bp": "e"} if e.kind == ev.READY else {}
                yield at | {"ph": FLOW[e.kind], "id": flow, "name": "fault", "cat": "fault"} | last
                if e.kind != ev.READY:
                    under_way += 1 if e.kind == ev.NOT_PRESENT else -1
                    yield {"ph": "C", "pid": HOST, "tid": 0, "ts": e.time, "name": "pages under way",
                           "args": {"pages": under_way}}  # fmt: skip


def _args(e: ev.Event) -> Entry:
    out: Entry = {"vcpu": e.vcpu}
    if e.task >= 0:
        out["task"] = e.task
    if e.fault >= 0:
        out |= {"fault": e.fault, "page": f"{_page(e):#x}"}
    if e.token:
        out["token"] = f"{e.token:#x}"
    return out


def _page(e: ev.Event) -> int:
    return e.page if e.page >= 0 else ev.page_of(e.fault) if e.fault >= 0 else 0
