"""A step of the protocol: who tells whom what, why, and how everything stands after it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from lab.core.table import Table
from lab.pagefault.trace.event import ACK, ENABLE

__all__ = ["Desk", "State", "Step", "Steps", "table"]

HOST_LIMIT = 64  # ASYNC_PF_PER_VCPU of x86


@dataclasses.dataclass(frozen=True, slots=True)
class State:
    """How vCPU 0 stands: `queued` faults of `limit` (None: any number), the token in the ready `slot` (0: free).

    `under_way`: pages being read; `done`: pages in, not delivered; `runs`: what the vCPU does; `sleeps`: tasks;
    `stuck`: tasks that nothing will wake.
    """

    queued: int = 0
    limit: int | None = HOST_LIMIT
    slot: int = 0
    under_way: tuple[int, ...] = ()
    done: int = 0
    runs: str = "the guest starts"
    sleeps: tuple[int, ...] = ()
    stuck: tuple[int, ...] = ()

    @property
    def slot_said(self) -> str:
        """The ready slot in words."""
        return f"token {self.slot:#x}" if self.slot else "free"


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """Step `number` (from 1): `source` tells `target` something (itself, if both are one), `kind` names it.

    `why`: why that happens; `line`: what the trace or the guest's log says of it, "" if nothing; `state`: after it.
    """

    number: int
    kind: str
    source: str
    target: str
    text: str
    why: str
    line: str
    fault: int
    state: State


# why each kind of step happens; the sources are those of `lab.pagefault.protocol` and `lab.pagefault.host`
WHY = {
    ENABLE: "the guest writes MSR_KVM_ASYNC_PF_EN: where it can be told, and in which modes of its CPU",
    "wake-all": "after each enabling KVM wakes all sleepers once, for it may have forgotten some (migration)",
    "interrupt": "a ready is an interrupt since Linux 5.8: the guest takes it when its interrupts are on",
    ACK: "the guest has read and cleared the slot; the ACK makes KVM look for the next page that is in",
    "touch": "the page is not mapped: the CPU leaves the guest, and KVM finds that it must be read first",
    "again": "it is in the vCPU's table of pages under way; KVM cannot tell a second task, so it halts the whole vCPU",
    "queue": "fewer than 64 faults of this vCPU are queued: a worker takes it, and the vCPU need not wait",
    "read": "the worker, not the vCPU, sleeps until the device has the page",
    "told": "the exception says: this task cannot go on; CR2 holds the token by which it will be woken",
    "sleep": "the guest's handler puts the task to sleep under the token",
    "run": "the vCPU is free: the guest's scheduler takes the next task that is ready",
    "idle": "every task waits for a page: nothing is left to run",
    "in": "the device has read it; nobody in the guest knows yet",
    "done": "the worker hands it to the vCPU's thread: the done queue, where it waits for a free ready slot",
    "ready": "the ready slot was free, so the token goes in; only now is the fault no longer counted in the 64",
    "early-slot": "the guest had cleared the slot already; its ACK is still on the way",
    "unsaid": "the guest was not told that the page was missing, so it is not told that it is there",
    "wake": "the token is found among the sleepers: its task is ready again",
    "nobody": "no task sleeps on this token",
    "dummy": "the ready came first: the guest notes the token, and the task that is told of it later will not sleep",
    "goes-on": "the page is there: the touch that faulted succeeds",
    "stop": "64 faults are queued, or the fault cannot be told: the vCPU's own thread sleeps in it, as before 2010",
    "halt": "the guest is not told: KVM halts the vCPU, and any interrupt ends that",
    "found": "a ready for this very token has been here: the guest removes the dummy and goes on at once",
    "wipe": "KVM took the end of paging for the end of all faults of the vCPU, and told the guest nothing",
    "lost": "no token for it will ever be delivered: the task sleeps for ever",
    "overwritten": "the next token goes over the 0 before the guest has read it: the sleeper on 0 is never woken",
    "preempted": "the guest's scheduler takes the vCPU from it",
    "wait-core": "the host runs another vCPU on this core",
    "switch": "changing the task costs vCPU time",
    "panic": "the guest of 5.8+ dies of a not-present exception in kernel mode",
    "spin": "the host never halts a vCPU with pages to deliver, and can never deliver them",
}  # fmt: skip


class Desk:
    """How everything stands, changed step by step."""

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self.queued = self.slot = self.done = self.announced = 0
        self.under_way: list[int] = []
        self.runs = State().runs
        self.sleeps: set[int] = set()
        self.stuck: set[int] = set()

    def state(self) -> State:
        """How everything stands now."""
        return State(
            self.queued, self.limit, self.slot, tuple(self.under_way), self.done, self.runs,
            tuple(sorted(self.sleeps)), tuple(sorted(self.stuck)),
        )  # fmt: skip

    def queue(self, page: int) -> None:
        """A fault is queued, its page under way."""
        self.queued += 1
        self.under_way.append(page)

    def page_in(self, page: int) -> None:
        """The device has read a page."""
        if page in self.under_way:
            self.under_way.remove(page)

    def ready(self, token: int, told: bool) -> None:
        """A page that is in is delivered; its token goes into the slot where the guest was told of the fault."""
        self.queued = max(0, self.queued - 1)
        self.done = max(0, self.done - 1)
        if told:
            self.slot = token

    def acknowledged(self) -> None:
        """The slot is free, unless a ready came after the interrupt that this answers."""
        if self.slot == self.announced or not self.announced:
            self.slot = 0
        self.announced = 0

    def wiped(self) -> None:
        """The vCPU's queues and its table of pages under way are empty."""
        self.queued = self.done = 0
        self.under_way.clear()

    def runs_task(self, task: int) -> None:
        """A task runs on the vCPU."""
        self.runs = f"task {task} runs"
        self.sleeps.discard(task)


class Steps:
    """Collects steps with their numbers."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.found: list[Step] = []

    def add(
        self, kind: str, source: str, target: str, text: str, line: str = "", fault: int = -1, why: str = ""
    ) -> None:
        """The next step; the desk stands as it is after it."""
        said = WHY[why or kind]
        self.found.append(Step(len(self.found) + 1, kind, source, target, text, said, line, fault, self.desk.state()))


def table(steps: Sequence[Step], caption: str) -> Table:
    """Every step with the state after it."""

    def rows() -> Iterator[tuple[str | int | None, ...]]:
        for one in steps:
            state = one.state
            yield (
                one.number, one.source, one.target, one.text, state.queued, state.slot_said, len(state.under_way),
                state.runs, ", ".join(str(t) for t in state.sleeps) or None, one.why, one.line or None,
            )  # fmt: skip

    columns = ("step", "from", "to", "what", "queued", "ready slot", "under way", "vCPU", "sleep", "why", "line")
    return Table(columns, tuple(rows()), caption)
