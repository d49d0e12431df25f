"""A run's events in the kernel's own grammar: what tracefs, `trace-cmd report -t` or `perf script --ns` would print.

Made up are the names: vCPU v is thread 1000 + v on CPU v; a fault is read by the lowest worker that is free, thread
9000 and up; the host's address of a page is 0x7f0000000000 above the guest's. What the events do not say is not
written: no kvm_entry, kvm_exit or kvm_page_fault. Of a synchronous fault the kernel traces the try at most; so here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import heappop, heappush
from typing import NamedTuple

from lab.core.errors import LabError
from lab.pagefault import events as ev
from lab.pagefault.protocol import WAKE_ALL

__all__ = ["LAYOUTS", "Line", "lines", "write"]

VCPU_TID, WORKER_TID = 1000, 9000
HOST_ADDRESS = 0x7F0000000000


class Line(NamedTuple):
    """An event of KVM: nanoseconds, thread (its name, number and CPU), name and the values of its text."""

    nanoseconds: int
    comm: str
    tid: int
    cpu: int
    name: str
    values: tuple[int, ...] = ()


# name -> its text; every {} is a number that the kernel prints with %#llx
TEXTS = {
    "kvm_try_async_get_page": "gva = {}, gfn = {}",
    "kvm_async_pf_repeated_fault": "gva = {}, gfn = {}",
    "kvm_async_pf_not_present": "token {} gva {}",
    "kvm_async_pf_completed": "gva {} address {}",
    "kvm_async_pf_ready": "token {} gva {}",
    "kvm_inj_exception": "#PF (0x0)",
    "kvm_msr": "msr_write 4b564d07 = 0x1",
}


Key = tuple[int, int, int]  # vCPU, token, fault: a token comes again, and may be 0 (a failure)


class _Workers:
    """Who reads which fault: the lowest worker that is free."""

    def __init__(self) -> None:
        self.free: list[int] = []
        self.reads: dict[Key, int] = {}

    def begins(self, key: Key) -> None:
        self.ends(key)
        self.reads[key] = heappop(self.free) if self.free else len(self.reads)

    def ends(self, key: Key) -> int | None:
        """Its worker is free again; None if nobody reads it."""
        worker = self.reads.pop(key, None)
        if worker is not None:
            heappush(self.free, worker)
        return worker


def lines(events: Sequence[ev.Event]) -> Iterator[Line]:
    """The events that KVM would trace, in order. Times become whole nanoseconds, which keeps their order."""
    workers = _Workers()
    undelivered: set[Key] = set()
    asked: dict[int, int] = {}  # vCPU -> the page of its try that nothing has followed yet
    halted = _halted(events)
    for number, e in enumerate(events):
        at = round(e.time * 1000)
        gva = _page(e) << 12
        comm, tid, key = f"CPU {e.vcpu}/KVM", VCPU_TID + e.vcpu, (e.vcpu, e.token, e.fault)

        def line(name: str, *values: int, at: int = at, who: tuple[str, int, int] = (comm, tid, e.vcpu)) -> Line:
            return Line(at, *who, name, values)

        if e.kind == ev.FAULT:
            asked[e.vcpu] = gva
            yield line("kvm_try_async_get_page", gva, gva >> 12)
        elif e.kind in (ev.NOT_PRESENT, ev.REPEATED):
            if asked.pop(e.vcpu, -1) != gva:  # touched again without a burst before: the kernel asks again
                yield line("kvm_try_async_get_page", gva, gva >> 12)
            if e.kind == ev.REPEATED:
                yield line("kvm_async_pf_repeated_fault", gva, gva >> 12)
                continue
            workers.begins(key)
            undelivered.add(key)
            yield line("kvm_async_pf_not_present", e.token, gva)
            if number not in halted:
                yield line("kvm_inj_exception")
        elif e.kind == ev.COMPLETED:
            worker = workers.ends(key)
            if worker is not None:  # else the fault was synchronous
                who = (f"kworker/{e.vcpu}:{worker}", WORKER_TID + worker, e.vcpu)
                yield line("kvm_async_pf_completed", gva, HOST_ADDRESS + gva, who=who)
        elif e.kind == ev.READY and key in undelivered:
            undelivered.remove(key)
            yield line("kvm_async_pf_ready", e.token, gva)
        elif e.kind == ev.WAKE_ALL:
            yield line("kvm_async_pf_ready", WAKE_ALL, 0)
        elif e.kind == ev.ACK:
            yield line("kvm_msr")


def _halted(events: Sequence[ev.Event]) -> set[int]:
    """Numbers of the not_present events that the guest is not told of: its vCPU is halted instead."""
    last: dict[int, int] = {}
    found = set()
    for number, e in enumerate(events):
        if e.kind == ev.NOT_PRESENT:
            last[e.vcpu] = number
        elif e.kind == ev.HALTED and e.vcpu in last:
            found.add(last.pop(e.vcpu))
        elif e.kind not in (ev.COMPLETED, ev.READY, ev.READ):
            last.pop(e.vcpu, None)
    return found


def _page(e: ev.Event) -> int:
    if e.page >= 0:
        return e.page
    return ev.page_of(e.fault) if e.fault >= 0 else 0


def _text(line: Line, nought: str) -> str:
    return TEXTS[line.name].format(*(f"{value:#x}" if value else nought for value in line.values))


def _seconds(nanoseconds: int) -> str:
    return f"{nanoseconds // 10**9}.{nanoseconds % 10**9:09d}"


def _tracefs(found: Sequence[Line]) -> Iterator[str]:
    """With a clock of ticks (as x86-tsc is), of a nanosecond each: seconds are printed to the microsecond only."""
    n, cpus = len(found), 1 + max((one.cpu for one in found), default=0)
    yield "# tracer: nop"
    yield "#"
    yield f"# entries-in-buffer/entries-written: {n}/{n}   #P:{cpus}"
    yield "# simulated; a tick is a nanosecond: --clock-hz 1e9"
    yield "#"
    yield "#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION"
    yield "#              | |         |   |||||     |         |"
    for one in found:
        text = _text(one, "0x0")  # the kernel's own %#llx
        yield f"{one.comm:>16}-{one.tid:<7} [{one.cpu:03d}] ..... {one.nanoseconds:>12}: {one.name}: {text}"


def _trace_cmd(found: Sequence[Line]) -> Iterator[str]:
    yield f"cpus={1 + max((one.cpu for one in found), default=0)}"
    for one in found:
        text, name = _text(one, "0"), one.name + ":"  # the C library's %#llx
        yield f"{one.comm:>16}-{one.tid:<5} [{one.cpu:03d}] {_seconds(one.nanoseconds):>15}: {name:<21} {text}"


def _perf(found: Sequence[Line]) -> Iterator[str]:
    for one in found:
        name = "kvm:" + one.name
        seconds = _seconds(one.nanoseconds)
        yield f"{one.comm:>16} {one.tid:>7} [{one.cpu:03d}] {seconds:>15}: {name:>20}: {_text(one, '0')}"


def _perfetto(events: Sequence[ev.Event]) -> Iterator[str]:
    from lab.pagefault.trace.perfetto import perfetto

    yield perfetto(events)


def _printed(layout: Callable[[Sequence[Line]], Iterator[str]]) -> Callable[[Sequence[ev.Event]], Iterator[str]]:
    return lambda events: layout(list(lines(events)))


LAYOUTS: dict[str, Callable[[Sequence[ev.Event]], Iterator[str]]] = {
    "tracefs": _printed(_tracefs),
    "trace-cmd": _printed(_trace_cmd),
    "perf": _printed(_perf),
    "perfetto": _perfetto,
}


def write(events: Iterable[ev.Event], layout: str) -> str:
    """`events` of a run (`Run.events`, microseconds) as text in one of `LAYOUTS`, ending in a line end.

    `lab.pagefault.trace.parse` reads all but "perfetto" back. Raises `LabError` for a layout that is not known.
    """
    if layout not in LAYOUTS:
        raise LabError(f"--trace-format: {layout!r} is not one of {', '.join(LAYOUTS)}")
    return "".join(f"{line}\n" for line in LAYOUTS[layout](list(events)))
