"""What became of one fault, and why one thing in a run happened: the sentence behind a piece of the picture."""

from __future__ import annotations

from collections.abc import Sequence

from lab.core.duration import duration
from lab.pagefault import events as ev
from lab.pagefault.comparison import Comparison, Run
from lab.pagefault.events import Event
from lab.pagefault.explain import why_run
from lab.pagefault.failures import KNOWN
from lab.pagefault.picture.states import COMPUTES
from lab.pagefault.picture.vcpus import vcpu_segments
from lab.pagefault.scenario import PageFaultScenario

__all__ = ["why_area", "why_event", "why_fault"]

Why = tuple[str, tuple[str, ...]]

CHOICE = {  # how the guest's scheduler comes to a task
    "fifo": "first in, first out: of those ready it had waited longest",
    "rr": "round robin: it was the first in line, for at most its quantum",
    "cfs": "cfs: of those ready it had the least vruntime",
    "eevdf": "eevdf: of those owed time it had the earliest deadline",
}


def why_event(comparison: Comparison, mode: str, event: Event) -> Why:
    """Why `event` happened in `mode`: a line, and what else is known of it."""
    run = comparison.of(mode)
    if event.kind in ALONE:
        line = f"{mode}: {ALONE[event.kind](comparison.scenario, run, event)}."
        return line, (_at(run, event), *_sources(comparison.scenario, event))
    if event.vcpu < 0 and event.kind == ev.READY:
        line = f"{mode}: task {event.task} is ready from the start; others run before it"
        return f"{line} ({comparison.scenario.scheduler}).", ()
    if event.fault < 0:
        return f"{mode}: {_said(event, comparison.scenario)}.", (_at(run, event),)
    return why_fault(comparison, mode, event.fault)


def why_fault(comparison: Comparison, mode: str, fault: int) -> Why:
    """What became of one fault in `mode`: a line, and every event of it here and in the other modes."""
    s = comparison.scenario
    run = comparison.of(mode)
    task = fault % s.all_tasks
    here = [e for e in run.events if e.fault == fault]
    page = f"page 0x{_page(here, fault):x}"
    if not here:
        return f"{mode}: task {task} has not come to {page} within the window.", ()
    first: dict[str, float] = {}
    for e in here:
        first.setdefault(e.kind, e.time)
    if ev.FAULT not in first:
        line = f"{mode}: task {task} computes and has not touched a missing page yet ({CHOICE[s.scheduler]})"
        return line + ".", tuple(_trace(comparison, fault))
    over = [first[kind] for kind in (ev.READY, ev.COMPLETED) if kind in first]
    long = duration(max(over) - first[ev.FAULT]) if over else "until after the window"
    if ev.STOPPED in first:
        line = f"the vCPU itself waits {long}{_why_stopped(s, run, here)}, nobody else can run"
    elif ev.HALTED in first:
        line = f"the guest is not told, its vCPU is halted {_at_first(here, first, long)}"
    else:
        line = f"sleeps {long}; the vCPU is free for the others"
    joint = " and " if line.startswith("sleeps") else "; "
    wait = _parts(run, here, first)
    trace = [wait] if wait else []
    others = _instead(run, here, first)
    trace += [others] if others else []
    return f"{mode}: task {task} touches {page}{joint}{line}.", (*trace, *_trace(comparison, fault))


def _page(here: Sequence[Event], fault: int) -> int:
    return next((e.page for e in here if e.page >= 0), ev.page_of(fault))


def _why_stopped(s: PageFaultScenario, run: Run, here: Sequence[Event]) -> str:
    if run.mode == "sync":
        return ""
    if s.failure in ("unregistered", "no-memory"):
        return f" ({s.failure})"
    return f" (more than {s.limit} queued)"


def _at_first(here: Sequence[Event], first: dict[str, float], long: str) -> str:
    """How long a vCPU is halted for this fault: until the page is delivered, or a tick ends the halt."""
    since = first[ev.HALTED]
    ends = (ev.PREEMPTED, ev.RUN, ev.INTERRUPT, ev.FAULT, ev.REPEATED, ev.READY)
    after = next((e for e in here if e.time > since and e.kind in ends), None)
    if after is None or after.kind in (ev.READY, ev.RUN):
        return long
    return f"{duration(after.time - since)} at first, then an interrupt wakes it; the page takes {long}"


