"""The trie of the `.bin` files: a node for each branching of the keys, its one-letter arcs in a table by letter.

The form is Alan Jenkins' of 2008 (kmod, libkmod/libkmod-index.c); all numbers are big-endian 32-bit words:
magic, version, offset of the root; a node is [prefix NUL] [first, last, a word for each letter from first to last]
[count of values, (priority, value NUL)...]. A word that leads to a node has its offset in 28 bits and above them which
of the three parts it has; 0 leads nowhere. The letter of an arc is not repeated in the prefix of the node it leads to.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from itertools import chain

from lab.core.errors import LabError

__all__ = ["HEADER", "build", "one_value", "values_record"]

MAGIC, VERSION = 0xB007F457, 0x00020001
PREFIX, VALUES, CHILDREN = 0x80000000, 0x40000000, 0x20000000
LIMIT = 0x0FFFFFFF  # of an offset
WIDTH = 64  # bytes of a key compared at once
HEADER = struct.Struct(">III")
_WORD = struct.Struct(">I")


def one_value(value: bytes, priority: int) -> bytes:
    """What a node of the one `value` ends with; raises `LabError` if it is not ASCII."""
    return b"\0\0\0\1" + _WORD.pack(priority) + _ascii(value) + b"\0"


def values_record(values: Sequence[tuple[int, bytes]]) -> bytes:
    """What a node of several (priority, value) ends with: by priority, and of one priority the later ones first."""
    ordered = list(reversed(values))
    ordered.sort(key=lambda pair: pair[0])
    return b"".join([_WORD.pack(len(ordered)), *(_WORD.pack(p) + _ascii(v) + b"\0" for p, v in ordered)])


def _ascii(text: bytes) -> bytes:
    """`text`; raises `LabError` where it holds what no arc and no reader knows (kmod 34 gives up there too)."""
    if not text.isascii():
        raise LabError(f"{ascii(text.decode('utf-8', 'backslashreplace'))[:200]}: not ASCII; no index can hold it")
    return text


def build(records: Mapping[bytes, bytes], forward: bool, ascii_only: bool = True) -> bytes:
    """The index file of `records`: key -> what `one_value` or `values_record` make of its values.

    `forward`: a node before its children, as kmod 34 writes (commit dada048), else after them, as kmod up to 33.
    Both come out of one pass over the sorted keys that finishes a node when it meets the first key beyond it: ascending
    keys give the file from its start, descending ones give it from its end. `ascii_only` False: any byte but NUL may be
    in a key, which kmod's readers do not expect.

    Raises `LabError` for a key that is not ASCII, and above 256 MiB.
    """
    keys = sorted(records, reverse=forward)
    if ascii_only and not b"".join(keys).isascii():
        _ascii(next(key for key in keys if not key.isascii()))
    pieces, inner, length = _nodes(keys, records, forward)
    if HEADER.size + length > LIMIT:
        raise LabError(f"an index of {length:,} bytes; its form ends at {LIMIT:,}, list fewer modules")
    base = HEADER.size + (length if forward else 0)
    for at, prefix, arcs, words, record in inner:
        pieces[at] = prefix + (_table(arcs, words, base) if arcs else b"") + record
    _, _, arcs, _, record = inner[-1]
    start = HEADER.size if forward else HEADER.size + length - len(pieces[-1])
    root = start | (CHILDREN if arcs else 0) | (VALUES if record else 0)
    if forward:
        pieces.reverse()
    return b"".join([HEADER.pack(MAGIC, VERSION, root), *pieces])


def _table(arcs: list[int], words: list[int], base: int) -> bytes:
    """First letter, last letter, a word for each letter between; `words` count from `base`."""
    low, high = (arcs[0], arcs[-1]) if arcs[0] < arcs[-1] else (arcs[-1], arcs[0])
    count = high - low + 1
    slots = [0] * count
    for letter, word in zip(arcs, words, strict=True):
        slots[letter - low] = word + base
    return struct.pack(f">BB{count}I", low, high, *slots)


_Inner = tuple[int, bytes, list[int], list[int], bytes]  # index in the pieces, prefix, letters, words, values


def _nodes(
    keys: Sequence[bytes], records: Mapping[bytes, bytes], forward: bool
) -> tuple[list[bytes], list[_Inner], int]:
    """The nodes in the order in which they are finished, those with children still empty and listed apart, all bytes.

    A word of a child counts from the start of the nodes, or with `forward` (`keys` descending) back from their end.
    One loop without calls: tens of thousands of keys go through it.
    """
    pieces: list[bytes] = []
    inner: list[_Inner] = []
    position = 0
    before, shared = b"", 0
    # the deepest node that is not finished, and on the stack those above it
    depth, value = 0, b""
    arcs: list[int] = []
    words: list[int] = []
    stack: list[tuple[int, bytes, list[int], list[int]]] = []
    end = (b"", 0, records.get(b"", b""))  # shares nothing with the last key, so that all but the root get finished
    for key, after, record in chain(zip(keys, _shared(keys), map(records.__getitem__, keys), strict=True), (end,)):
        while depth > shared:  # finish the node, which `before` goes through, and tell its parent
            above = stack[-1][0]
            parent = stack.pop() if above >= shared else (shared, b"", [], [])
            above = parent[0]
            size, flags = len(value), VALUES if value else 0
            prefix = before[above + 1 : depth]
            if prefix:
                prefix += b"\0"
                size += len(prefix)
                flags |= PREFIX
            if arcs:
                size += 6 + 4 * abs(arcs[-1] - arcs[0])
                flags |= CHILDREN
            inner.append((len(pieces), prefix, arcs, words, value))
            pieces.append(b"")
            depth, value, arcs, words = parent
            arcs.append(before[above])
            if forward:
                position -= size
                words.append(position + flags)
            else:
                words.append(position + flags)
                position += size
        size = len(key)
        if size == shared:  # descending: the node of this key has its children already; or the empty key
            value = record
        else:
            top = shared
            if after > shared:
                top = after
                stack.append((depth, value, arcs, words))
                depth, value, arcs, words = after, record if size == after else b"", [], []
            if size > top:  # a leaf
                arcs.append(key[top])
                top += 1
                if size > top:
                    piece, flags = key[top:] + b"\0" + record, PREFIX | VALUES
                else:
                    piece, flags = record, VALUES
                pieces.append(piece)
                if forward:
                    position -= len(piece)
                    words.append(position + flags)
                else:
                    words.append(position + flags)
                    position += len(piece)
        before, shared = key, after
    inner.append((len(pieces), b"", arcs, words, value))
    pieces.append(b"")
    return pieces, inner, abs(position) + len(value) + (6 + 4 * abs(arcs[-1] - arcs[0]) if arcs else 0)


def _shared(keys: Sequence[bytes]) -> list[int]:
    """How many letters each key has in common with the next at their start; 0 for the last."""
    if not keys:
        return []
    packed = struct.pack(f"{WIDTH}s" * len(keys), *keys)
    differing = int.from_bytes(packed, "big") ^ int.from_bytes(packed[WIDTH:], "big") << 8 * WIDTH
    rows = struct.iter_unpack(f"{WIDTH}s", differing.to_bytes(len(packed), "big"))
    result = [WIDTH - len(row.lstrip(b"\0")) for (row,) in rows]
    result[-1] = 0
    if WIDTH in result:
        for i, count in enumerate(result):
            if count == WIDTH:
                one, other = keys[i], keys[i + 1]
                end = min(len(one), len(other))
                result[i] = next((at for at in range(WIDTH, end) if one[at] != other[at]), end)
    return result
