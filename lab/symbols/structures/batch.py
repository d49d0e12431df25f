"""Many lookups in one call: the loops that are timed, in the subset of Python that Numba compiles.

`lookup` here is a placeholder: `bind` makes a copy of a loop that calls another structure's lookup.
"""

from __future__ import annotations

from collections.abc import MutableSequence, Sequence

from lab.symbols.structures.linear import lookup

__all__ = ["begin", "no_lookup", "resolve", "resolve_in_copies", "sweep", "verify"]


def resolve(
    keys: Sequence[int],
    key_offsets: Sequence[int],
    order: Sequence[int],
    names: Sequence[int],
    offsets: Sequence[int],
    parts: Sequence[int],
    slots: Sequence[int],
    found: MutableSequence[int],
) -> int:
    """Look up the keys numbered in `order`; `found` receives their entries (-1 for none). Returns the comparisons."""
    comparisons = 0
    for i in range(len(order)):
        k = order[i]
        entry, made = lookup(keys, key_offsets[k], key_offsets[k + 1] - 1, names, offsets, parts, slots, None)
        found[i] = entry
        comparisons += made
    return comparisons


def resolve_in_copies(
    keys: Sequence[int],
    key_offsets: Sequence[int],
    order: Sequence[int],
    names: memoryview,
    offsets: memoryview,
    parts: Sequence[int],
    slots: memoryview,
    sizes: Sequence[int],
    found: MutableSequence[int],
) -> int:
    """As `resolve`, but lookup i in copy i of the table: no lookup finds in the cache what one before it has read.

    `names`, `offsets` and `slots` hold as many copies as there are keys in `order`, end to end; `sizes` are the
    elements of one copy of each.
    """
    comparisons = 0
    for i in range(len(order)):
        k = order[i]
        entry, made = lookup(
            keys, key_offsets[k], key_offsets[k + 1] - 1,
            names[i * sizes[0] : i * sizes[0] + sizes[0]],
            offsets[i * sizes[1] : i * sizes[1] + sizes[1]],
            parts,
            slots[i * sizes[2] : i * sizes[2] + sizes[2]],
            None,
        )  # fmt: skip
        found[i] = entry
        comparisons += made
    return comparisons


def begin(packed: Sequence[int], offsets: MutableSequence[int]) -> int:
    """Where each name of `packed` begins, and where the last ends: names end at a NUL and hold none. Returns how many.

    `offsets` has room for one more than there are names; `lab.symbols.ksymtab.pack_names` gives the same.
    """
    names = 0
    offsets[0] = 0
    for place in range(len(packed)):
        if packed[place] == 0:
            names += 1
            offsets[names] = place + 1
    return names


def sweep(buffer: MutableSequence[int]) -> int:
    """Read and write one byte of each cache line of `buffer`: what was in the caches has to leave."""
    lines = 0
    for place in range(0, len(buffer), 64):
        buffer[place] = buffer[place] ^ 1
        lines += 1
    return lines


def verify(
    keys: Sequence[int],
    key_offsets: Sequence[int],
    starts: Sequence[int],
    names: Sequence[int],
    offsets: Sequence[int],
    window: MutableSequence[int],
    found: MutableSequence[int],
) -> int:
    """Look every module's references up in the module's own `__versions`, as `check_version` does.

    Module m asks for keys `starts[m]` to `starts[m + 1]`, and its records have the same numbers among the
    packed names. `window` is room for two integers. Returns the comparisons.
    """
    comparisons = 0
    for m in range(len(starts) - 1):
        window[0] = starts[m]
        window[1] = starts[m + 1]
        for k in range(starts[m], starts[m + 1]):
            entry, made = lookup(keys, key_offsets[k], key_offsets[k + 1] - 1, names, offsets, window, window, None)
            found[k] = entry
            comparisons += made
    return comparisons


def no_lookup(
    keys: Sequence[int],
    start: int,
    end: int,
    names: Sequence[int],
    offsets: Sequence[int],
    parts: Sequence[int],
    slots: Sequence[int],
    probes: MutableSequence[int] | None,
) -> tuple[int, int]:
    """The lookup that looks nowhere: the empty loop, to be subtracted from a time."""
    return start, end - start
