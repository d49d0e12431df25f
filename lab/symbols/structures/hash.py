"""A hash table with open addressing: linear probing, at most half full, GNU's hash function (`dl_new_hash`)."""

from __future__ import annotations

import functools
from array import array
from collections.abc import MutableSequence, Sequence

from lab.symbols.ksymtab import Ksymtab
from lab.symbols.structures.compare import compare

__all__ = ["build", "check", "counts", "gnu_hash", "lookup", "remaining"]

EMPTY = -1


def gnu_hash(keys: Sequence[int], start: int, end: int) -> int:
    """The 32-bit hash of `keys[start:end]`: h = 33 h + byte, from 5381 (the hash of ELF's DT_GNU_HASH)."""
    value = 5381
    for place in range(start, end):
        value = (value * 33 + keys[place]) & 0xFFFFFFFF
    return value


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

    `slots` holds entries or -1; its length is a power of two. An empty slot ends the search without a
    comparison. `probes`, if given, receives the slots whose names were compared.
    """
    mask = len(slots) - 1
    slot = gnu_hash(keys, start, end) & mask
    comparisons = 0
    while slots[slot] >= 0:
        entry = slots[slot]
        if probes is not None:
            probes[comparisons] = slot
        comparisons += 1
        if compare(keys, start, end, names, offsets[entry], offsets[entry + 1] - 1) == 0:
            return entry, comparisons
        slot = (slot + 1) & mask
    return -1, comparisons


@functools.lru_cache(maxsize=1 << 17)
def _hash(key: bytes) -> int:
    return gnu_hash(key, 0, len(key))


def build(table: Ksymtab) -> array[int]:
    """The slots: the least power of two of at least twice as many as there are names."""
    size = 1 << max(1, 2 * len(table) - 1).bit_length()
    slots = array("i", [EMPTY]) * size
    mask = size - 1
    for entry, key in enumerate(table.keys):
        slot = _hash(key) & mask
        while slots[slot] >= 0:
            slot = (slot + 1) & mask
        slots[slot] = entry
    return slots


def counts(table: Ksymtab, slots: Sequence[int], keys: Sequence[bytes]) -> list[int]:
    """The comparisons that `lookup` makes for each of `keys`: the way from its home slot to its own or an empty one."""
    mask, entries, made = len(slots) - 1, table.entries, []
    for key in keys:
        slot, entry, comparisons = _hash(key) & mask, entries.get(key, EMPTY - 1), 0
        while slots[slot] >= 0:
            comparisons += 1
            if slots[slot] == entry:
                break
            slot = (slot + 1) & mask
        made.append(comparisons)
    return made


def remaining(
    table: Ksymtab, slots: Sequence[int], key: bytes, probes: Sequence[int], sides: Sequence[int]
) -> tuple[tuple[int, int], ...]:
    """The slots [from, to) that may still hold `key`: the rest of the run of used slots at its home slot."""
    size = len(slots)
    at = run = (_hash(key) + len(probes)) % size
    while slots[run] >= 0:
        run = (run + 1) % size
    return tuple((a, b) for a, b in (((at, run),) if at <= run else ((at, size), (0, run))) if a < b)


def check(size: int, parts: Sequence[int], slots: Sequence[int]) -> str:
    """What is wrong with `slots` read from a file for a table of `size` names; "" if a lookup can trust them."""
    if len(slots) < 2 or len(slots) & (len(slots) - 1):
        return "the number of slots is no power of two"
    if min(slots) >= 0:
        return "no slot is empty, so a search would not end"
    used = sorted(slot for slot in slots if slot >= 0)
    return "" if used == list(range(size)) else "the slots do not name every entry once"
