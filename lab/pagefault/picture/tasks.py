"""What each task did: it computes, waits for its page, is ready and waits for its turn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lab.pagefault import events as ev
from lab.pagefault.events import Event
from lab.pagefault.picture.states import COMPUTES, HALTED, LOST, NO_CORE, OVERHEAD, READY, STOPPED, WAITS, Segment

__all__ = ["task_segments"]

# What the task of an event is doing from then on.
STATE = {
    ev.RUN: COMPUTES, ev.FAULT: OVERHEAD, ev.INTERRUPT: OVERHEAD, ev.SWITCH: OVERHEAD, ev.NOT_PRESENT: WAITS,
    ev.STOPPED: STOPPED, ev.HALTED: HALTED, ev.WAITING: NO_CORE, ev.PREEMPTED: READY, ev.LOST: LOST,
}  # fmt: skip


def task_segments(events: Sequence[Event], end: float, tasks: int) -> Iterator[Segment]:
    """Lane = task, of the first `tasks`, in order of time on each; before it first runs a task is ready.

    A page that is delivered makes its task ready only if that sleeps: one whose vCPU was halted goes on, or stands in
    the run queue already. The token that wakes everyone wakes those that sleep since a fault of its vCPU.
    """
    current = {task: (READY, Event(0.0, ev.READY, -1, task)) for task in range(tasks)}
    for event in events:
        for task, state in _changes(event, current):
            before = current.get(task)
            if before is None:
                continue
            if event.time > before[1].time:
                yield Segment(task, before[0], before[1].time, event.time, before[1])
            current[task] = (state, event)
    for task, (state, event) in sorted(current.items()):
        if end > event.time:
            yield Segment(task, state, event.time, end, event)


def _changes(event: Event, current: dict[int, tuple[int, Event]]) -> list[tuple[int, int]]:
    """Which tasks change, and to what."""
    if event.kind == ev.WAKE_ALL:
        sleeping = (task for task, (state, since) in current.items() if state == WAITS and since.vcpu == event.vcpu)
        return [(task, READY) for task in sleeping]
    if event.kind == ev.READY:
        return [(event.task, READY)] if current.get(event.task, (READY,))[0] == WAITS else []
    state = STATE.get(event.kind)
    return [] if state is None or event.task < 0 else [(event.task, state)]
