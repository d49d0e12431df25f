"""What a piece of a lane can be: its colour, its word in the legend, and the sentence for one of them."""

from __future__ import annotations

from typing import NamedTuple

from lab.core.lanes import State
from lab.pagefault.events import Event

__all__ = [
    "ACKNOWLEDGED", "COMPUTES", "HALTED", "IDLE", "IN_LINE", "LOST", "NOT_PRESENT", "NO_CORE", "OVERHEAD", "PAGE_IN",
    "READ", "READING", "READY", "SPINS", "STATES", "STOPPED", "TOLD_READY", "TOUCH", "TROUBLE", "WAITS", "WAKE_ALL",
    "Segment",
]  # fmt: skip

STATES = (
    State("good", "task computes", "task {who} computes, {for}"),
    State("bad", "vCPU stopped", "vCPU stopped, {for}: task {who} waits for page 0x{what:x}"),
    State("wait", "vCPU halted", "vCPU halted, {for}: task {who} waits for page 0x{what:x}"),
    State("cost", "overhead", "{for} of vCPU time for an exit, an interrupt or a switch, task {who}"),
    State("idle", "nothing to run", "no task is ready, {for}"),
    State("cost", "no core free", "the vCPU waits for a physical core, {for}", outline=True),
    State("good", "vCPU spins", "the vCPU leaves the guest and enters it again, {for}", outline=True),
    State("wait", "task waits for its page", "task {who} waits for page 0x{what:x}, {for}"),
    State("new", "task ready", "task {who} is ready, {for}: another one runs", outline=True),
    State("bad", "task lost", "nothing will ever wake task {who}, {for}", outline=True),
    State("good", "slot reads", "a slot reads page 0x{what:x} for task {who}, {for}"),
    State("wait", "page in line", "page 0x{what:x} of task {who} waits for a slot, {for}"),
    State("cost", "touch", "task {who} touches page 0x{what:x} at {at}: guest to KVM"),
    State("wait", "not present", "page 0x{what:x} of task {who} is queued at {at}: KVM to worker, and to the guest"),
    State("good", "read begins", "the read of page 0x{what:x} for task {who} begins at {at}: worker to device"),
    State("new", "page in", "page 0x{what:x} of task {who} is in at {at}: device to worker"),
    State("new", "ready", "page 0x{what:x} of task {who} is delivered at {at}: KVM to guest"),
    State("cost", "ACK", "the ready slot is free again at {at}: guest to KVM"),
    State("new", "wake all", "whoever sleeps is to wake up, {at}: KVM to guest"),
    State("bad", "trouble", "trouble at {at}"),
)
(
    COMPUTES, STOPPED, HALTED, OVERHEAD, IDLE, NO_CORE, SPINS, WAITS, READY, LOST, READING, IN_LINE,
    TOUCH, NOT_PRESENT, READ, PAGE_IN, TOLD_READY, ACKNOWLEDGED, WAKE_ALL, TROUBLE,
) = range(len(STATES))  # fmt: skip


class Segment(NamedTuple):
    """From `start` to `end` (us) lane `lane` is in `state`, because of `event`."""

    lane: int
    state: int
    start: float
    end: float
    event: Event
