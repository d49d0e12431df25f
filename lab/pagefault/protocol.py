"""KVM's side of an asynchronous page fault, as plain transitions over integers.

Sources: virt/kvm/async_pf.c (`kvm_setup_async_pf`, `kvm_check_async_pf_completion`) and
arch/x86/kvm/x86.c of Linux 5.8 and later; Documentation/virt/kvm/x86/msr.rst.
`queued` and `ids` have one number per vCPU.
"""

from __future__ import annotations

from collections.abc import MutableSequence

__all__ = ["NO_LIMIT", "PER_VCPU", "WAKE_ALL", "admit", "next_token", "release", "vcpu_of"]

PER_VCPU = 64  # ASYNC_PF_PER_VCPU on x86
VCPU_BITS = 12
TOKEN_MASK = 0xFFFFFFFF
WAKE_ALL = TOKEN_MASK  # the token that wakes every sleeper
NO_LIMIT = 1 << 62


def admit(queued: MutableSequence[int], vcpu: int, limit: int) -> bool:
    """Count one more queued fault of `vcpu`, or answer False: the limit is reached, this fault is synchronous.

    `kvm_setup_async_pf` refuses when `queued >= ASYNC_PF_PER_VCPU`.
    """
    if queued[vcpu] >= limit:
        return False
    queued[vcpu] += 1
    return True


def release(queued: MutableSequence[int], vcpu: int) -> None:
    """Count one queued fault less: its page is in *and* delivered (`kvm_check_async_pf_completion`)."""
    queued[vcpu] -= 1


def next_token(ids: MutableSequence[int], vcpu: int) -> int:
    """The token of the next fault: 20 bits of a running number above 12 bits of the vCPU's, never 0.

    The number skips 0 when it wraps. vCPU 0 would get token 0 there, which means "nothing"; that once
    hung guests. It skips on every vCPU, as the kernel does.
    """
    number = ids[vcpu]
    token = (number << VCPU_BITS) & TOKEN_MASK
    if token == 0:
        number = 1
        token = 1 << VCPU_BITS
    ids[vcpu] = number + 1
    return token | vcpu


def vcpu_of(token: int) -> int:
    """The vCPU whose fault a token names."""
    return token & ((1 << VCPU_BITS) - 1)
