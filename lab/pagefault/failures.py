"""What has gone wrong with asynchronous page faults in practice, each to be switched on in a scenario.

`FAILURES` names them for the options, `KNOWN` says what happens, how a run of the model ends and where
it was found. Below stand the rules: each says whether the failure strikes here; what follows from that
is the business of the rule that asks.
"""

from __future__ import annotations

import dataclasses

from lab.pagefault.records import Machine

__all__ = [
    "EARLY_PAGE", "EXCEPTION", "FAILURES", "INTERRUPT", "KERNEL_INJECTION", "KNOWN", "LAPIC_DISABLED", "LOST_DONE",
    "NONE", "NO_MEMORY", "PV",
    "TOKEN_ZERO", "UNREGISTERED", "Failure", "deaf", "early", "first_id", "loses_zero", "no_memory", "panics",
    "unregistered", "wipes_done",
]  # fmt: skip

NONE = 0
TOKEN_ZERO = 1
LOST_DONE = 2
KERNEL_INJECTION = 3
LAPIC_DISABLED = 4
EARLY_PAGE = 5
UNREGISTERED = 6
NO_MEMORY = 7
PV = 2  # the mode in which the guest has asked to be told (MSR_KVM_ASYNC_PF_EN), see lab.pagefault.host
INTERRUPT, EXCEPTION = 0, 1  # how "page ready" comes, see lab.pagefault.protocol
ID_COUNT = 1 << 20  # numbers of a vCPU's tokens, see lab.pagefault.protocol


@dataclasses.dataclass(frozen=True, slots=True)
class Failure:
    """One failure: its name in the options, what happens, what `failure_at` counts, what a run reports, the sources."""

    id: str
    number: int
    title: str
    what: str
    at: str
    reports: str
    sources: tuple[str, ...]


KNOWN = (
    Failure(
        "token-zero",
        TOKEN_ZERO,
        "a token of 0 is taken for a free slot",
        "The 20 bits of a token's number wrap to 0, and on vCPU 0 the whole token is 0. Written into the ready slot "
        "it looks to the host as if the guest had read and cleared the slot. If another page is waiting to be "
        "delivered, its token is written over it at once, and the task that sleeps on token 0 is never woken.",
        "the token of vCPU 0 that is 0 (counted from 1)",
        "one task lost if another page of vCPU 0 waited for delivery at that moment, else nothing; `stuck` if no "
        "task is left that can run",
        ("https://git.kernel.org/linus/6f3c1fc53d86 (KVM: x86/mmu: make apf token non-zero to fix bug, 2022)",),
    ),
    Failure(
        "lost-done",
        LOST_DONE,
        "a vCPU's faults are forgotten when paging is switched off",
        "An SMI enters system management mode with paging off. Until 2025 the host took that as the end of all "
        "asynchronous faults of the vCPU: those whose page was in and those still being read were dropped, the "
        "table of pages under way was reset, and the guest was told nothing. Its tasks sleep for ever.",
        "the page that has just come in, on all vCPUs together (counted from 1)",
        "every task that slept on a fault of that vCPU is lost, the others go on; `stuck` if no task is left that "
        "can run",
        (
            "https://git.kernel.org/linus/ab4e41eb9fab (KVM: x86: Don't clear async #PF queue when CR0.PG is "
            "disabled (e.g. on #SMI), 2025)",
        ),
    ),
    Failure(
        "kernel-injection",
        KERNEL_INJECTION,
        "a not-present exception hits the guest in kernel mode",
        "Since Linux 5.8 the guest asks to be told in user mode only, and dies where the host tells it in kernel "
        'mode all the same: "Host injected async #PF in kernel mode". Seen where the guest is itself a host, and '
        "its vCPU was in a guest of its own. A guest of 2010 that asked to be told always puts the task to sleep.",
        "not used: the first fault in kernel mode is the last, so `--kernel` has to be above 0",
        "`panic` at the first fault in kernel mode (mode pv, era 5.8+); the figures up to then",
        (
            "arch/x86/kernel/kvm.c: __kvm_handle_async_pf",
            "https://git.kernel.org/linus/3a7c8fafd1b4 (x86/kvm: Restrict ASYNC_PF to user space, 2020)",
        ),
    ),
    Failure(
        "lapic-disabled",
        LAPIC_DISABLED,
        "the local APIC takes no interrupts",
        "Page ready is an interrupt since Linux 5.8, and a local APIC that is software-disabled drops it. The first "
        "one, the wake-all when the guest asks to be told, stays in the ready slot for ever, so nothing else is "
        "delivered either. A vCPU with completed faults is never halted by the host: an idle guest leaves and "
        "enters without end, the vCPU's thread takes a whole core (a million exits a second were counted).",
        "not used: no page ready is ever delivered",
        "`spin` once every task of a vCPU sleeps; tasks that were told are lost (mode pv, era 5.8+)",
        (
            "https://git.kernel.org/linus/2f15d027c05f (KVM: x86: Properly handle APF vs disabled LAPIC "
            "situation, 2021)",
            "https://github.com/cloud-hypervisor/cloud-hypervisor/issues/2277",
            "https://github.com/cloud-hypervisor/cloud-hypervisor/pull/2498",
            "https://github.com/firecracker-microvm/firecracker/issues/3043",
            "https://github.com/libkrun/libkrun/pull/28",
        ),
    ),
    Failure(
        "early-page",
        EARLY_PAGE,
        "the page is in before the guest has heard that it is missing",
        "The worker is faster than the way back into the guest: exception and interrupt arrive together, and the "
        "interrupt may be taken first. Nobody sleeps on its token yet, so the guest leaves a dummy in its table of "
        "sleepers; the task that is then told to sleep finds it and goes on at once. Nothing goes wrong: this is "
        "what the dummy is for. The exception, the interrupt and an exit were spent for nothing.",
        "every how many faults that the guest is told of",
        "a `dummy` for each of them; no task lost",
        ("arch/x86/kernel/kvm.c: kvm_async_pf_queue_task, kvm_async_pf_task_wake",),
    ),
    Failure(
        "unregistered",
        UNREGISTERED,
        "the guest has told the host a wrong address",
        "On s390 a guest asks for page-fault interrupts with a parameter list, whose virtual address it passed where "
        "the real one is needed. The request fails without a word, and every fault stops the whole vCPU.",
        "not used: every fault is synchronous",
        "every fault is a synchronous fall-back: halt and pv are as sync",
        ("https://git.kernel.org/linus/d879ac6756b6 (s390/pfault: Fix virtual vs physical address confusion, 2026)",),
    ),
    Failure(
        "no-memory",
        NO_MEMORY,
        "the host has no memory for the work",
        "A queued fault needs a small allocation, made without waiting (GFP_NOWAIT): a host that has to swap guests "
        "out is short of just that. If it fails, the fault is synchronous; waiting for memory would be no better.",
        "every how many faults",
        "that share of faults as synchronous fall-backs; each stops the vCPU while the pages of the others arrive",
        ("virt/kvm/async_pf.c: kvm_setup_async_pf",),
    ),
)
FAILURES = {"none": NONE, **{failure.id: failure.number for failure in KNOWN}}


