"""The protocol as messages between guest, KVM, worker and device, one step after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from lab.pagefault.trace import event as kinds
from lab.pagefault.trace.event import Traced
from lab.pagefault.trace.guest import IDLE, task_of_page, task_of_token
from lab.pagefault.trace.intervals import Interval, Pairing, pair
from lab.pagefault.trace.reader import Trace
from lab.pagefault.trace.vmm_log import Log, Said

__all__ = ["DEVICE", "GUEST", "KVM", "PARTIES", "WORKER", "Message", "messages"]

GUEST, KVM, WORKER, DEVICE = PARTIES = ("guest", "KVM", "worker", "device")
PAGE_READY = 0xF3  # HYPERVISOR_CALLBACK_VECTOR


class Message(NamedTuple):
    """One step: its number, stamp (as in the trace), who tells whom, what, about which fault (-1: none), and its line.

    `log`: the line is one of the guest's log, not of the trace. A step of one party by itself has it on both sides.
    """

    order: int
    stamp: int
    source: str
    target: str
    text: str
    fault: int
    line: int
    log: bool = False


Step = tuple[str, str, str, int]  # source, target, text, fault


class _Known:
    """Which fault an event is about, and who runs."""

    def __init__(self, pairing: Pairing, log: Log | None) -> None:
        self.by_line = {one.line: one for one in pairing.intervals}
        self.queued = {(one.tid, one.queued): one for one in pairing.intervals}
        self.done = {(one.gva, one.completed): one for one in pairing.intervals}
        self.ready = {(one.token, one.ready): one for one in pairing.intervals}
        self.by_token: dict[int, Interval] = {}
        self.by_page = {one.page: one for one in pairing.intervals if one.page is not None}
        self.sleeps = {} if log is None else task_of_token(log)
        self.touches = {} if log is None else task_of_page(log)
        self.newest: dict[int, Interval] = {}

    def who(self, page: int | None) -> str:
        task = self.touches.get(page) if page is not None else None
        return "the guest" if task is None else f"task {task}"


def _tried(e: Traced, k: _Known) -> Iterator[Step]:
    fault = k.by_line.get(e.line)
    page = e.gfn or 0
    yield GUEST, KVM, f"{k.who(page)} touches page {page:#x}: the host has it not", fault.number if fault else -1


def _repeated(e: Traced, k: _Known) -> Iterator[Step]:
    fault = None if e.gfn is None else k.by_page.get(e.gfn)
    number = fault.number if fault else -1
    yield GUEST, KVM, f"page {e.gfn or 0:#x} is touched again: it is under way, the vCPU is halted", number


def _queued(e: Traced, k: _Known) -> Iterator[Step]:
    fault = k.queued.get((e.tid, e.stamp))
    number = fault.number if fault else -1
    if fault is not None:
        k.by_token[e.token or 0] = k.newest[e.tid] = fault
    yield KVM, WORKER, f"queued with token {e.token or 0:#x}: read page {(e.gva or 0) >> 12:#x}", number
    yield WORKER, DEVICE, f"read page {(e.gva or 0) >> 12:#x}", number


def _told(e: Traced, k: _Known) -> Iterator[Step]:
    fault = k.newest.get(e.tid)
    token = "a token" if fault is None else f"token {fault.token or 0:#x}"
    yield KVM, GUEST, f"#PF, flags say not present, CR2 = {token}", fault.number if fault else -1


def _completed(e: Traced, k: _Known) -> Iterator[Step]:
    fault = k.done.get((e.gva, e.stamp))
    number = fault.number if fault else -1
    yield DEVICE, WORKER, f"page {(e.gva or 0) >> 12:#x} is in", number
    yield WORKER, KVM, f"page {(e.gva or 0) >> 12:#x} is done: into the vCPU's done queue", number


def _delivered(e: Traced, k: _Known) -> Iterator[Step]:
    fault = k.ready.get((e.token, e.stamp))
    number = fault.number if fault else -1
    if fault is not None and fault.told is not True and e.token not in k.sleeps:
        yield KVM, GUEST, f"token {e.token or 0:#x} is done: the vCPU goes on, the guest is told nothing", number
    else:
        yield KVM, GUEST, f"page ready: token {e.token or 0:#x} into the slot", number


def _everyone(e: Traced, k: _Known) -> Iterator[Step]:
    yield KVM, GUEST, f"wake all: token {kinds.EVERYONE:#x} into the slot", -1


def _interrupt(e: Traced, k: _Known) -> Iterator[Step]:
    if e.value == PAGE_READY:
        yield KVM, GUEST, f"interrupt {PAGE_READY:#x}: page ready", -1


def _acknowledged(e: Traced, k: _Known) -> Iterator[Step]:
    yield GUEST, KVM, "ACK: the slot is free, what is next?", -1


def _enabled(e: Traced, k: _Known) -> Iterator[Step]:
    told = "also in kernel mode" if e.value & 2 else "in user mode only"
    text = f"tell me of missing pages, {told}" if e.value & 1 else "tell me nothing of missing pages"
    yield GUEST, KVM, f"{text} (flags {e.value & 0x3F:#x})", -1


# what each of KVM's events says; those not here are no step of the protocol
TRACED: dict[str, Callable[[Traced, _Known], Iterator[Step]]] = {
    kinds.TRY: _tried,
    kinds.REPEATED: _repeated,
    kinds.NOT_PRESENT: _queued,
    kinds.INJECT_PF: _told,
    kinds.COMPLETED: _completed,
    kinds.READY: _delivered,
    kinds.WAKE_ALL: _everyone,
    kinds.INJECT_IRQ: _interrupt,
    kinds.ACK: _acknowledged,
    kinds.ENABLE: _enabled,
}


def _slept(one: Said, k: _Known) -> str:
    return f"task {one.task} sleeps on token {one.value:#x}"


def _woke(one: Said, k: _Known) -> str:
    return f"token {one.value:#x}: task {k.sleeps.get(one.value, one.task)} may run"


def _spurious(one: Said, k: _Known) -> str:
    return f"token {one.value:#x}: nobody sleeps on it"


def _switched(one: Said, k: _Known) -> str:
    return "no task can run" if one.value == IDLE else f"runs task {one.value}"


def _touched(one: Said, k: _Known) -> str:
    return f"task {one.task} has page {one.value >> 12:#x} and goes on"


SAID: dict[str, Callable[[Said, _Known], str]] = {
    "NOT_PRESENT": _slept,
    "READY": _woke,
    "SPURIOUS": _spurious,
    "SWITCH": _switched,
    "TOUCHED": _touched,
}


def messages(trace: Trace, log: Log | None = None, pairing: Pairing | None = None) -> tuple[Message, ...]:
    """Every step that trace and guest log tell, in order.

    The guest's clock is known to some ticks only, so a line of its log never stands before what caused it: NOT_PRESENT
    after its injection, READY after its delivery, and so TOUCHED, if it is before that by no more than the clock's
    uncertainty. A log is left out where the stamps are not ticks of its clock.
    """
    pairing = pairing or pair(trace)
    use = log if trace.per_second != 1e9 else None
    known = _Known(pairing, use)
    found: list[tuple[int, bool, Message]] = []  # stamp, whether the guest says it: its word comes after KVM's
    caused: dict[tuple[str, int], int] = {}  # guest's word and value -> not before this stamp
    for e in trace.events:
        for source, target, text, number in TRACED[e.kind](e, known) if e.kind in TRACED else ():
            found.append((e.stamp, False, Message(0, e.stamp, source, target, text, number, e.line)))
        if e.kind == kinds.INJECT_PF and e.tid in known.newest:
            caused.setdefault(("NOT_PRESENT", known.newest[e.tid].token or 0), e.stamp)
        elif e.kind in (kinds.READY, kinds.WAKE_ALL) and e.token is not None:
            caused[("READY" if e.kind == kinds.READY else "SPURIOUS", e.token)] = e.stamp
        if e.kind == kinds.READY and e.gva is not None:
            caused["TOUCHED", e.gva] = e.stamp
    now = 0
    for one in use.guest if use else ():
        if one.word in SAID:
            cause = caused.get((one.word, one.value), 0)
            near = one.word != "TOUCHED" or cause - one.host <= ((use.uncertain if use else None) or 0)
            now = max(now, one.host, cause if near else 0)
            text = SAID[one.word](one, known)
            found.append((now, True, Message(0, now, GUEST, GUEST, text, _fault(one, known), one.line, True)))
    found.sort(key=lambda step: step[:2])
    return tuple(message._replace(order=order) for order, (_, _, message) in enumerate(found))


def _fault(one: Said, k: _Known) -> int:
    if one.word in ("NOT_PRESENT", "READY"):
        fault = k.by_token.get(one.value)
    else:
        fault = k.by_page.get(one.value >> 12) if one.word == "TOUCHED" else None
    return -1 if fault is None else fault.number
