"""What happens in a run, one event a line: the raw material of lanes, why lines and traces."""

from __future__ import annotations

from typing import NamedTuple

__all__ = [
    "ACK", "COMPLETED", "DUMMY", "FAULT", "HALTED", "IDLE", "INTERRUPT", "KINDS", "LOST", "NOT_PRESENT", "PANIC",
    "PREEMPTED", "READ", "READY", "REPEATED", "RUN", "SPIN", "STOPPED", "SWITCH", "WAITING", "WAKE_ALL", "Event",
    "page_of",
]  # fmt: skip

RUN = "run"  # a task begins or resumes computing on a vCPU
FAULT = "fault"  # it touches a missing page: kvm_try_async_get_page; overhead, if any, begins here
NOT_PRESENT = "not_present"  # the fault is queued and has a token: kvm_async_pf_not_present
STOPPED = "stopped"  # the vCPU's thread sleeps in the fault
HALTED = "halted"  # the vCPU is halted: the guest cannot be told
COMPLETED = "completed"  # the page is in: kvm_async_pf_completed
READY = "ready"  # that is delivered, the task may run again: kvm_async_pf_ready
IDLE = "idle"  # a vCPU finds no task to run
READ = "read"  # a slot of the device begins with the page
REPEATED = "repeated"  # a page under way is touched again: kvm_async_pf_repeated_fault; the vCPU halts
INTERRUPT = "interrupt"  # an interrupt takes the vCPU's time
SWITCH = "switch"  # changing to `task` takes the vCPU's time
PREEMPTED = "preempted"  # `task` goes back to the run queue
WAITING = "waiting"  # the vCPU could go on, but no physical core is free
ACK = "ack"  # the guest has read the token: the ready slot is free again
WAKE_ALL = "wake_all"  # the token that wakes every sleeper of a vCPU
DUMMY = "dummy"  # a ready came before its not-present
LOST = "lost"  # nothing will ever wake `task`
PANIC = "panic"  # the guest dies
SPIN = "spin"  # the vCPU leaves the guest and enters it again, for ever

KINDS = (
    RUN, FAULT, NOT_PRESENT, STOPPED, HALTED, COMPLETED, READY, IDLE, READ, REPEATED, INTERRUPT, SWITCH, PREEMPTED,
    WAITING, ACK, WAKE_ALL, DUMMY, LOST, PANIC, SPIN,
)  # fmt: skip
# the same as numbers, for the rules
(
    E_RUN, E_FAULT, E_NOT_PRESENT, E_STOPPED, E_HALTED, E_COMPLETED, E_READY, E_IDLE, E_READ, E_REPEATED, E_INTERRUPT,
    E_SWITCH, E_PREEMPTED, E_WAITING, E_ACK, E_WAKE_ALL, E_DUMMY, E_LOST, E_PANIC, E_SPIN,
) = range(len(KINDS))  # fmt: skip

FIRST_PAGE = 0x1000


class Event(NamedTuple):
    """`time` in microseconds; `fault` is the number of the fault, the same in all modes; -1 where none is meant."""

    time: float
    kind: str
    vcpu: int
    task: int = -1
    fault: int = -1
    token: int = 0
    page: int = -1


def page_of(fault: int) -> int:
    """The guest frame number that fault touches where every fault touches a page of its own."""
    return FIRST_PAGE + fault
