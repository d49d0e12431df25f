"""What happens in a run, one event a line: the raw material of lanes, why lines and traces."""

from __future__ import annotations

from typing import NamedTuple

__all__ = [
    "COMPLETED", "FAULT", "HALTED", "IDLE", "NOT_PRESENT", "READY", "RUN", "STOPPED", "Event", "page_of",
]  # fmt: skip

RUN = "run"  # a task begins or resumes computing on a vCPU
FAULT = "fault"  # it touches a missing page: kvm_try_async_get_page; overhead, if any, begins here
NOT_PRESENT = "not_present"  # the fault is queued and has a token: kvm_async_pf_not_present
STOPPED = "stopped"  # the vCPU's thread sleeps in the fault
HALTED = "halted"  # the vCPU is halted: the guest cannot be told
COMPLETED = "completed"  # the page is in: kvm_async_pf_completed
READY = "ready"  # that is delivered, the task may run again: kvm_async_pf_ready
IDLE = "idle"  # a vCPU finds no task to run

FIRST_PAGE = 0x1000


class Event(NamedTuple):
    """`time` in microseconds; `fault` is the number of the fault, the same in all modes; -1 where none is meant."""

    time: float
    kind: str
    vcpu: int
    task: int = -1
    fault: int = -1
    token: int = 0


def page_of(fault: int) -> int:
    """The guest frame number that fault touches: every fault touches a page of its own."""
    return FIRST_PAGE + fault