def wipes_done(m: Machine, completed: int) -> int:
    """lost-done: 1 if this is the `failure_at`-th page to come in, counted over all vCPUs from 1.

    Then every fault queued for the vCPU whose page it is will never be delivered, that one, the others in its
    done queue and those still being read; `queued` is 0 and its table of pages under way empty
    (`kvm_clear_async_pf_completion_queue`, `kvm_async_pf_hash_reset`, called when an SMI switched paging off).
    The tasks that the guest put to sleep for them are lost; a run goes on with the others.
    """
    return 1 if m.run.failure == LOST_DONE and completed == m.run.failure_at else 0


def first_id(m: Machine) -> int:
    """token-zero: the number that a vCPU's tokens start with, so that number 0 is the `failure_at`-th; else 0.

    Tokens that are 20 bits' worth before and after it are 0 too, as they were.
    """
    if m.run.failure != TOKEN_ZERO:
        return 0
    return (ID_COUNT + 1 - m.run.failure_at) % ID_COUNT


def loses_zero(m: Machine, v: int, token: int) -> int:
    """token-zero: 1 if this ready, just written into the slot of `v`, is overwritten before the guest reads it.

    The host sees a free slot. In the same loop it takes the next completed page, if there is one, and writes
    its token over the 0; the two interrupts become one, and the task that waits for token 0 is lost. With
    nothing more to deliver, the guest reads the 0 and wakes its task.
    """
    return 1 if token == 0 and m.run.failure == TOKEN_ZERO and m.vcpus[v].done_count > 0 else 0


def panics(m: Machine, kernel: int) -> int:
    """kernel-injection: 1 if the guest dies of the not-present it gets now: it is in kernel mode (`kernel` is 1).

    The run ends with "panic". A guest of 2010 does not die of it.
    """
    return 1 if m.run.failure == KERNEL_INJECTION and kernel and m.run.era == INTERRUPT else 0


def deaf(m: Machine) -> int:
    """lapic-disabled: 1 if no page-ready interrupt can be delivered, ever.

    None is needed in 2010, nor where the guest is not told of faults. A vCPU that has nothing left to run spins,
    and the run ends with "spin" when all of them do; the tasks that were put to sleep are lost.
    """
    run = m.run
    return 1 if run.failure == LAPIC_DISABLED and run.mode == PV and run.era == INTERRUPT else 0


def early(m: Machine, count: int) -> int:
    """early-page: 1 if the page of the `count`-th told fault (from 1) is ready before the guest can sleep on it."""
    return 1 if m.run.failure == EARLY_PAGE and count % m.run.failure_at == 0 else 0


def unregistered(m: Machine) -> int:
    """unregistered: 1 if the host does not know where to tell the guest, so that every fault stops the vCPU."""
    return 1 if m.run.failure == UNREGISTERED else 0


def no_memory(m: Machine, count: int) -> int:
    """no-memory: 1 if the host has none for the work of the `count`-th fault (from 1): that fault is synchronous."""
    return 1 if m.run.failure == NO_MEMORY and count % m.run.failure_at == 0 else 0