def _parts(run: Run, here: Sequence[Event], first: dict[str, float]) -> str:
    """What the wait consisted of: the line for a slot, page-in, delivery, wake-up."""
    asked = first.get(ev.NOT_PRESENT, first.get(ev.STOPPED))
    steps = [("to the host's answer", first.get(ev.FAULT), asked), ("in line for a slot", asked, first.get(ev.READ))]
    steps.append(("page-in", first.get(ev.READ), first.get(ev.COMPLETED)))
    steps.append(("delivery", first.get(ev.COMPLETED), first.get(ev.READY)))
    ready = first.get(ev.READY, first.get(ev.COMPLETED))
    task = here[0].task
    again = next((e.time for e in run.events if ready is not None and e.time >= ready and _runs(e, task)), None)
    steps.append(("wake-up", ready, again))
    known = [(name, b - a) for name, a, b in steps if a is not None and b is not None]
    said = [f"{name} {duration(t)}" for name, t in known if t > 0 or name == "page-in"]
    return f"the wait in {run.mode}: " + ", ".join(said) if said else ""


def _runs(e: Event, task: int) -> bool:
    return e.kind == ev.RUN and e.task == task


def _instead(run: Run, here: Sequence[Event], first: dict[str, float]) -> str:
    """Who computed on that vCPU while the task waited."""
    start, end = first[ev.FAULT], max((first[k] for k in (ev.READY, ev.COMPLETED) if k in first), default=run.covered)
    vcpu = next(e.vcpu for e in here if e.kind == ev.FAULT)
    had: dict[int, float] = {}
    near = [e for e in run.events if e.vcpu == vcpu and e.time <= end]
    for one in vcpu_segments(near, end):
        length = min(one.end, end) - max(one.start, start)
        if one.state == COMPUTES and length > 0:
            had[one.event.task] = had.get(one.event.task, 0.0) + length
    if end <= start:
        return ""
    if not had:
        return f"meanwhile nobody computed on vCPU {vcpu}"
    most = sorted(had.items(), key=lambda one: -one[1])
    named = ", ".join(f"task {task} {duration(length)}" for task, length in most[:4])
    more = f" and {len(most) - 4} others" if len(most) > 4 else ""
    return f"meanwhile on vCPU {vcpu}: {named}{more} ({100 * sum(had.values()) / (end - start):.0f} % of the time)"


def _trace(comparison: Comparison, fault: int) -> list[str]:
    return [
        f"{run.mode}, {duration(e.time) if e.time else '0'}: {_said(e, comparison.scenario)}"
        for run in comparison.runs
        for e in run.events
        if e.fault == fault
    ]


def _at(run: Run, event: Event) -> str:
    return f"{run.mode}, {duration(event.time) if event.time else '0'}: vCPU {max(event.vcpu, 0)}"


def _idle(s: PageFaultScenario, run: Run, event: Event) -> str:
    coming = next((e for e in run.events if e.time > event.time and e.kind == ev.READY), None)
    if coming is None:
        return "no task is ready, each waits for its page; no page comes within the window"
    after = duration(coming.time - event.time)
    first = f"the first to be delivered is task {coming.task}'s, {after} later"
    return f"no task is ready, each waits for its page; {first}"


def _switch(s: PageFaultScenario, run: Run, event: Event) -> str:
    return f"the guest changes to task {event.task}, which costs {duration(s.switch_cost)} ({CHOICE[s.scheduler]})"


def _interrupt(s: PageFaultScenario, run: Run, event: Event) -> str:
    if not event.token:
        return f"vCPU {event.vcpu} goes on in the kernel with what the host had interrupted"
    return f"an interrupt says that a page is ready (token 0x{event.token:x}); it costs vCPU time, and so does its ACK"


