"""Binary search in sorted tables: what Linux does since 3.0 (lib/bsearch.c; commit f02e8a6596b7 sorts)."""

from __future__ import annotations

import functools
from array import array
from bisect import bisect_left
from collections.abc import Callable, MutableSequence, Sequence

from lab.symbols.ksymtab import Ksymtab
from lab.symbols.structures.compare import compare

__all__ = ["build", "check", "counts", "counts_by_depth", "lookup", "remaining"]


def build(table: Ksymtab) -> array[int]:
    """Nothing: the linker has sorted the table."""
    return array("i")


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

    `parts` are the bounds of the sorted tables, searched one after the other (`__ksymtab`, then
    `__ksymtab_gpl`: `find_symbol`, kernel/module/main.c). `probes`, if given, receives the entries in the
    order they were compared. Source: lib/bsearch.c.
    """
    comparisons = 0
    for part in range(len(parts) - 1):
        base = parts[part]
        remaining = parts[part + 1] - base
        while remaining > 0:
            pivot = base + (remaining >> 1)
            if probes is not None:
                probes[comparisons] = pivot
            comparisons += 1
            order = compare(keys, start, end, names, offsets[pivot], offsets[pivot + 1] - 1)
            if order == 0:
                return pivot, comparisons
            if order > 0:
                base = pivot + 1
                remaining -= 1
            remaining >>= 1
    return -1, comparisons


def counts(table: Ksymtab, slots: Sequence[int], keys: Sequence[bytes]) -> list[int]:
    """The comparisons that `lookup` makes for each of `keys`: the depths of the search trees it walks down."""
    return counts_by_depth(table, keys, _depths)


def counts_by_depth(
    table: Ksymtab, keys: Sequence[bytes], depths: Callable[[int], tuple[array[int], array[int]]]
) -> list[int]:
    """The comparisons of lookups of `keys` in search trees over the parts of a table, one part after the other.

    `depths(size)`: comparisons until each of `size` sorted names is found, and until each gap between them is empty.
    """
    trees = [(low, high, *depths(high - low)) for low, high in table.bounds()]
    names, made = table.keys, []
    for key in keys:
        total = 0
        for low, high, entries, gaps in trees:
            rank = bisect_left(names, key, low, high)
            if rank < high and names[rank] == key:
                total += entries[rank - low]
                break
            total += gaps[rank - low]
        made.append(total)
    return made


@functools.lru_cache(maxsize=64)
def _depths(size: int) -> tuple[array[int], array[int]]:
    """Comparisons until each of `size` entries is found, and until each of the gaps between them is empty."""
    entries, gaps = array("i", [0]) * size, array("i", [0]) * (size + 1)
    todo = [(0, size, 0)]
    while todo:
        base, remaining, depth = todo.pop()
        if remaining == 0:
            gaps[base] = depth
            continue
        pivot = base + (remaining >> 1)
        entries[pivot] = depth + 1
        todo.append((base, pivot - base, depth + 1))
        todo.append((pivot + 1, base + remaining - pivot - 1, depth + 1))
    return entries, gaps


def remaining(
    table: Ksymtab, slots: Sequence[int], key: bytes, probes: Sequence[int], sides: Sequence[int]
) -> tuple[tuple[int, int], ...]:
    """The entries [from, to) that may still hold `key`: what is left of this part, and the parts to come.

    `sides`: for each of `probes`, below 0 if `key` sorts before it, above 0 if after.
    """
    bounds = table.bounds()
    part, (low, high) = 0, bounds[0]
    for pivot, side in zip(probes, sides, strict=True):
        while not low <= pivot < high:
            part += 1
            low, high = bounds[part]
        low, high = (pivot + 1, high) if side > 0 else (low, pivot)
    return tuple((a, b) for a, b in ((low, high), *bounds[part + 1 :]) if a < b)


def check(size: int, parts: Sequence[int], slots: Sequence[int]) -> str:
    """What is wrong with `slots` read from a file: there must be none."""
    return "a binary search keeps nothing beside the table" if len(slots) else ""
