"""GNU's hash table (DT_GNU_HASH): a bloom filter before it, hash values in the chains, symbols sorted by bucket.

Layout: "ELF: symbol lookup via DT_GNU_HASH" (flapenguin.me) and binutils' bfd/elflink.c; what ld.so reads.
"""

from __future__ import annotations

from array import array
from collections.abc import MutableSequence, Sequence

from lab.symbols.ksymtab import Ksymtab
from lab.symbols.structures.compare import compare
from lab.symbols.structures.hash import gnu_hash
from lab.symbols.structures.sysv_hash import bucket_count

__all__ = ["FIRST", "HEADER", "bloom_shape", "build", "chain", "check", "counts", "lookup", "may_hold", "remaining"]

HEADER = 4  # words: nbuckets, symoffset, bloom_size, bloom_shift
FIRST = 1  # symoffset: symbol 0 is the undefined one


def bloom_shape(size: int) -> tuple[int, int]:
    """How many 64-bit words the filter has for `size` symbols, and the shift to its second bit (bfd/elflink.c)."""
    bits = max(1, size).bit_length()  # the logarithm's whole part and one
    if bits < 3:
        bits = 5
    elif (1 << (bits - 2)) & size:
        bits += 3
    else:
        bits += 2
    bits = max(bits, 6)
    return 1 << (bits - 6), bits


def build(table: Ksymtab) -> array[int]:
    """The 32-bit words of the section `.gnu.hash` of a little-endian ELF64, then the entry of each of its symbols.

    A word of the filter is 64 bits, two of ours, the lower one first. In a chain the lowest bit of the hash
    value says that it is the last.
    """
    size = len(table)
    buckets = max(2, bucket_count(size))  # as the linker does
    words, shift = bloom_shape(size)
    hashes = [gnu_hash(key, 0, len(key)) for key in table.keys]
    order = sorted(range(size), key=lambda entry: hashes[entry] % buckets)
    bloom, heads, values = [0] * (2 * words), [0] * buckets, [0] * size
    for number, entry in enumerate(order):
        value = hashes[entry]
        word = 2 * ((value >> 6) % words)
        for bit in (value & 63, (value >> shift) & 63):
            bloom[word + (bit >> 5)] |= 1 << (bit & 31)
        bucket = value % buckets
        heads[bucket] = heads[bucket] or FIRST + number
        last = number + 1 == size or hashes[order[number + 1]] % buckets != bucket
        values[number] = value & 0xFFFFFFFE | last
    header = [buckets, FIRST, words, shift]
    return array("i", [_signed(word) for word in (*header, *bloom, *heads, *values)] + order)


def _signed(word: int) -> int:
    return word - (1 << 32) if word >> 31 else word


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

    Two bits of the filter say at once that most missing names are missing; a name is compared only where
    31 bits of the hash agree. `probes`, if given, receives the entries compared.
    """
    buckets = slots[0]
    words = slots[2]
    value = gnu_hash(keys, start, end)
    word = 4 + 2 * ((value >> 6) & (words - 1))
    one = value & 63
    two = (value >> slots[3]) & 63
    if (slots[word + (one >> 5)] >> (one & 31)) & (slots[word + (two >> 5)] >> (two & 31)) & 1 == 0:
        return -1, 0
    heads = 4 + 2 * words
    symbol = slots[heads + value % buckets]
    comparisons = 0
    if symbol > 0:
        place = heads + buckets + symbol - 1
        chained = len(slots) - heads - buckets
        entries = heads + buckets + (chained >> 1)
        number = symbol - 1
        last = 0
        while last == 0:
            stored = slots[place]
            last = stored & 1
            if (stored ^ value) & 0xFFFFFFFE == 0:
                entry = slots[entries + number]
                if probes is not None:
                    probes[comparisons] = entry
                comparisons += 1
                if compare(keys, start, end, names, offsets[entry], offsets[entry + 1] - 1) == 0:
                    return entry, comparisons
            place += 1
            number += 1
    return -1, comparisons


def may_hold(slots: Sequence[int], value: int) -> bool:
    """What the bloom filter says of a hash value: False is certain."""
    word, bits = HEADER + 2 * ((value >> 6) % slots[2]), (value & 63, (value >> slots[3]) & 63)
    return all(slots[word + (bit >> 5)] >> (bit & 31) & 1 for bit in bits)


def chain(slots: Sequence[int], value: int) -> list[tuple[int, int]]:
    """The (hash value, entry) pairs in the chain of a hash value, in order; the filter is not asked."""
    heads = HEADER + 2 * slots[2]
    values = heads + slots[0]
    entries = values + (len(slots) - values) // 2
    number, found = slots[heads + value % slots[0]] - FIRST, []
    while number >= 0:
        stored = slots[values + number] & 0xFFFFFFFF
        found.append((stored, slots[entries + number]))
        number = -1 if stored & 1 else number + 1
    return found


def _compared(slots: Sequence[int], key: bytes) -> list[int]:
    """The entries that a lookup of `key` compares until it finds it, or all."""
    value = gnu_hash(key, 0, len(key))
    return [entry for stored, entry in chain(slots, value) if stored | 1 == value | 1] if may_hold(slots, value) else []


def counts(table: Ksymtab, slots: Sequence[int], keys: Sequence[bytes]) -> list[int]:
    """The comparisons that `lookup` makes for each of `keys`: the chain's entries of its hash value, up to its own."""
    made = []
    for key in keys:
        same, entry = _compared(slots, key), table.find(key)
        made.append(same.index(entry) + 1 if entry >= 0 else len(same))
    return made


def remaining(
    table: Ksymtab, slots: Sequence[int], key: bytes, probes: Sequence[int], sides: Sequence[int]
) -> tuple[tuple[int, int], ...]:
    """The entries [from, to) that may still hold `key`: those of its hash value not compared yet."""
    return tuple((entry, entry + 1) for entry in sorted(_compared(slots, key)[len(probes) :]))


def check(size: int, parts: Sequence[int], slots: Sequence[int]) -> str:
    """What is wrong with `slots` read from a file for a table of `size` names; "" if a lookup can trust them."""
    if len(slots) < HEADER:
        return "the header is cut off"
    buckets, first, words, shift = slots[:HEADER]
    if buckets < 1 or first != FIRST or words < 1 or words & (words - 1) or not 0 <= shift < 32:
        return "the header makes no sense"
    if len(slots) != HEADER + 2 * words + buckets + 2 * size:
        return "the counts in the header do not fit"
    heads = slots[HEADER + 2 * words : HEADER + 2 * words + buckets]
    if min(heads) < 0 or max(heads) > size:
        return "a bucket names a symbol that is not there"
    if size:
        entries = slots[len(slots) - size :]
        if not slots[len(slots) - size - 1] & 1:
            return "the last chain does not end"
        if sorted(entries) != list(range(size)):
            return "the symbols do not name every entry once"
    return ""
