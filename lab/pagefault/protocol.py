"""KVM's side of an asynchronous page fault: tokens, the limit, who may be told what and when.

Sources: virt/kvm/async_pf.c and arch/x86/kvm/x86.c of Linux 5.8 and later, for the era "2010" those of
Linux 2.6.38; Documentation/virt/kvm/x86/msr.rst. Each rule names the kernel's function.
"""

from __future__ import annotations

from lab.pagefault.failures import EXCEPTION, INTERRUPT, KERNEL_INJECTION, PV, TOKEN_ZERO, deaf
from lab.pagefault.records import Machine

__all__ = [
    "ERA", "NO_LIMIT", "PER_VCPU", "PV", "WAKE_ALL", "can_be_told", "can_deliver",
    "queue_fault", "queue_wake_all", "release_fault", "token_of", "vcpu_of",
]  # fmt: skip

PER_VCPU = 64  # ASYNC_PF_PER_VCPU on x86
VCPU_BITS = 12
TOKEN_MASK = 0xFFFFFFFF
WAKE_ALL = TOKEN_MASK  # the token that wakes every sleeper
NO_LIMIT = 1 << 62
ERA = {"5.8+": INTERRUPT, "2010": EXCEPTION}


def token_of(m: Machine, v: int) -> int:
    """The token of the next fault of `v`: 20 bits of a running number above 12 bits of the vCPU's, never 0.

    `alloc_apf_token` (arch/x86/kvm/mmu/mmu.c). The number skips 0 when it wraps, on every vCPU, though only
    vCPU 0 would get token 0 there. It does so since commit 6f3c1fc53d86 (2022): since 5.8 the host takes a 0 for
    a free slot, which had lost wake-ups; the failure "token-zero" brings that back. Here it is skipped in the era
    2010 too, which Linux 2.6.38 did not do: there a 0 harmed nobody, so only the numbers after a wrap differ by one.
    """
    vcpu = m.vcpus[v]
    number = vcpu.ids
    token = (number << VCPU_BITS) & TOKEN_MASK
    if token == 0 and m.run.failure != TOKEN_ZERO:
        number = 1
        token = 1 << VCPU_BITS
    vcpu.ids = number + 1
    return token | v


def vcpu_of(token: int) -> int:
    """The vCPU whose fault a token names."""
    return token & ((1 << VCPU_BITS) - 1)


def queue_fault(m: Machine, v: int) -> int:
    """Count one more queued fault of `v` and answer 1; 0: the limit is reached, this fault is synchronous.

    `kvm_setup_async_pf` (virt/kvm/async_pf.c) refuses when `queued >= ASYNC_PF_PER_VCPU`.
    """
    vcpu = m.vcpus[v]
    if vcpu.queued >= m.run.limit:
        return 0
    vcpu.queued += 1
    return 1


def queue_wake_all(m: Machine, v: int) -> int:
    """Count a wake-all of `v` as queued and answer 1; 0: completed faults are waiting, they wake the vCPU anyway.

    `kvm_async_pf_wakeup_all` (virt/kvm/async_pf.c) does not look at the limit, so 65 may be queued.
    """
    vcpu = m.vcpus[v]
    if vcpu.done_count > 0:
        return 0
    vcpu.queued += 1
    return 1


def release_fault(m: Machine, v: int) -> None:
    """Count one queued fault less: its page is in *and* delivered.

    `kvm_check_async_pf_completion` (virt/kvm/async_pf.c); until then it counts towards the limit.
    """
    m.vcpus[v].queued -= 1


def can_deliver(m: Machine, v: int) -> int:
    """1 if the host may take the next completed fault of `v` from its done queue and tell the guest of it.

    Since 5.8 `kvm_arch_can_dequeue_async_page_present` (arch/x86/kvm/x86.c): the guest has read and cleared
    the token of the last one, and the local APIC takes interrupts. In 2010
    `kvm_arch_can_inject_async_page_present`: no exception is on its way in and interrupts are allowed; here
    too the slot stands for the one on its way, the guest clears it by taking the exception, without an exit.
    Where the guest is not told of faults at all, nothing holds the host back.
    """
    if m.vcpus[v].slot != 0:
        return 0
    return 0 if m.run.failure and deaf(m) else 1


def can_be_told(m: Machine, v: int, kernel: int) -> int:
    """1 if the guest can be told that a page is not present; else its vCPU is halted.

    `kvm_can_deliver_async_pf` (arch/x86/kvm/x86.c): the guest has asked for it, and is in user mode (`kernel`
    is 0) unless it has asked for it always. In both eras: what has changed is who asks for it always. A guest
    of 2010 with a preemptible kernel does (`kvm_guest_cpu_init`, arch/x86/kernel/kvm.c), and its task sleeps
    in kernel mode too; since commit 3a7c8fafd1b4 (5.8) Linux does not. The failure "kernel-injection" is a
    host that gets the mode wrong.
    """
    run = m.run
    if run.mode != PV:
        return 0
    return 1 if kernel == 0 or run.send_always or run.failure == KERNEL_INJECTION else 0
