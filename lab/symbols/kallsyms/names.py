"""Names as kallsyms keeps them: a length, then codes of tokens; the first letter is the symbol's type.

Plain functions over integers and buffers, in the subset of Python that Numba compiles. `names`: the
compressed names end to end. `markers`: where every 256th begins. `tokens`: 256 texts, each ended by NUL,
`index`: where each begins. `seqs`: positions in the order of names, three bytes each, big-endian
(commits 60443c88f3a8 and 19bd8981dc2e, 6.2). Source: kernel/kallsyms.c.
"""

from __future__ import annotations

from collections.abc import MutableSequence, Sequence

__all__ = ["BLOCK", "compare", "expand", "lookup", "place", "sequence", "start"]

BLOCK = 256  # names from marker to marker


def start(names: Sequence[int], offset: int) -> tuple[int, int]:
    """Where the codes of the name at `offset` begin and end: its length is one byte, or two from 128 (6.1)."""
    length = names[offset]
    if length & 0x80:
        length = (length & 0x7F) | (names[offset + 1] << 7)
        offset += 1
    return offset + 1, offset + 1 + length


def place(names: Sequence[int], markers: Sequence[int], position: int) -> int:
    """The offset of the name at `position`: from the marker before it, name by name."""
    offset = markers[position >> 8]
    for _ in range(position & 0xFF):
        offset = start(names, offset)[1]
    return offset


def expand(
    names: Sequence[int], offset: int, tokens: Sequence[int], index: Sequence[int], out: MutableSequence[int]
) -> int:
    """Write the type and the name at `offset` into `out`, as far as they fit; returns how many bytes they are."""
    code, end = start(names, offset)
    size = 0
    while code < end:
        at = index[names[code]]
        while tokens[at] != 0:
            if size < len(out):
                out[size] = tokens[at]
            size += 1
            at += 1
        code += 1
    return size


def compare(
    key: Sequence[int],
    first: int,
    last: int,
    names: Sequence[int],
    offset: int,
    tokens: Sequence[int],
    index: Sequence[int],
) -> int:
    """-1, 0 or 1 as `key[first:last]` sorts before, with or after the name at `offset`, its type left out."""
    code, end = start(names, offset)
    skipped = False
    while code < end:
        at = index[names[code]]
        while tokens[at] != 0:
            if skipped:
                if first == last:
                    return -1
                if key[first] != tokens[at]:
                    return -1 if key[first] < tokens[at] else 1
                first += 1
            skipped = True
            at += 1
        code += 1
    return 1 if first < last else 0


def sequence(seqs: Sequence[int], rank: int) -> int:
    """The position of the symbol that is the `rank`-th by name."""
    at = 3 * rank
    return (seqs[at] << 16) | (seqs[at + 1] << 8) | seqs[at + 2]


def lookup(
    key: Sequence[int],
    first: int,
    last: int,
    names: Sequence[int],
    markers: Sequence[int],
    tokens: Sequence[int],
    index: Sequence[int],
    seqs: Sequence[int],
) -> tuple[int, int]:
    """The position of the first symbol called `key[first:last]`, or -1, and how many names were compared.

    Of several of one name it is the lowest address (`kallsyms_lookup_names`, kernel/kallsyms.c).
    """
    comparisons = 0
    low, high = 0, len(seqs) // 3
    found = -1
    while low < high:
        middle = (low + high) >> 1
        position = sequence(seqs, middle)
        comparisons += 1
        order = compare(key, first, last, names, place(names, markers, position), tokens, index)
        if order > 0:
            low = middle + 1
        else:
            high = middle
            if order == 0:
                found = position
    return found, comparisons
