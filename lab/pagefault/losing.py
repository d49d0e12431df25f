"""Guest work lost: vCPU time stopped or halted while another task could have run there.

Another task can: it stands in the run queue, or its page is in and only has to be delivered.
"""

from __future__ import annotations

from lab.pagefault.metrics import HALTED, STOPPED, settle_up
from lab.pagefault.records import Machine

__all__ = ["NOT_LOSING", "look", "look_at_all", "stand_still"]

NOT_LOSING = -1.0


def stand_still(m: Machine, v: int, now: float) -> None:
    """The vCPU `v` has just been stopped or halted; it may cost somebody from now on."""
    m.vcpus[v].losing_since = NOT_LOSING
    look(m, v, now)


def look(m: Machine, v: int, now: float) -> None:
    """Something has changed for vCPU `v`: if it stands still, the loss begins or ends here."""
    vcpu = m.vcpus[v]
    if vcpu.phase != STOPPED and vcpu.phase != HALTED:
        return
    if m.queues[vcpu.queue].length + vcpu.done_count == 0:
        settle_up(m, v, now)
        vcpu.losing_since = NOT_LOSING
    elif vcpu.losing_since < 0.0:
        vcpu.losing_since = now


def look_at_all(m: Machine, now: float) -> None:
    """A run queue that all vCPUs share has got its first task, or has given its last."""
    for v in range(m.run.vcpus):
        look(m, v, now)
