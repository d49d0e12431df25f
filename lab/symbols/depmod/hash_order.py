"""The order in which kmod's hash table hands out its entries: it shows in modules.symbols and in unlisted modules.

kmod 30 and 34, shared/hash.c: a power of two of buckets, chosen by the low bits of Paul Hsieh's "SuperFastHash" as
a little-endian machine with signed chars computes it; inside a bucket the entries are sorted as strcmp does.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

__all__ = ["bucket_order", "superfast", "superfast_all"]

MASK = 0xFFFFFFFF


def superfast(name: bytes) -> int:
    """The 32-bit hash of one name: the readable form of `superfast_all`."""
    value = len(name)
    whole = len(name) & ~3
    for at in range(0, whole, 4):
        value = value + int.from_bytes(name[at : at + 2], "little") & MASK
        value = (value << 16 & MASK) ^ (int.from_bytes(name[at + 2 : at + 4], "little") << 11) ^ value
        value = value + (value >> 11) & MASK
    tail = name[whole:]
    if len(tail) >= 2:
        value = value + int.from_bytes(tail[:2], "little") & MASK
        if len(tail) == 3:
            value ^= value << 16 & MASK
            value ^= _signed(tail[2]) << 18 & MASK
            value = value + (value >> 11) & MASK
        else:
            value ^= value << 11 & MASK
            value = value + (value >> 17) & MASK
    elif tail:
        value = value + _signed(tail[0]) & MASK
        value ^= value << 10 & MASK
        value = value + (value >> 1) & MASK
    for left, right in ((3, 5), (4, 17), (25, 6)):
        value ^= value << left & MASK
        value = value + (value >> right) & MASK
    return value


def _signed(byte: int) -> int:
    return byte - 256 if byte > 127 else byte


def superfast_all(names: Sequence[bytes]) -> list[int]:
    """The hash of each of `names`, in their order.

    Names of one length are hashed at once: a name has 64 bits of one large integer for itself, 32 of them always
    clear before a step so that no carry reaches its neighbour. For 14,000 names that is some ten times faster than one
    by one.
    """
    groups: dict[int, list[int]] = {}
    for i, name in enumerate(names):
        groups.setdefault(len(name), []).append(i)
    result = [0] * len(names)
    for length, members in groups.items():
        rows = [names[i] for i in members]
        values = _hash_rows(b"".join(rows), length, len(rows)) if length else [superfast(b"")] * len(rows)
        for i, value in zip(members, values, strict=True):
            result[i] = value
    return result


def _hash_rows(joined: bytes, length: int, count: int) -> list[int]:
    """The hashes of `count` names of `length` bytes each that stand one after the other in `joined`."""
    lanes = int.from_bytes(b"\xff\xff\xff\xff\0\0\0\0" * count, "little")

    def word(at: int) -> int:
        column = bytearray(8 * count)
        column[0::8] = joined[at::length]
        column[1::8] = joined[at + 1 :: length]
        return int.from_bytes(column, "little")

    def byte(at: int) -> int:  # sign-extended to the 32 bits of its lane
        column = bytearray(8 * count)
        column[0::8] = joined[at::length]
        high = joined[at::length].translate(SIGN)
        column[1::8] = column[2::8] = column[3::8] = high
        return int.from_bytes(column, "little")

    def right(value: int, bits: int) -> int:  # what falls out of a lane into its lower neighbour's clear half is cut
        return value >> bits & lanes

    value = int.from_bytes(length.to_bytes(8, "little") * count, "little")
    whole = length & ~3
    for at in range(0, whole, 4):
        value = value + word(at) & lanes
        value = (value << 16 & lanes) ^ (word(at + 2) << 11) ^ value
        value = value + right(value, 11) & lanes
    rest = length - whole
    if rest >= 2:
        value = value + word(whole) & lanes
        if rest == 3:
            value ^= value << 16 & lanes
            value ^= byte(whole + 2) << 18 & lanes
            value = value + right(value, 11) & lanes
        else:
            value ^= value << 11 & lanes
            value = value + right(value, 17) & lanes
    elif rest:
        value = value + byte(whole) & lanes
        value ^= value << 10 & lanes
        value = value + right(value, 1) & lanes
    for left, shift in ((3, 5), (4, 17), (25, 6)):
        value ^= value << left & lanes
        value = value + right(value, shift) & lanes
    return list(struct.unpack(f"<{2 * count}I", value.to_bytes(8 * count, "little"))[::2])


SIGN = bytes(0xFF if byte > 127 else 0 for byte in range(256))


def bucket_order(names: Sequence[bytes], buckets: int) -> list[int]:
    """The indexes of `names` (each once) in the order that a hash table of `buckets`, a power of two, iterates."""
    low = buckets - 1
    values = superfast_all(names)
    return [i for _, _, i in sorted((value & low, names[i], i) for i, value in enumerate(values))]
