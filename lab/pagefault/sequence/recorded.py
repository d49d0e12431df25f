"""The steps of a recorded trace, and with the guest's own log those inside the guest."""

from __future__ import annotations

from lab.pagefault.sequence.steps import HOST_LIMIT, Desk, Step, Steps
from lab.pagefault.trace import event as kinds
from lab.pagefault.trace.guest import IDLE, task_of_token
from lab.pagefault.trace.messages import DEVICE, GUEST, messages
from lab.pagefault.trace.reader import Trace
from lab.pagefault.trace.vmm_log import Log

__all__ = ["recorded"]


def recorded(trace: Trace, log: Log | None = None) -> tuple[Step, ...]:
    """The steps of `trace`, with the guest's own `log` those inside the guest too.

    The trace does not say when the guest reads the slot: a ready that follows before the kinds.ACK of the one before
    shows that it has.
    """
    desk = Desk(HOST_LIMIT)
    steps = Steps(desk)
    events = {event.line: event for event in trace.events}
    said = {} if log is None else {one.line: one for one in log.guest}
    sleepers = {} if log is None else task_of_token(log)
    for message in messages(trace, log):
        text, fault = message.text, message.fault
        if message.log:
            one = said[message.line]
            kind = _heard(one.word, one.task, one.value, sleepers.get(one.value, -1), desk)
            line = f"guest's log, line {one.line}: task{one.task} {one.word} {one.value:#x}"
            steps.add(kind, GUEST, GUEST, text, line, fault)
            continue
        event = events[message.line]
        line = f"line {event.line}: {event.name}: {event.text}"
        kind, why = event.kind, ""
        token, page = event.token or 0, (event.gva or 0) >> 12
        if event.kind == kinds.TRY:
            kind, desk.runs = "touch", "in KVM"
        elif event.kind == kinds.REPEATED:
            kind = "again"
            desk.runs = "halted"
        elif event.kind == kinds.NOT_PRESENT:
            kind = "read" if message.target == DEVICE else "queue"
            if kind == "queue":
                desk.queue(page)
                desk.runs = "in KVM"
        elif event.kind == kinds.INJECT_PF:
            kind = "told"
        elif event.kind == kinds.COMPLETED:
            kind = "in" if message.source == DEVICE else "done"
            if kind == "in":
                desk.page_in(page)
            else:
                desk.done += 1
        elif event.kind == kinds.READY:
            told = text.startswith("page ready")
            kind, why = "ready", "" if told and not desk.slot else "early-slot" if told else "unsaid"
            desk.ready(token, told)
            if not told:
                desk.runs = "goes on"
        elif event.kind == kinds.WAKE_ALL:
            kind, desk.slot = "wake-all", kinds.EVERYONE
        elif event.kind == kinds.INJECT_IRQ:
            kind, desk.announced = "interrupt", desk.slot
        elif event.kind == kinds.ACK:
            desk.acknowledged()
        steps.add(kind, message.source, message.target, text, line, fault, why)
    return tuple(steps.found)


def _heard(word: str, task: int, value: int, sleeper: int, desk: Desk) -> str:
    """What a line of the guest's log changes, and its kind of step."""
    if word == "NOT_PRESENT":
        desk.sleeps.add(task)
        return "sleep"
    if word == "READY":
        desk.sleeps.discard(sleeper)
        return "wake"
    if word == "SWITCH":
        if value == IDLE:
            desk.runs = "nothing to run"
            return "idle"
        desk.runs_task(value)
        return "run"
    return "goes-on" if word == "TOUCHED" else "nobody"
