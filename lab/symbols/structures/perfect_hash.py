"""A minimal perfect hash: as many slots as names, and each name has a slot of its own.

The names are dealt into buckets; each bucket, the fullest first, gets the least displacement that sends its
names to free slots (Belazzougui, Botelho, Dietzfelbinger: "Hash, displace, and compress", 2009, without the
compression). A bucket of one name needs no search: it names a free slot, as -1 - slot.
"""

from __future__ import annotations

from array import array
from collections.abc import MutableSequence, Sequence

from lab.core.errors import LabError
from lab.symbols.ksymtab import Ksymtab
from lab.symbols.structures.compare import compare

__all__ = ["build", "check", "counts", "lookup", "place_of", "remaining", "two_hashes"]

SEEDS = 16
DISPLACEMENTS = 1 << 20  # tries for one bucket; real tables need a few hundred at most


def two_hashes(keys: Sequence[int], start: int, end: int, seed: int) -> tuple[int, int]:
    """Two hashes of `keys[start:end]` with 32 bits each: GNU's, which chooses the bucket, and FNV-1a."""
    one = 5381 + seed
    two = 0x811C9DC5 ^ seed
    for place in range(start, end):
        byte = keys[place]
        one = (one * 33 + byte) & 0xFFFFFFFF
        two = ((two ^ byte) * 0x01000193) & 0xFFFFFFFF
    return one, two


def place_of(hash: int, displacement: int, size: int) -> int:
    """The slot of a name whose second hash is `hash`, in a bucket with this displacement, among `size` slots."""
    if displacement < 0:
        return -1 - displacement
    value = (hash + displacement * 0x9E3779B1) & 0xFFFFFFFF
    value = ((value ^ (value >> 16)) * 0x45D9F3B) & 0xFFFFFFFF
    value = ((value ^ (value >> 16)) * 0x45D9F3B) & 0xFFFFFFFF
    return (value ^ (value >> 16)) % size


def build(table: Ksymtab) -> array[int]:
    """The seed, the number of buckets, the displacement of each bucket, the entry in each slot.

    Raises `LabError` if sixteen seeds leave two names that no displacement parts: both hashes would have to
    agree in all 64 bits.
    """
    for seed in range(SEEDS):
        made = _displaced(table, seed)
        if made is not None:
            return made
    raise LabError("perfect-hash: two of the names cannot be told apart by 64 bits of hash; use another structure")


def _displaced(table: Ksymtab, seed: int) -> array[int] | None:
    size = len(table)
    members: list[list[tuple[int, int]]] = [[] for _ in range(max(1, (size + 1) // 2))]
    for entry, key in enumerate(table.keys):
        one, two = two_hashes(key, 0, len(key), seed)
        members[one % len(members)].append((two, entry))
    displacements, slots = array("i", [0]) * len(members), array("i", [-1]) * size
    order = sorted(range(len(members)), key=lambda bucket: -len(members[bucket]))
    free = 0
    for bucket in order:
        group = members[bucket]
        if len(group) == 1:
            while slots[free] >= 0:
                free += 1
            displacements[bucket], slots[free] = -1 - free, group[0][1]
        elif group:
            if len({two for two, _ in group}) < len(group):
                return None
            for displacement in range(DISPLACEMENTS):
                places = {place_of(two, displacement, size) for two, _ in group}
                if len(places) == len(group) and all(slots[place] < 0 for place in places):
                    break
            else:
                return None
            displacements[bucket] = displacement
            for two, entry in group:
                slots[place_of(two, displacement, size)] = entry
    return array("i", [seed, len(members)]) + displacements + slots


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
    """The entry whose name is `keys[start:end]`, or -1, and how many names were compared: always one.

    A missing name has a slot too, some other's: only the comparison tells. `probes`, if given, receives
    the entry compared.
    """
    buckets = slots[1]
    size = len(slots) - 2 - buckets
    if size == 0:
        return -1, 0
    one, two = two_hashes(keys, start, end, slots[0])
    entry = slots[2 + buckets + place_of(two, slots[2 + one % buckets], size)]
    if probes is not None:
        probes[0] = entry
    if compare(keys, start, end, names, offsets[entry], offsets[entry + 1] - 1) == 0:
        return entry, 1
    return -1, 1


def counts(table: Ksymtab, slots: Sequence[int], keys: Sequence[bytes]) -> list[int]:
    """The comparisons that `lookup` makes for each of `keys`: one."""
    return [min(1, len(table))] * len(keys)


def remaining(
    table: Ksymtab, slots: Sequence[int], key: bytes, probes: Sequence[int], sides: Sequence[int]
) -> tuple[tuple[int, int], ...]:
    """The entries [from, to) that may still hold `key`: the one in its slot, none after it was compared."""
    size = len(table)
    if size == 0 or probes:
        return ()
    one, two = two_hashes(key, 0, len(key), slots[0])
    entry = slots[2 + slots[1] + place_of(two, slots[2 + one % slots[1]], size)]
    return ((entry, entry + 1),)


def check(size: int, parts: Sequence[int], slots: Sequence[int]) -> str:
    """What is wrong with `slots` read from a file for a table of `size` names; "" if a lookup can trust them."""
    if len(slots) < 3 or not 0 <= slots[0] < SEEDS or slots[1] < 1 or len(slots) != 2 + slots[1] + size:
        return "the counts do not fit"
    displacements, entries = slots[2 : 2 + slots[1]], slots[2 + slots[1] :]
    if sorted(entries) != list(range(size)):
        return "the slots do not name every entry once"
    return (
        "" if -size <= min(displacements) and max(displacements) < DISPLACEMENTS else "a displacement is out of range"
    )
