"""What the host does with a fault whose page has to be read: the one rule that the three modes differ in.

sync  the vCPU's thread sleeps in the fault: the only way until 2010.
halt  a worker reads the page, the vCPU is halted meanwhile: the guest has not asked to be told
      (commit af585b921e5d, "KVM: Halt vcpu if page it tries to access is swapped out").
pv    a worker reads the page; the guest is told (#PF with a token) and runs another task
      (commit 7c90705bf2a3, "KVM: Inject asynchronous page fault into a PV guest if page is swapped out").
"""

from __future__ import annotations

from lab.pagefault.failures import no_memory, unregistered
from lab.pagefault.gfns import gfn_find
from lab.pagefault.protocol import PV, can_be_told, queue_fault, release_fault, token_of
from lab.pagefault.records import Machine

__all__ = ["AGAIN", "CANCELLED", "HALT", "MODE", "SLEEP", "STOP", "answer"]

SYNC, HOST_ONLY = 0, 1
MODE = {"sync": SYNC, "halt": HOST_ONLY, "pv": PV}
# the vCPU stops; the vCPU is halted; only the task sleeps; the vCPU is halted until a page that is under way is in
STOP, HALT, SLEEP, AGAIN = 0, 1, 2, 3
CANCELLED = 4  # a work, later on: its page is still read, but nobody will hear of it


def answer(m: Machine, v: int, t: int) -> int:
    """STOP, HALT, SLEEP or AGAIN for the touch of task `t` on vCPU `v`; STOP and AGAIN begin no work for a worker.

    HALT and SLEEP count as queued. In the order in which the kernel asks: `__kvm_mmu_faultin_pfn`
    (arch/x86/kvm/mmu/mmu.c), `kvm_setup_async_pf` (virt/kvm/async_pf.c), `kvm_arch_async_page_not_present`
    (arch/x86/kvm/x86.c). Over the limit, and without memory for the work, a fault is synchronous whatever
    the guest asked for.
    """
    run, task = m.run, m.tasks[t]
    if run.mode == SYNC:
        return STOP
    if gfn_find(m, v, task.page):
        return AGAIN
    if run.failure and unregistered(m):
        return STOP
    m.vcpus[v].token = token_of(m, v)  # used up, also where the fault turns out to be synchronous
    if not queue_fault(m, v):
        return STOP
    if run.failure and no_memory(m, task.fault + 1):
        release_fault(m, v)
        return STOP
    return SLEEP if can_be_told(m, v, task.kernel) else HALT
