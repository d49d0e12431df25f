"""One task that faults beside one that only computes, on one vCPU: what a fair scheduler gives the second.

Limits of idealised schedulers, for the published tables (`lab.pagefault.published`). Each returns the share of time in
which the calculation runs.
"""

from __future__ import annotations

__all__ = ["charged_share", "sharing_share", "vruntime_share"]


def sharing_share(compute: float, page_in: float) -> float:
    """(C + S) / (2C + S): processor sharing, the guest told of the fault.

    A burst takes 2C because both compute at half speed; while the page is read the calculation is
    alone. The limit of round robin for short quanta.
    """
    return (compute + page_in) / (2 * compute + page_in)


def vruntime_share(compute: float, page_in: float) -> float:
    """max(1/2, S / (C + S)): virtual runtimes, a sleeper's credit never capped, the guest told of the fault.

    Both get half of the vCPU as long as the faulting task has work for it; where it sleeps more than it
    computes it cannot use its half, runs as soon as its page is in, and the rest is the calculation's.
    Processor sharing forgets a sleep at once, virtual runtime remembers it.
    """
    return max(0.5, page_in / (compute + page_in))


def charged_share() -> float:
    """1/2: virtual runtimes, the guest not told (sync).

    The guest sees its clock go on while the host reads the page and charges that to the task that
    faulted, which so has its half of the time used up by waiting. (Time asleep in the host is not steal
    time: KVM reports `run_delay` alone, arch/x86/kvm/x86.c `record_steal_time`.)
    """
    return 0.5
