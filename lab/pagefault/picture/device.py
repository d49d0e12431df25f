"""What the device's slots did: pages being read, pages in line for a slot."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from heapq import heappop, heappush

from lab.pagefault import events as ev
from lab.pagefault.events import Event
from lab.pagefault.picture.states import IN_LINE, READING, Segment

__all__ = ["in_line", "page_reads", "slot_segments"]


@dataclasses.dataclass(slots=True)
class PageRead:
    """A page at the device: asked for, begun, in (us; what is open ends with the events)."""

    asked: Event
    begun: Event | None
    end: float


def page_reads(events: Sequence[Event], end: float) -> list[PageRead]:
    """Every page that was asked for, in that order.

    A guest that is woken by the token for everyone has moved to another host: what it left behind ends here.
    """
    found: list[PageRead] = []
    under_way: dict[tuple[int, int], PageRead] = {}
    for event in events:
        key = (event.fault, event.vcpu)
        if event.kind in (ev.NOT_PRESENT, ev.STOPPED):
            under_way[key] = PageRead(event, None, end)
            found.append(under_way[key])
        elif event.kind == ev.READ and key in under_way:
            under_way[key].begun = event
        elif event.kind == ev.COMPLETED and key in under_way:
            under_way.pop(key).end = event.time
        elif event.kind == ev.WAKE_ALL:
            for gone in [k for k, one in under_way.items() if k[1] == event.vcpu and one.asked.kind != ev.STOPPED]:
                under_way.pop(gone).end = event.time
    return found


def slot_segments(reads: Sequence[PageRead]) -> Iterator[Segment]:
    """Lane = slot; of those that are free the lowest takes the next page."""
    free: list[int] = []
    busy: list[tuple[float, int]] = []  # until when, slot
    slots = 0
    begun = [(one.begun, one.end) for one in reads if one.begun is not None]
    for event, end in sorted(begun, key=lambda one: one[0].time):
        while busy and busy[0][0] <= event.time:
            heappush(free, heappop(busy)[1])
        if free:
            slot = heappop(free)
        else:
            slot, slots = slots, slots + 1
        heappush(busy, (end, slot))
        yield Segment(slot, READING, event.time, end, event)


def in_line(reads: Sequence[PageRead]) -> Iterator[Segment]:
    """The time that pages wait for a slot, all in lane 0."""
    for one in reads:
        yield Segment(0, IN_LINE, one.asked.time, one.end if one.begun is None else one.begun.time, one.asked)
