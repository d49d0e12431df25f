"""What each vCPU did."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lab.pagefault import events as ev
from lab.pagefault.events import Event
from lab.pagefault.picture.states import COMPUTES, HALTED, IDLE, NO_CORE, OVERHEAD, SPINS, STOPPED, Segment

__all__ = ["vcpu_segments"]

# What a vCPU is doing from an event on; the events that are not here change nothing on it by themselves.
STATE = {
    ev.RUN: COMPUTES, ev.FAULT: OVERHEAD, ev.INTERRUPT: OVERHEAD, ev.SWITCH: OVERHEAD, ev.STOPPED: STOPPED,
    ev.HALTED: HALTED, ev.IDLE: IDLE, ev.WAITING: NO_CORE, ev.SPIN: SPINS,
}  # fmt: skip


def vcpu_segments(events: Sequence[Event], end: float) -> Iterator[Segment]:
    """Lane = vCPU, in order of time on each; what is open is cut at `end` (us)."""
    current: dict[int, tuple[int, Event]] = {}
    for event in events:
        state = STATE.get(event.kind)
        if state is None:
            continue
        before = current.get(event.vcpu)
        if before is not None and event.time > before[1].time:
            yield Segment(event.vcpu, before[0], before[1].time, event.time, before[1])
        current[event.vcpu] = (state, event)
    for lane, (state, event) in sorted(current.items()):
        if end > event.time:
            yield Segment(lane, state, event.time, end, event)