def _waiting(s: PageFaultScenario, run: Run, event: Event) -> str:
    return f"vCPU {event.vcpu} could go on, but {s.cores} physical cores are busy with the other vCPUs"


def _preempted(s: PageFaultScenario, run: Run, event: Event) -> str:
    return f"task {event.task} has to make room and is ready again; {s.scheduler} has chosen another"


def _ack(s: PageFaultScenario, run: Run, event: Event) -> str:
    slot = f"the one ready slot of vCPU {event.vcpu}"
    return f"the guest has read token 0x{event.token:x}: {slot} is free for the next page"


def _wake_all(s: PageFaultScenario, run: Run, event: Event) -> str:
    when = "faults are enabled" if event.time == 0 else "the guest has moved to another host, which knows of no page"
    return f"token 0x{event.token:x} wakes whoever sleeps since a fault of vCPU {event.vcpu}: {when}"


def _dummy(s: PageFaultScenario, run: Run, event: Event) -> str:
    return f"the ready of token 0x{event.token:x} came before its not-present: a dummy is left, its task will not sleep"


def _lost(s: PageFaultScenario, run: Run, event: Event) -> str:
    return f"nothing will ever wake task {event.task}: {_title(s)}"


def _panic(s: PageFaultScenario, run: Run, event: Event) -> str:
    return f"the guest dies: {_title(s)}"


def _spin(s: PageFaultScenario, run: Run, event: Event) -> str:
    return f"vCPU {event.vcpu} leaves the guest and enters it again without end: {_title(s)}"


ALONE = {
    ev.IDLE: _idle, ev.SWITCH: _switch, ev.INTERRUPT: _interrupt, ev.WAITING: _waiting, ev.PREEMPTED: _preempted,
    ev.ACK: _ack, ev.WAKE_ALL: _wake_all, ev.DUMMY: _dummy, ev.LOST: _lost, ev.PANIC: _panic, ev.SPIN: _spin,
}  # fmt: skip


def _title(s: PageFaultScenario) -> str:
    known = {failure.id: failure.title for failure in KNOWN}
    return f"{s.failure}, {known[s.failure]}" if s.failure in known else "no page of it is under way"


def _sources(s: PageFaultScenario, event: Event) -> tuple[str, ...]:
    """What was found in practice, where the event is a failure's."""
    if event.kind not in (ev.DUMMY, ev.LOST, ev.PANIC, ev.SPIN):
        return ()
    known = next((failure for failure in KNOWN if failure.id == s.failure), None)
    return () if known is None else (known.what, *(f"source: {source}" for source in known.sources))


def _said(event: Event, s: PageFaultScenario) -> str:
    """One event in words."""
    page = f"page 0x{event.page if event.page >= 0 else ev.page_of(max(event.fault, 0)):x}"
    task, vcpu = f"task {event.task}", f"vCPU {event.vcpu}"
    if event.kind == ev.RUN and event.task >= s.all_tasks:
        return f"{task} computes on {vcpu}: a calculator, it never faults"
    return {
        ev.RUN: f"{task} computes on {vcpu}",
        ev.FAULT: f"{task} touches {page}, which the host has swapped out",
        ev.NOT_PRESENT: f"a worker is to read {page}; token 0x{event.token:x} (number << 12 | vCPU)",
        ev.STOPPED: f"{vcpu} sleeps in the fault",
        ev.HALTED: f"{vcpu} is halted",
        ev.REPEATED: f"{task} touches {page} again, which is under way",
        ev.READ: f"a slot of the device begins with {page}",
        ev.COMPLETED: f"{page} is in",
        ev.READY: f"ready delivered, token 0x{event.token:x}: {task} may run",
        ev.LOST: f"nothing will ever wake {task}",
        ev.PANIC: f"the guest dies: it was told of {page} in kernel mode",
    }.get(event.kind, event.kind)


def why_area(comparison: Comparison, mode: str, sentence: str) -> Why:
    """Why a piece of a stacked lane is as it is: what it counts, and the mode's own reason."""
    _line, trace = why_run(comparison, comparison.of(mode))
    return f"{mode}: {sentence}.", trace
