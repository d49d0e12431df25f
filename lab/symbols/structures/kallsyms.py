"""kallsyms' way: compressed names, and beside them the sequence of names, searched by halves, expanding as it goes.

The layout is the kernel's (kernel/kallsyms.c, scripts/kallsyms.c, from 6.2 on, commit 60443c88f3a8), in one piece
with a header of eight little-endian 32-bit words: how many names, where the markers, tokens, the index of tokens,
the sequence and the names begin, where they end, 0. A name is its length and codes of tokens; the letter of its
type is left out, for exports have none. A marker (32 bits) says where each 256th name begins.

`lab.symbols.kallsyms.names` searches a kernel's own tables by the same rule. It stays apart: there the parts are
buffers of their own and names begin with the type; here all is one buffer, and each probe is written down.
"""

from __future__ import annotations

import functools
import struct
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import MutableSequence, Sequence
from itertools import accumulate, pairwise

from lab.symbols.ksymtab import Ksymtab

__all__ = ["HEADER", "TOKENS", "build", "check", "counts", "depths", "expand", "lookup", "name_at", "remaining"]

HEADER = 32
TOKENS = 256
LEARNT = 500  # names from which the tokens are learnt: enough for a good table, and quick
SMALL = 0x80  # a length below it is one byte


def compress(names: Sequence[bytes]) -> tuple[list[bytes], list[bytes]]:
    """The text of each of the 256 codes, and each of `names` in codes.

    As scripts/kallsyms.c does: a byte that occurs stands for itself, each other code for the commonest pair of
    codes so far, everywhere at once. The commonest is judged from an even sample; 0 is left unused.
    """
    used = set(b"".join(names))
    texts = [bytes([code]) if code in used else b"" for code in range(TOKENS)]
    step = max(1, len(names) // LEARNT)
    sample, packed = b"\0".join(names[::step]), b"\0".join(names)
    for code in (c for c in range(1, TOKENS) if c not in used):
        pairs = Counter(pairwise(sample))
        most, a, b = min(((-n, a, b) for (a, b), n in pairs.items() if a and b), default=(0, 0, 0))
        if most > -2:
            break
        texts[code] = texts[a] + texts[b]
        sample, packed = (text.replace(bytes((a, b)), bytes((code,))) for text in (sample, packed))
    return texts, packed.split(b"\0") if names else []


def build(table: Ksymtab) -> array[int]:
    """Header, markers, tokens, their index, the sequence of names, the names."""
    texts, compressed = compress(table.keys)
    packed = [_length(len(codes)) + codes for codes in compressed]
    starts = list(accumulate(map(len, packed), initial=0))
    markers = struct.pack(f"<{len(starts[:-1:256])}I", *starts[:-1:256])
    tokens = b"".join(text + b"\0" for text in texts)
    index = struct.pack(f"<{TOKENS}H", *accumulate((len(text) + 1 for text in texts[:-1]), initial=0))
    sequence = b"".join(entry.to_bytes(3, "big") for entry in sorted(range(len(table)), key=table.keys.__getitem__))
    pieces = [markers, tokens, index, sequence, b"".join(packed)]
    places = list(accumulate(map(len, pieces), initial=HEADER))
    return array("B", struct.pack("<8I", len(table), *places, 0) + b"".join(pieces))


def _length(codes: int) -> bytes:
    return bytes([codes]) if codes < SMALL else bytes([codes & 0x7F | 0x80, codes >> 7])


def number(buffer: Sequence[int], at: int) -> int:
    """The little-endian 32-bit number at `at`. Products, not shifts: they make wide numbers of bytes when compiled."""
    return buffer[at] * 1 + buffer[at + 1] * 0x100 + buffer[at + 2] * 0x10000 + buffer[at + 3] * 0x1000000


def begin(slots: Sequence[int], at: int) -> tuple[int, int]:
    """Where the codes of the name at `at` begin and end: its length is one byte, or two from 128 on."""
    length = slots[at] + 0
    if length >= 0x80:
        return at + 2, at + 2 + length - 0x80 + slots[at + 1] * 0x80
    return at + 1, at + 1 + length


def place(slots: Sequence[int], entry: int) -> int:
    """Where the name of an entry stands: from the marker before it, name by name (`get_symbol_offset`)."""
    names = number(slots, 20)
    at = names + number(slots, number(slots, 4) + 4 * (entry >> 8))
    for _ in range(entry & 0xFF):
        at = begin(slots, at)[1]
    return at


def expanded_compare(keys: Sequence[int], start: int, end: int, slots: Sequence[int], at: int) -> int:
    """-1, 0 or 1 as `keys[start:end]` sorts before, with or after the compressed name at `at`."""
    tokens = number(slots, 8)
    index = number(slots, 12)
    code, last = begin(slots, at)
    while code < last:
        entry = index + 2 * slots[code]
        letter = tokens + slots[entry] * 1 + slots[entry + 1] * 0x100
        while slots[letter] != 0:
            if start == end:
                return -1
            if keys[start] != slots[letter]:
                return -1 if keys[start] < slots[letter] else 1
            start += 1
            letter += 1
        code += 1
    return 1 if start < end else 0


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

    `kallsyms_lookup_names` in kernel/kallsyms.c; its look for an earlier symbol of the same name is left out,
    for no two exports have one. `probes`, if given, receives the entries in the order they were compared.
    """
    sequence = number(slots, 16)
    low = 0
    high = number(slots, 0)
    comparisons = 0
    while low < high:
        middle = (low + high - 1) >> 1
        at = sequence + 3 * middle
        entry = slots[at] * 0x10000 + slots[at + 1] * 0x100 + slots[at + 2] * 1
        if probes is not None:
            probes[comparisons] = entry
        comparisons += 1
        side = expanded_compare(keys, start, end, slots, place(slots, entry))
        if side == 0:
            return entry, comparisons
        if side > 0:
            low = middle + 1
        else:
            high = middle
    return -1, comparisons


def expand(slots: Sequence[int], at: int) -> bytes:
    """The compressed name at `at` in full."""
    tokens, index, out = number(slots, 8), number(slots, 12), bytearray()
    code, last = begin(slots, at)
    for place in range(code, last):
        letter = tokens + slots[index + 2 * slots[place]] + slots[index + 2 * slots[place] + 1] * 0x100
        while slots[letter]:
            out.append(slots[letter])
            letter += 1
    return bytes(out)


def name_at(slots: Sequence[int], entry: int) -> bytes:
    """The name of an entry, expanded."""
    return expand(slots, place(slots, entry))


def counts(table: Ksymtab, slots: Sequence[int], keys: Sequence[bytes]) -> list[int]:
    """The comparisons that `lookup` makes for each of `keys`: the depths in the one tree of all names."""
    entries, gaps = depths(len(table))
    names = _sorted(table)
    made = []
    for key in keys:
        rank = bisect_left(names, key)
        made.append(entries[rank] if rank < len(names) and names[rank] == key else gaps[rank])
    return made


def _sorted(table: Ksymtab) -> Sequence[bytes]:
    return table.keys if len(table.bounds()) == 1 else sorted(table.keys)


@functools.lru_cache(maxsize=64)
def depths(size: int) -> tuple[array[int], array[int]]:
    """Comparisons until each of `size` sorted names is found, and until each of the gaps between them is empty."""
    entries, gaps = array("i", [0]) * size, array("i", [0]) * (size + 1)
    todo = [(0, size, 0)]
    while todo:
        low, high, depth = todo.pop()
        if low == high:
            gaps[low] = depth
            continue
        middle = (low + high - 1) >> 1
        entries[middle] = depth + 1
        todo += [(low, middle, depth + 1), (middle + 1, high, depth + 1)]
    return entries, gaps


def remaining(
    table: Ksymtab, slots: Sequence[int], key: bytes, probes: Sequence[int], sides: Sequence[int]
) -> tuple[tuple[int, int], ...]:
    """The entries [from, to) that may still hold `key`: those whose names lie between the last two that did not."""
    names = table.keys
    above = [names[entry] for entry, side in zip(probes, sides, strict=True) if side > 0]
    below = [names[entry] for entry, side in zip(probes, sides, strict=True) if side < 0]
    found = []
    for low, high in table.bounds():
        first = bisect_left(names, max(above) + b"\0", low, high) if above else low
        last = bisect_left(names, min(below), low, high) if below else high
        found.append((first, last))
    return tuple((a, b) for a, b in found if a < b)


def check(size: int, parts: Sequence[int], slots: Sequence[int]) -> str:
    """What is wrong with `slots` read from a file for a table of `size` names; "" if a lookup can trust them."""
    data = bytes(slots)
    if len(data) < HEADER:
        return "the header is cut off"
    count, markers, tokens, index, sequence, names, end, zero = struct.unpack_from("<8I", data)
    blocks = (count + 255) // 256
    fits = (markers, index + 2 * TOKENS, sequence + 3 * count, end, zero) == (HEADER, sequence, names, len(data), 0)
    if count != size or not fits or not markers + 4 * blocks == tokens <= index:
        return "the pieces do not fit together"
    texts = data[tokens:index].split(b"\0")
    if len(texts) != TOKENS + 1 or texts.pop():
        return "there are not 256 tokens"
    if struct.unpack_from(f"<{TOKENS}H", data, index) != tuple(accumulate((len(t) + 1 for t in texts[:-1]), initial=0)):
        return "the index of tokens does not fit them"
    at = names
    for entry in range(count):
        marked = number(data, markers + 4 * (entry >> 8)) if entry & 0xFF == 0 else at - names
        if marked != at - names or at + 2 > end:
            return "a marker leads elsewhere"
        at = begin(data, at)[1]
    ranks = {int.from_bytes(data[i : i + 3], "big") for i in range(sequence, names, 3)}
    return "" if at == end and ranks == set(range(size)) else "the names or their sequence are not all there"
