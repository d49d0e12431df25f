"""The state of pairing: which faults are open, and which event belongs to which of them (rules: `intervals`)."""

from __future__ import annotations

from collections import Counter, deque
from typing import NamedTuple

from lab.pagefault.trace import event as kinds
from lab.pagefault.trace.event import Traced

__all__ = ["Fault", "Pairs", "Unpaired"]

NOTHING_QUEUED = "completed, but nothing at this address was queued"


class Unpaired(NamedTuple):
    """An event that found no partner: its line, what it is, and why."""

    line: int
    what: str
    why: str


class Fault:
    """A fault that is being put together."""

    def __init__(self, event: Traced) -> None:
        self.event = event  # its try, or its not_present if there was none
        self.asked = event.stamp if event.kind == kinds.TRY else None
        self.queued: Traced | None = None
        self.completed: Traced | None = None
        self.ready: Traced | None = None
        self.repeated = 0
        self.told = False


class Pairs:
    """What is open while the trace is read; every step takes the same time however much is."""

    def __init__(self) -> None:
        self.tried: dict[int, Fault] = {}  # thread -> what it asked for last, until that is queued
        self.tried_at: Counter[int] = Counter()  # how many of those by address
        self.by_token: dict[int, dict[int, Fault]] = {}  # token -> thread -> queued and not ready
        self.touched: dict[tuple[int, int], Fault] = {}  # thread, address -> queued there last
        self.reading: dict[int, deque[Fault]] = {}  # address -> queued there, oldest first; the completed are skipped
        self.undelivered: dict[int, deque[Fault]] = {}  # address -> completed there; the ready are skipped
        self.early: dict[int, deque[Traced]] = {}  # address -> completed before its not_present
        self.newest: dict[int, Fault] = {}  # thread -> queued last, to which an injection belongs
        self.faults: list[Fault] = []
        self.wake_alls: list[int] = []
        self.unpaired: list[Unpaired] = []

    def take(self, event: Traced) -> None:
        """What the next event of the trace changes."""
        if event.kind == kinds.WAKE_ALL:
            self.wake_alls.append(event.stamp)
        elif event.kind in _STEPS:
            _STEPS[event.kind](self, event)

    def alone(self, event: Traced, why: str) -> None:
        """An event that finds no partner."""
        self.unpaired.append(Unpaired(event.line, f"{event.name} {event.text}"[:160], why))

    # -- asked for --------------------------------------------------------------------------------

    def tries(self, event: Traced) -> None:
        """A thread asks for a page."""
        self.gave_up(event.tid)
        self.tried[event.tid] = Fault(event)
        self.tried_at[event.gva or 0] += 1

    def taken(self, tid: int) -> Fault | None:
        """What this thread has asked for, which is settled now."""
        before = self.tried.pop(tid, None)
        if before is not None:
            self.tried_at[before.event.gva or 0] -= 1
        return before

    def gave_up(self, tid: int) -> None:
        """What this thread asked for was never queued: the limit of 64, no memory, or the event is lost."""
        before = self.taken(tid)
        if before is not None:
            self.alone(before.event, "never queued: synchronous (64 are queued, no memory), or not_present is lost")
            self.faults.append(before)
            for late in self.early.pop(before.event.gva or 0, ()):
                self.alone(late, NOTHING_QUEUED)

    def repeats(self, event: Traced) -> None:
        """A vCPU touches a page again that is under way."""
        asked = self.tried.get(event.tid)
        if asked is not None and asked.event.gva == event.gva:
            self.taken(event.tid)  # that try was the second touch
        fault = self.touched.get((event.tid, event.gva or 0))
        if fault is not None and fault.ready is None:
            fault.repeated += 1
        else:
            self.alone(event, "no fault of this vCPU is under way at this page")

    # -- queued -----------------------------------------------------------------------------------

    def queues(self, event: Traced) -> None:
        """What it asked for is queued and has a token."""
        asked = self.tried.get(event.tid)
        if asked is not None and asked.event.gva == event.gva:
            self.taken(event.tid)
            fault = asked
        else:
            self.gave_up(event.tid)
            fault = Fault(event)
            if event.gva is not None:  # s390 traces no try
                self.alone(event, "no try of this thread at this address stands before it")
        fault.queued = event
        threads = self.by_token.setdefault(event.token or 0, {})
        before = threads.get(event.tid)
        if before is not None and before.queued is not None:
            self.alone(before.queued, f"never ready: its token is used again in line {event.line}")
        threads[event.tid] = self.newest[event.tid] = fault
        self.faults.append(fault)
        if event.gva is None:
            return
        self.touched[event.tid, event.gva] = fault
        waiting = self.early.get(event.gva)
        if waiting:
            fault.completed = waiting.popleft()
            self.undelivered.setdefault(event.gva, deque()).append(fault)
        else:
            self.reading.setdefault(event.gva, deque()).append(fault)

    # -- completed --------------------------------------------------------------------------------

    def completes(self, event: Traced) -> None:
        """A worker has a page."""
        address = event.gva or 0
        waiting = self.reading.get(address, deque())
        while waiting and waiting[0].completed is not None:
            waiting.popleft()
        if waiting:
            fault = waiting.popleft()
            fault.completed = event
            if fault.ready is None:
                self.undelivered.setdefault(address, deque()).append(fault)
        elif self.tried_at[address]:
            self.early.setdefault(address, deque()).append(event)
        else:
            self.alone(event, "no fault is under way at this address: it began before the trace, or is lost")

    # -- ready ------------------------------------------------------------------------------------

    def delivers(self, event: Traced) -> None:
        """A token is delivered."""
        threads = self.by_token.get(event.token or 0, {})
        fault = threads.pop(event.tid, None)
        if fault is None:  # s390's comes from the worker's thread
            if len(threads) != 1:
                why = "several faults under way have this token" if threads else "no fault under way has this token"
                self.alone(event, f"{why}: it began before the trace, or is lost")
                return
            fault = threads.popitem()[1]
        fault.ready = event
        if fault.completed is None and fault.event.gva is not None:
            self._settle(fault, fault.event.gva)

    def _settle(self, fault: Fault, address: int) -> None:
        """If another vCPU's fault at the same address took the completed that must be this one's, give it back."""
        others = self.undelivered.get(address, deque())
        while others and (others[0].ready is not None or others[0].completed is None):
            others.popleft()
        if others:
            other = others.popleft()
            fault.completed, other.completed = other.completed, None
            self.reading.setdefault(address, deque()).appendleft(other)

    def tells(self, event: Traced) -> None:
        """A #PF is injected: it belongs to what this thread queued last."""
        fault = self.newest.get(event.tid)
        if fault is not None:
            fault.told = True

    def ends(self) -> None:
        """What is still open when the trace ends."""
        for tid in list(self.tried):
            self.gave_up(tid)
        for events in self.early.values():
            for event in events:
                self.alone(event, NOTHING_QUEUED)
        for threads in self.by_token.values():
            for fault in threads.values():
                if fault.queued is not None:
                    done = "completed, but not delivered" if fault.completed else "not completed"
                    self.alone(fault.queued, f"{done} when the trace ends")
        for fault in self.faults:
            if fault.queued and fault.queued.gva is not None and fault.ready and not fault.completed:
                self.alone(fault.queued, "ready, but its completed is missing")


_STEPS = {
    kinds.TRY: Pairs.tries,
    kinds.REPEATED: Pairs.repeats,
    kinds.NOT_PRESENT: Pairs.queues,
    kinds.COMPLETED: Pairs.completes,
    kinds.READY: Pairs.delivers,
    kinds.INJECT_PF: Pairs.tells,
}
