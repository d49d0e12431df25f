"""The hash table of System V's ELF (DT_HASH): buckets, and chains through the symbol numbers.

The layout and the hash function are those of the System V ABI, chapter 5, "Hash Table". Carmelo Amoroso
put such tables into kernel and modules in 2009 ("fast LKM loader"); Linux took binary search.
"""

from __future__ import annotations

from array import array
from collections.abc import MutableSequence, Sequence

from lab.symbols.ksymtab import Ksymtab
from lab.symbols.structures.compare import compare

__all__ = ["BUCKETS", "bucket_count", "build", "check", "counts", "elf_hash", "lookup", "remaining"]

# how many buckets the GNU linker makes: the greatest of these not above the number of symbols (bfd/elflink.c)
BUCKETS = (1, 3, 17, 37, 67, 97, 131, 197, 263, 521, 1031, 2053, 4099, 8209, 16411, 32771, 65537, 131101, 262147)


def bucket_count(size: int) -> int:
    """How many buckets the GNU linker makes for `size` symbols."""
    return max([count for count in BUCKETS if count <= size], default=1)


def elf_hash(keys: Sequence[int], start: int, end: int) -> int:
    """The 28-bit hash of `keys[start:end]` in the System V ABI: h = 16 h + byte, the top four bits folded in."""
    value = 0
    for place in range(start, end):
        value = ((value << 4) + keys[place]) & 0xFFFFFFFF
        top = value & 0xF0000000
        value = (value ^ (top >> 24)) & 0x0FFFFFFF
    return value


def build(table: Ksymtab) -> array[int]:
    """`nbucket`, `nchain`, the buckets, the chains: 32-bit words as the section `.hash` has them.

    Symbol 0 is the undefined one, so entry e of the table is symbol e + 1. As the GNU linker does, each
    symbol is put at the head of its chain.
    """
    size = len(table)
    buckets, chains = array("i", [0]) * bucket_count(size), array("i", [0]) * (size + 1)
    for entry, key in enumerate(table.keys):
        bucket = elf_hash(key, 0, len(key)) % len(buckets)
        chains[entry + 1] = buckets[bucket]
        buckets[bucket] = entry + 1
    return array("i", [len(buckets), len(chains)]) + buckets + chains


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

    Every symbol of the chain is compared: there is nothing else to tell them apart by. `probes`, if given,
    receives the entries compared.
    """
    buckets = slots[0]
    symbol = slots[2 + elf_hash(keys, start, end) % buckets]
    comparisons = 0
    while symbol > 0:
        entry = symbol - 1
        if probes is not None:
            probes[comparisons] = entry
        comparisons += 1
        if compare(keys, start, end, names, offsets[entry], offsets[entry + 1] - 1) == 0:
            return entry, comparisons
        symbol = slots[2 + buckets + symbol]
    return -1, comparisons


def _chain(slots: Sequence[int], key: bytes) -> list[int]:
    """The entries in the chain of `key`, in order."""
    symbol, found = slots[2 + elf_hash(key, 0, len(key)) % slots[0]], []
    while symbol > 0:
        found.append(symbol - 1)
        symbol = slots[2 + slots[0] + symbol]
    return found


def counts(table: Ksymtab, slots: Sequence[int], keys: Sequence[bytes]) -> list[int]:
    """The comparisons that `lookup` makes for each of `keys`: its place in the chain, or the chain's length."""
    made = []
    for key in keys:
        chain, entry = _chain(slots, key), table.find(key)
        made.append(chain.index(entry) + 1 if entry >= 0 else len(chain))
    return made


def remaining(
    table: Ksymtab, slots: Sequence[int], key: bytes, probes: Sequence[int], sides: Sequence[int]
) -> tuple[tuple[int, int], ...]:
    """The entries [from, to) that may still hold `key`: the rest of its chain."""
    return tuple((entry, entry + 1) for entry in sorted(_chain(slots, key)[len(probes) :]))


def check(size: int, parts: Sequence[int], slots: Sequence[int]) -> str:
    """What is wrong with `slots` read from a file for a table of `size` names; "" if a lookup can trust them."""
    if len(slots) < 2 or slots[0] < 1 or slots[1] != size + 1 or len(slots) != 2 + slots[0] + slots[1]:
        return "the counts of buckets and chains do not fit"
    buckets, chains = slots[2 : 2 + slots[0]], slots[2 + slots[0] :]
    if min(buckets) < 0 or max(buckets) > size:
        return "a bucket names a symbol that is not there"
    if chains[0] != 0 or any(not 0 <= follower < symbol for symbol, follower in enumerate(chains) if symbol):
        return "a chain names a symbol that is not there, or runs in a circle"
    return ""
