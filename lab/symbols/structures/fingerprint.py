"""64-bit fingerprints of the names in a table with open addressing: integers are compared, a name only at the end.

Two different names of one fingerprint do no harm: the name is compared in full before it is called found.
"""

from __future__ import annotations

from array import array
from collections.abc import MutableSequence, Sequence

from lab.symbols.ksymtab import Ksymtab
from lab.symbols.structures.compare import compare

__all__ = ["build", "check", "counts", "fingerprint", "lookup", "remaining"]

EMPTY = -1


def fingerprint(keys: Sequence[int], start: int, end: int) -> int:
    """A signed 64-bit number for `keys[start:end]`: GNU's 32-bit hash above 32 bits of FNV-1a.

    Two hashes of 32 bits, because a product of 64 bits would be another number in compiled code. FNV-1a:
    draft-eastlake-fnv, offset basis 0x811C9DC5, prime 0x01000193.
    """
    high = 5381
    low = 0x811C9DC5
    for place in range(start, end):
        byte = keys[place]
        high = (high * 33 + byte) & 0xFFFFFFFF
        low = ((low ^ byte) * 0x01000193) & 0xFFFFFFFF
    return (high - 0x80000000) * 0x100000000 + low


def build(table: Ksymtab) -> array[int]:
    """Pairs of fingerprint and entry (or -1, empty): the least power of two of at least twice as many as names."""
    size = 1 << max(1, 2 * len(table) - 1).bit_length()
    mask, slots = size - 1, array("q", [0, EMPTY]) * size
    for entry, key in enumerate(table.keys):
        print64 = fingerprint(key, 0, len(key))
        slot = print64 & mask
        while slots[2 * slot + 1] >= 0:
            slot = (slot + 1) & mask
        slots[2 * slot], slots[2 * slot + 1] = print64, entry
    return slots


def lookup(
    keys: Sequence[int],
    start: int,
    end: int,
    names: Sequence[int],
    offsets: Sequence[int],
    parts: Sequence[int],
    slots: Sequence[int],
    probes: MutableSequence[int] | None,
) -> tuple[int, int]:
    """The entry whose name is `keys[start:end]`, or -1, and how many names were compared.

    Only a name whose fingerprint agrees is compared. `probes`, if given, receives the entries compared.
    """
    mask = (len(slots) >> 1) - 1
    print64 = fingerprint(keys, start, end)
    slot = print64 & mask
    comparisons = 0
    while slots[2 * slot + 1] >= 0:
        if slots[2 * slot] == print64:
            entry = slots[2 * slot + 1]
            if probes is not None:
                probes[comparisons] = entry
            comparisons += 1
            if compare(keys, start, end, names, offsets[entry], offsets[entry + 1] - 1) == 0:
                return entry, comparisons
        slot = (slot + 1) & mask
    return -1, comparisons


def _compared(slots: Sequence[int], key: bytes) -> list[int]:
    """The entries of the key's fingerprint, in the order they are met."""
    mask, print64, found = (len(slots) >> 1) - 1, fingerprint(key, 0, len(key)), []
    slot = print64 & mask
    while slots[2 * slot + 1] >= 0:
        if slots[2 * slot] == print64:
            found.append(slots[2 * slot + 1])
        slot = (slot + 1) & mask
    return found


def counts(table: Ksymtab, slots: Sequence[int], keys: Sequence[bytes]) -> list[int]:
    """The comparisons that `lookup` makes for each of `keys`: the names of its fingerprint, up to its own."""
    made = []
    for key in keys:
        same, entry = _compared(slots, key), table.find(key)
        made.append(same.index(entry) + 1 if entry >= 0 else len(same))
    return made


def remaining(
    table: Ksymtab, slots: Sequence[int], key: bytes, probes: Sequence[int], sides: Sequence[int]
) -> tuple[tuple[int, int], ...]:
    """The entries [from, to) that may still hold `key`: those of its fingerprint not compared yet."""
    return tuple((entry, entry + 1) for entry in sorted(_compared(slots, key)[len(probes) :]))


def check(size: int, parts: Sequence[int], slots: Sequence[int]) -> str:
    """What is wrong with `slots` read from a file for a table of `size` names; "" if a lookup can trust them."""
    count = len(slots) >> 1
    if len(slots) < 4 or len(slots) & 1 or count & (count - 1):
        return "the number of slots is no power of two"
    used = sorted(slots[place] for place in range(1, len(slots), 2) if slots[place] >= 0)
    if len(used) == count:
        return "no slot is empty, so a search would not end"
    return "" if used == list(range(size)) else "the slots do not name every entry once"
