"""The steps of a simulated run: its events as the same messages, with the lines that KVM would trace."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lab.pagefault import events as ev
from lab.pagefault.protocol import WAKE_ALL
from lab.pagefault.sequence.steps import Desk, Step, Steps
from lab.pagefault.trace.event import ACK
from lab.pagefault.trace.messages import DEVICE, GUEST, KVM, WORKER
from lab.pagefault.trace.reader import parse
from lab.pagefault.trace.writer import write

__all__ = ["simulated"]


def simulated(
    events: Sequence[ev.Event], limit: int | None, told: bool = True, wipes: bool = False
) -> tuple[Step, ...]:
    """The steps of vCPU 0 in a run's events; the lines are KVM's grammar.

    `limit`: of queued faults, None for none. `told`: the guest asked to be told (pv). `wipes`: what is lost is lost
    because the vCPU's queues are wiped (the failure lost-done), else its token was overwritten.
    """
    run = _Run(events, limit, told, wipes)
    for number, e in enumerate(run.events):
        if not run.before_entry(e):
            run.enters()
        run.number = number
        _RULES[e.kind](e, run)
    run.enters()
    return tuple(run.found)


class _Run(Steps):
    """The steps so far, and what has been asked of the guest and is not yet answered."""

    def __init__(self, events: Sequence[ev.Event], limit: int | None, told: bool, wipes: bool) -> None:
        super().__init__(Desk(limit))
        self.events = [e for e in events if e.vcpu <= 0]
        self.lines = _Lines(events)
        self.asked, self.wipes = told, wipes
        self.number = 0
        self.tell: ev.Event | None = None  # not_present, and the guest is not entered again yet
        self.told: dict[int, int] = {}  # token -> the task that was told of it
        self.dummies: set[int] = set()

    def before_entry(self, e: ev.Event) -> bool:
        """True if `e` is about the fault just queued, and so comes before the vCPU is back in the guest."""
        told = self.tell
        if told is None or e.kind == ev.READ:
            return told is not None and e.fault == told.fault
        return e.kind in (ev.COMPLETED, ev.READY, ev.DUMMY) and (e.time, e.token) == (told.time, told.token)

    def enters(self) -> None:
        """The vCPU goes back into the guest: it hears of the fault that was queued last."""
        e, self.tell = self.tell, None
        if e is None:
            return
        line = self.lines.take(e, "kvm_inj_exception")
        self.add("told", KVM, GUEST, f"#PF, flags say not present, CR2 = token {e.token:#x}", line, e.fault)
        if e.token in self.dummies:
            self.dummies.remove(e.token)
            self.add(
                "found", GUEST, GUEST, f"a dummy for token {e.token:#x}: task {e.task} need not sleep", fault=e.fault
            )
            return
        self.desk.sleeps.add(e.task)
        self.add("sleep", GUEST, GUEST, f"task {e.task} sleeps on token {e.token:#x}", fault=e.fault)

    def is_halted(self) -> bool:
        """True if the not_present of this moment is followed by a halt: the guest is not told of it."""
        for e in self.events[self.number + 1 : self.number + 6]:
            if e.kind == ev.HALTED:
                return True
            if e.kind in (ev.RUN, ev.IDLE, ev.SWITCH, ev.INTERRUPT, ev.FAULT):
                return False
        return False


class _Lines:
    """What KVM would trace of a run, to be taken in order."""

    def __init__(self, events: Sequence[ev.Event]) -> None:
        text = write(events, "tracefs")
        self.rest = list(parse(text, "simulated").events)[::-1] if "kvm_" in text else []

    def take(self, e: ev.Event, name: str) -> str:
        """The line of that name at the time of `e`, if there is one."""
        at = round(e.time * 1000)
        while self.rest and self.rest[-1].stamp < at:
            self.rest.pop()
        place = len(self.rest) - 1
        while place >= 0 and self.rest[place].stamp == at:
            if self.rest[place].name == name:
                found = self.rest.pop(place)
                return f"at {e.time:,.1f} us: {found.name}: {found.text}"
            place -= 1
        return ""


def _page(e: ev.Event) -> str:
    return f"page {e.page:#x}"


def _run(e: ev.Event, s: _Run) -> None:
    same = s.desk.runs == f"task {e.task} runs"
    s.desk.runs_task(e.task)
    if not same:
        s.add("run", GUEST, GUEST, f"runs task {e.task}", fault=e.fault)


def _fault(e: ev.Event, s: _Run) -> None:
    s.desk.runs = "in KVM"
    line = s.lines.take(e, "kvm_try_async_get_page")
    s.add("touch", GUEST, KVM, f"task {e.task} touches {_page(e)}: the host has it not", line, e.fault)


def _not_present(e: ev.Event, s: _Run) -> None:
    s.desk.queue(e.page)
    line = s.lines.take(e, "kvm_async_pf_not_present")
    s.add("queue", KVM, WORKER, f"queued with token {e.token:#x}: read {_page(e)}", line, e.fault)
    if s.asked and not s.is_halted():
        s.tell = e
        s.told[e.token] = e.task


def _read(e: ev.Event, s: _Run) -> None:
    if e.page not in s.desk.under_way:  # a synchronous fault: the vCPU's own thread reads
        s.desk.under_way.append(e.page)
        s.add("read", KVM, DEVICE, f"read {_page(e)}", fault=e.fault, why="stop")
    else:
        s.add("read", WORKER, DEVICE, f"read {_page(e)}", fault=e.fault)


def _stopped(e: ev.Event, s: _Run) -> None:
    s.desk.runs = f"stopped: task {e.task}'s page"
    s.add("stop", KVM, KVM, f"no room: the vCPU itself waits for {_page(e)}", fault=e.fault)


def _halted(e: ev.Event, s: _Run) -> None:
    s.desk.runs = "halted"
    s.add("halt", KVM, KVM, f"the vCPU is halted until {_page(e)} is there", fault=e.fault)


def _completed(e: ev.Event, s: _Run) -> None:
    s.desk.page_in(e.page)
    if s.desk.runs == f"stopped: task {e.task}'s page" and not e.token:
        s.add("in", DEVICE, KVM, f"{_page(e)} is in: the vCPU goes on", fault=e.fault)
        s.desk.runs = "in KVM"
        return
    s.add("in", DEVICE, WORKER, f"{_page(e)} is in", fault=e.fault)
    s.desk.done += 1
    line = s.lines.take(e, "kvm_async_pf_completed")
    s.add("done", WORKER, KVM, f"{_page(e)} is done: into the vCPU's done queue", line, e.fault)


def _ready(e: ev.Event, s: _Run) -> None:
    line = s.lines.take(e, "kvm_async_pf_ready")
    if not line:
        return  # the end of a synchronous fault: nothing is delivered
    told = e.token in s.told
    s.desk.ready(e.token, told)
    if told:
        s.add("ready", KVM, GUEST, f"page ready: token {e.token:#x} into the slot", line, e.fault)
    else:
        s.add("ready", KVM, GUEST, f"token {e.token:#x} is done: the vCPU goes on", line, e.fault, "unsaid")


def _interrupt(e: ev.Event, s: _Run) -> None:
    s.desk.announced = s.desk.slot
    s.add("interrupt", KVM, GUEST, "interrupt 0xf3: page ready", fault=e.fault)


def _ack(e: ev.Event, s: _Run) -> None:
    task = s.told.pop(e.token, None)
    if task is not None and task in s.desk.sleeps:
        s.desk.sleeps.discard(task)
        s.add("wake", GUEST, GUEST, f"token {e.token:#x}: task {task} may run", fault=e.fault)
    s.desk.acknowledged()
    s.add(ACK, GUEST, KVM, "ACK: the slot is free, what is next?", s.lines.take(e, "kvm_msr"), e.fault)


def _wake_all(e: ev.Event, s: _Run) -> None:
    line = s.lines.take(e, "kvm_async_pf_ready")
    s.add("wake-all", KVM, GUEST, f"wake all: token {WAKE_ALL:#x} into the slot", line)


def _plain(kind: str, source: str, target: str, text: str, runs: str = "") -> _Rule:
    def rule(e: ev.Event, s: _Run) -> None:
        if runs:
            s.desk.runs = runs.format(e.task)
        s.add(kind, source, target, text.format(task=e.task, token=e.token, page=max(e.page, 0)), fault=e.fault)

    return rule


def _repeated(e: ev.Event, s: _Run) -> None:
    line = s.lines.take(e, "kvm_async_pf_repeated_fault")
    s.add("again", GUEST, KVM, f"task {e.task} touches {_page(e)}: it is under way already", line, e.fault)


def _lost(e: ev.Event, s: _Run) -> None:
    if s.wipes and s.events[s.number - 1].kind != ev.LOST:
        s.desk.wiped()
        s.add("wipe", KVM, KVM, "paging is off (an SMI): the vCPU's faults are wiped")
    s.desk.stuck.add(e.task)
    s.desk.sleeps.discard(e.task)
    if s.wipes:
        s.add("lost", KVM, KVM, f"task {e.task} is forgotten: nothing will wake it", fault=e.fault)
    else:
        s.add(
            "lost", KVM, KVM, f"0 in the slot looks free: task {e.task} is forgotten", fault=e.fault, why="overwritten"
        )


def _dummy(e: ev.Event, s: _Run) -> None:
    s.desk.slot = 0
    s.told.pop(e.token, None)
    s.dummies.add(e.token)
    s.add("dummy", GUEST, GUEST, f"token {e.token:#x}: nobody sleeps on it yet: a dummy", fault=e.fault)


_Rule = Callable[[ev.Event, _Run], None]
_RULES: dict[str, _Rule] = {
    ev.RUN: _run,
    ev.FAULT: _fault,
    ev.NOT_PRESENT: _not_present,
    ev.READ: _read,
    ev.STOPPED: _stopped,
    ev.HALTED: _halted,
    ev.COMPLETED: _completed,
    ev.READY: _ready,
    ev.INTERRUPT: _interrupt,
    ev.ACK: _ack,
    ev.WAKE_ALL: _wake_all,
    ev.REPEATED: _repeated,
    ev.LOST: _lost,
    ev.DUMMY: _dummy,
    ev.IDLE: _plain("idle", GUEST, GUEST, "no task can run", "nothing to run"),
    ev.SWITCH: _plain("switch", GUEST, GUEST, "changes to task {task}", "changes to task {}"),
    ev.PREEMPTED: _plain("preempted", GUEST, GUEST, "task {task} goes back to the run queue"),
    ev.WAITING: _plain("wait-core", KVM, KVM, "no core is free for the vCPU", "waits for a core"),
    ev.PANIC: _plain("panic", GUEST, GUEST, "the guest dies", "dead"),
    ev.SPIN: _plain("spin", KVM, GUEST, "in and out of the guest, for ever", "spins"),
}
