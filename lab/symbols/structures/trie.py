"""The radix trie of kmod's index files: what modprobe walks in `modules.symbols.bin`, here over the table's names.

Alan Jenkins, 2008. The layout is kmod's (libkmod/libkmod-index.c), nodes in pre-order as kmod 34 writes them,
big-endian: magic, version, pointer to the root; a node is its prefix up to a NUL, its first and last child letter
and a pointer for each letter between, its values (count; for each a priority and a text up to a NUL). The upper
four bits of a pointer say which of these there are. Here a name's value is the empty text, and its priority the
entry's number. kmod takes ASCII names only; the layout does not care.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator, MutableSequence, Sequence

from lab.symbols.depmod import trie as writer
from lab.symbols.depmod.trie import CHILDREN, MAGIC, PREFIX, VALUES, VERSION
from lab.symbols.ksymtab import Ksymtab

__all__ = ["HEADER", "build", "check", "counts", "lookup", "remaining", "text_at", "visited", "word"]

HEADER = writer.HEADER.size
OFFSET = 0x0FFFFFFF


def word(buffer: Sequence[int], at: int) -> int:
    """The big-endian 32-bit number at `at`. Products, not shifts: they make wide numbers of bytes."""
    return buffer[at] * 0x1000000 + buffer[at + 1] * 0x10000 + buffer[at + 2] * 0x100 + buffer[at + 3] * 1


def build(table: Ksymtab) -> array[int]:
    """The bytes of the index file; raises `LabError` if they are more than a pointer can reach."""
    records = {key: writer.one_value(b"", entry) for entry, key in enumerate(table.keys)}
    return array("B", writer.build(records, forward=True, ascii_only=False))


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
    """The entry whose name is `keys[start:end]`, or -1, and how many nodes were compared.

    No whole name is compared: each node on the way compares its piece. `probes`, if given, receives the
    offsets of the nodes in the file.
    """
    pointer = word(slots, 8)
    comparisons = 0
    while pointer != 0:
        at = pointer & 0x0FFFFFFF
        if probes is not None:
            probes[comparisons] = at
        comparisons += 1
        if pointer & 0x80000000:
            while slots[at] != 0:
                if start == end or keys[start] != slots[at]:
                    return -1, comparisons
                start += 1
                at += 1
            at += 1
        first = 0
        last = -1
        arcs = at + 2
        if pointer & 0x20000000:
            first = slots[at] + 0
            last = slots[at + 1] + 0
            at = arcs + 4 * (last - first + 1)
        if start == end:
            if pointer & 0x40000000:
                return word(slots, at + 4), comparisons
            return -1, comparisons
        letter = keys[start] + 0
        start += 1
        pointer = word(slots, arcs + 4 * (letter - first)) if first <= letter <= last else 0
    return -1, comparisons


def counts(table: Ksymtab, slots: Sequence[int], keys: Sequence[bytes]) -> list[int]:
    """The nodes that `lookup` compares for each of `keys`: how deep the trie is there, only the trie itself knows."""
    return [lookup(key, 0, len(key), (), (), (), slots, None)[1] for key in keys]


def visited(slots: Sequence[int], key: bytes) -> Iterator[tuple[int, int, bytes]]:
    """The nodes that a lookup of `key` visits: offset, where the bytes below it end, and what a name has read there."""
    pointer, end, read = word(slots, 8), len(slots), b""
    while pointer:
        at = begin = pointer & OFFSET
        prefix = bytearray()
        if pointer & PREFIX:
            while slots[at]:
                prefix.append(slots[at])
                at += 1
            at += 1
        read += bytes(prefix)
        yield begin, max(end, begin + 1), read  # the root of an empty index has no byte
        if not pointer & CHILDREN or not key.startswith(read) or len(key) == len(read):
            return
        first, last, arc = slots[at], slots[at + 1], key[len(read)]
        if not first <= arc <= last:
            return
        pointer = word(slots, at + 2 + 4 * (arc - first))
        followers = (word(slots, at + 2 + 4 * (other - first)) & OFFSET for other in range(arc + 1, last + 1))
        end = next((follower for follower in followers if follower), end)
        read += bytes([arc])


def remaining(
    table: Ksymtab, slots: Sequence[int], key: bytes, probes: Sequence[int], sides: Sequence[int]
) -> tuple[tuple[int, int], ...]:
    """The bytes of the file [from, to) that may still hold `key`: the next node and all that hangs below it."""
    nodes = list(visited(slots, key))
    return (nodes[len(probes)][:2],) if len(probes) < len(nodes) else ()


def text_at(table: Ksymtab, slots: Sequence[int], key: bytes, place: int) -> bytes:
    """What the names below the node at `place` begin with; the node is on the way of `key`."""
    return next(read for at, _, read in visited(slots, key) if at == place)


def check(size: int, parts: Sequence[int], slots: Sequence[int]) -> str:
    """What is wrong with `slots` read from a file for a table of `size` names; "" if a lookup can trust them.

    The nodes must follow each other without a gap, and each but the root be the child of one before it.
    """
    data = bytes(slots)
    if len(data) < HEADER or len(data) > OFFSET or struct.unpack_from(">II", data) != (MAGIC, VERSION):
        return "this is no index of kmod's layout"
    wanted = {word(slots, 8) & OFFSET: word(slots, 8)}
    at, found = HEADER, 0
    while at < len(data):
        pointer = wanted.pop(at, 0)
        if not pointer:
            return f"the node at byte {at} belongs to nobody"
        if pointer & PREFIX:
            at = data.find(b"\0", at) + 1
            if not at:
                return "a prefix does not end"
        if pointer & CHILDREN:
            first, last = data[at : at + 2] if at + 2 <= len(data) else (1, 0)
            arcs = at + 2
            at = arcs + 4 * (last - first + 1)
            if first > last or at > len(data):
                return "a node's children are cut off"
            for child in struct.unpack_from(f">{last - first + 1}I", data, arcs):
                if child and (child & OFFSET < at or child & OFFSET in wanted):
                    return "a pointer leads back, or two lead to one node"
                if child:
                    wanted[child & OFFSET] = child
        if pointer & VALUES:
            if at + 9 > len(data) or word(data, at) != 1 or word(data, at + 4) >= size or data[at + 8]:
                return "a value names an entry that is not there"
            at += 9
            found += 1
    empty = size == 0 and len(data) == HEADER and wanted == {HEADER: HEADER}
    return "" if empty or (not wanted and found == size) else "the nodes are not all there"
