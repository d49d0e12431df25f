"""The protocol's messages: a lane for each kind, who sends them stands in their sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lab.pagefault import events as ev
from lab.pagefault.events import Event
from lab.pagefault.picture import states
from lab.pagefault.picture.states import Segment

__all__ = ["LANES", "message_segments", "sent_by"]

LANES = ("touch", "not present", "read", "page in", "ready", "ACK", "trouble")

# kind -> lane, state
PLACE = {
    ev.FAULT: (0, states.TOUCH), ev.REPEATED: (0, states.TOUCH), ev.NOT_PRESENT: (1, states.NOT_PRESENT),
    ev.READ: (2, states.READ), ev.COMPLETED: (3, states.PAGE_IN), ev.READY: (4, states.TOLD_READY),
    ev.WAKE_ALL: (4, states.WAKE_ALL), ev.ACK: (5, states.ACKNOWLEDGED), ev.DUMMY: (6, states.TROUBLE),
    ev.LOST: (6, states.TROUBLE), ev.PANIC: (6, states.TROUBLE), ev.SPIN: (6, states.TROUBLE),
}  # fmt: skip


def message_segments(events: Sequence[Event], end: float) -> Iterator[Segment]:
    """Lane = place in `LANES`; each is an instant not after `end` (us). One that names a token only gets its fault."""
    token_of: dict[int, Event] = {}
    for event in events:
        if event.kind == ev.NOT_PRESENT:
            token_of[event.token] = event
        if event.kind not in PLACE or event.time > end:
            continue
        lane, state = PLACE[event.kind]
        known = token_of.get(event.token) if event.fault < 0 and event.token else None
        if known is not None:
            event = event._replace(task=known.task, fault=known.fault, page=known.page)
        yield Segment(lane, state, event.time, event.time, event)


def sent_by(mode: str, failure: str) -> tuple[str, ...]:
    """The lanes that a mode has: in sync nobody but the device is asked, and trouble is looked for only where it is."""
    if mode == "sync":
        return ()
    told = LANES[:5] if mode == "halt" else LANES[:6]
    return told if failure == "none" else (*told, LANES[6])
