"""The host's cores, where there are fewer of them than vCPUs: first come, first served, a slice at a time.

A vCPU is a thread of the host. It holds a core while it computes or works in the kernel, and gives it
up where it sleeps: idle, halted, or stopped in a synchronous fault.
"""

from __future__ import annotations

from lab.pagefault.calendar import CORE, HOST_SLICE, later
from lab.pagefault.events import E_WAITING
from lab.pagefault.metrics import WAITING, enter
from lab.pagefault.notes import note
from lab.pagefault.records import Machine

__all__ = ["get_core", "give_core", "host_slice_over", "settle"]


def get_core(m: Machine, v: int, now: float) -> int:
    """1 if vCPU `v` has a core now; 0 if it waits in line and will be told by CORE."""
    run, vcpu = m.run, m.vcpus[v]
    if run.cores_free < 0 or vcpu.core:
        return 1
    if run.cores_free > 0:
        run.cores_free -= 1
        settle(m, v)
        return 1
    _wait(m, v, now)
    return 0


def settle(m: Machine, v: int) -> None:
    """The vCPU `v` has a core from now on; after a slice the host looks who else wants it."""
    vcpu = m.vcpus[v]
    vcpu.core = 1
    vcpu.core_stamp += 1
    later(m, m.run.host_slice, HOST_SLICE, v, vcpu.core_stamp)


def give_core(m: Machine, v: int) -> None:
    """The vCPU `v` sleeps: its core goes to the vCPU that has waited longest."""
    run, vcpu = m.run, m.vcpus[v]
    if run.cores_free < 0 or vcpu.core == 0:
        return
    vcpu.core = 0
    vcpu.core_stamp += 1
    if run.host_count == 0:
        run.cores_free += 1
        return
    u = m.host[run.host_first]
    run.host_first = (run.host_first + 1) % run.vcpus
    run.host_count -= 1
    m.vcpus[u].core = 1
    later(m, 0.0, CORE, u, 0)


def host_slice_over(m: Machine, v: int, stamp: int, now: float) -> None:
    """The slice of vCPU `v` is over: if another waits, its work is put by and it goes to the end of the line."""
    run, vcpu = m.run, m.vcpus[v]
    if vcpu.core_stamp != stamp:
        return
    if run.host_count == 0:
        later(m, run.host_slice, HOST_SLICE, v, stamp)
        return
    vcpu.left = vcpu.ends - now
    vcpu.paused = 1 + vcpu.phase
    vcpu.stamp += 1  # the end of that work means nothing now
    if vcpu.task >= 0:
        task = m.tasks[vcpu.task]
        if vcpu.paused == 1:
            task.computed += now - task.started
    give_core(m, v)
    _wait(m, v, now)


def _wait(m: Machine, v: int, now: float) -> None:
    run = m.run
    m.host[(run.host_first + run.host_count) % run.vcpus] = v
    run.host_count += 1
    enter(m, v, WAITING, now)
    if run.logging:
        note(m, E_WAITING, v, m.vcpus[v].task, -1, 0, -1, now)
