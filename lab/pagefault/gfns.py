"""KVM's table of the pages that are under way for a vCPU: `apf.gfns`, a hash table of open addressing.

A vCPU that touches a page of its own table again must not ask for it twice. Another vCPU's table is
not looked at: it asks for the same page once more (arch/x86/kvm/x86.c, `kvm_find_async_pf_gfn`,
`kvm_add_async_pf_gfn`, `kvm_del_async_pf_gfn`). A page's place is `hash_32(gfn, 6)`; if that is taken,
the next one after it, round the end.

The tables of all vCPUs lie one behind the other in `Machine.gfns`, `run.gfn_slots` places each: 64 as
in the kernel, more only where a scenario lifts the limit of 64 queued faults.
"""

from __future__ import annotations

from lab.pagefault.protocol import PER_VCPU
from lab.pagefault.records import Machine

__all__ = ["EMPTY", "gfn_add", "gfn_find", "gfn_remove", "place_of", "slots_for"]

EMPTY = -1  # ~0 in the kernel
GOLDEN_RATIO_32 = 0x61C88647  # include/linux/hash.h
MASK_32 = 0xFFFFFFFF


def slots_for(most: int) -> int:
    """How many places a table needs that holds up to `most` pages: a power of two, the kernel's 64 or more."""
    return max(PER_VCPU, 1 << (most - 1).bit_length()) if most > 0 else PER_VCPU


def place_of(gfn: int, size: int) -> int:
    """Where a page belongs in a table of `size` places: the highest bits of a product (`hash_32`)."""
    return ((gfn * GOLDEN_RATIO_32 & MASK_32) * size) >> 32


def gfn_find(m: Machine, v: int, gfn: int) -> int:
    """1 if the page is under way for this vCPU, else 0 (`kvm_find_async_pf_gfn`)."""
    size, table = m.run.gfn_slots, m.gfns
    first = v * size
    at = ((gfn * GOLDEN_RATIO_32 & MASK_32) * size) >> 32  # place_of, without the call
    held = table[first + at]
    if held == EMPTY:
        return 0
    for _ in range(size):  # a full table has no empty place to end at
        if held == gfn:
            return 1
        if held == EMPTY:
            return 0
        at = (at + 1) & (size - 1)
        held = table[first + at]
    return 0


def gfn_add(m: Machine, v: int, gfn: int) -> int:
    """Put the page into the first free place from its own on (`kvm_add_async_pf_gfn`); 0 if there is none.

    There always is one: no more than `limit` faults are queued, and a table has at least that many places.
    """
    size, table = m.run.gfn_slots, m.gfns
    first = v * size
    at = ((gfn * GOLDEN_RATIO_32 & MASK_32) * size) >> 32
    if table[first + at] == EMPTY:
        table[first + at] = gfn
        return 1
    for _ in range(size):
        at = (at + 1) & (size - 1)
        if table[first + at] == EMPTY:
            table[first + at] = gfn
            return 1
    return 0


def gfn_remove(m: Machine, v: int, gfn: int) -> int:
    """Take the page out, and close the gap (`kvm_del_async_pf_gfn`); 0 if it is not there.

    A page further on that could stand in the gap moves there, or a search for it would end at the gap;
    then the place it leaves is the gap.
    """
    size, table = m.run.gfn_slots, m.gfns
    first, last = v * size, size - 1
    gap = ((gfn * GOLDEN_RATIO_32 & MASK_32) * size) >> 32
    if table[first + gap] != gfn:
        for _ in range(last):
            gap = (gap + 1) & last
            if table[first + gap] == gfn or table[first + gap] == EMPTY:
                break
        if table[first + gap] != gfn:
            return 0
    table[first + gap] = EMPTY
    at = (gap + 1) & last
    held = table[first + at]
    while held != EMPTY:  # at the latest at the gap
        if ((at - place_of(held, size)) & last) >= ((at - gap) & last):  # its own place is not behind the gap
            table[first + gap] = held
            table[first + at] = EMPTY
            gap = at
        at = (at + 1) & last
        held = table[first + at]
    return 1
