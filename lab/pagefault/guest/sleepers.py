"""The guest's table of tasks that sleep until their page is ready: `async_pf_sleepers`.

256 chains, a token's chain is `hash_32(token, 8)`; one table for all vCPUs (arch/x86/kernel/kvm.c,
`kvm_async_pf_queue_task`, `kvm_async_pf_task_wake`, `apf_task_wake_all`). A "page ready" may arrive
before the guest has handled "page not present". Then nobody sleeps on its token yet, so it leaves a
dummy there: whoever wants to sleep on that token later finds it, and does not.

The table is one buffer of integers: the chains' first nodes, then the first of the nodes not in use,
then the nodes. A node is named by where it lies in the buffer; 0 names none.
"""

from __future__ import annotations

from collections.abc import MutableSequence

__all__ = ["CHAINS", "DUMMY", "NOBODY", "NO_ROOM", "chain_of", "new", "sleep", "wake", "wake_all_next"]

CHAINS = 256  # 1 << KVM_TASK_SLEEP_HASHBITS
DUMMY = -2
NO_ROOM = -1
NOBODY = -1
GOLDEN_RATIO_32 = 0x61C88647  # include/linux/hash.h
MASK_32 = 0xFFFFFFFF
FREE = CHAINS  # where the first unused node is named
NODES = CHAINS + 1
TASK, VCPU, NEXT, NODE = 1, 2, 3, 4  # a node: its token, its task or DUMMY, its vCPU, the next node; its size


def new(capacity: int) -> list[int]:
    """An empty table with room for `capacity` entries, dummies included."""
    table = [0] * (NODES + NODE * capacity)
    for at in range(NODES, len(table), NODE):
        table[at + NEXT] = table[FREE]
        table[FREE] = at
    return table


def chain_of(token: int) -> int:
    """The chain that a token is kept in (`hash_32(token, 8)`)."""
    return (token * GOLDEN_RATIO_32 & MASK_32) >> 24


def sleep(s: MutableSequence[int], token: int, task: int, vcpu: int) -> int:
    """`task` wants to sleep until `token` is ready: 1 if it does (`kvm_async_pf_queue_task`).

    0: it goes on, the page is ready already; its dummy is gone now. Also 0 where another task sleeps on
    the same token: the guest leaves that one alone and lets the newcomer fault again (so since 2026; before,
    it freed the other's node). NO_ROOM: the table is full, which its maker has to prevent: a sleeping task
    needs no memory in the kernel, its node is on its stack.
    """
    link = head = (token * GOLDEN_RATIO_32 & MASK_32) >> 24  # chain_of, without the call
    node = s[link]
    while node != 0 and s[node] != token:
        link = node + NEXT
        node = s[link]
    if node != 0:
        if s[node + TASK] == DUMMY:
            _drop(s, link)
        return 0
    return 1 if _insert(s, head, token, task, vcpu) else NO_ROOM


def wake(s: MutableSequence[int], token: int, vcpu: int) -> int:
    """The task that slept on `token`, which is ready, as `vcpu` has heard; off the table (`kvm_async_pf_task_wake`).

    DUMMY: nobody sleeps on it yet, and a dummy says from now on that it is ready. NO_ROOM: nobody does, and
    there is no room for a dummy; the kernel tries again until the task has come.
    """
    link = head = (token * GOLDEN_RATIO_32 & MASK_32) >> 24  # chain_of, without the call
    node = s[link]
    while node != 0 and s[node] != token:
        link = node + NEXT
        node = s[link]
    if node != 0:
        task = s[node + TASK]
        if task != DUMMY:
            _drop(s, link)
        return task
    return DUMMY if _insert(s, head, token, DUMMY, vcpu) else NO_ROOM


def wake_all_next(s: MutableSequence[int], vcpu: int) -> int:
    """One more task that went to sleep on `vcpu`, taken off the table; NOBODY: there is none left.

    Called until it answers NOBODY, it is what the wake-all token does (`apf_task_wake_all`): sleepers of
    other vCPUs stay. Like the kernel it takes this vCPU's dummies away too, without a word.
    """
    for chain in range(CHAINS):
        link = chain
        while s[link] != 0:
            node = s[link]
            if s[node + VCPU] != vcpu:
                link = node + NEXT
                continue
            task = s[node + TASK]
            _drop(s, link)
            if task != DUMMY:
                return task
    return NOBODY


def _insert(s: MutableSequence[int], head: int, token: int, task: int, vcpu: int) -> int:
    """Put an entry first into the chain `head`; its node, or 0 where none is free."""
    node = s[FREE]
    if node != 0:
        s[FREE] = s[node + NEXT]
        s[node] = token
        s[node + TASK] = task
        s[node + VCPU] = vcpu
        s[node + NEXT] = s[head]
        s[head] = node
    return node


def _drop(s: MutableSequence[int], link: int) -> None:
    """Take the node that `link` names out of its chain."""
    node = s[link]
    s[link] = s[node + NEXT]
    s[node + NEXT] = s[FREE]
    s[FREE] = node
