"""The Eytzinger layout: a sorted table's search tree level by level, so that the first probes lie close together.

Khuong and Morin, "Array Layouts for Comparison-Based Searching" (2017). Named after the numbering of
ancestors in a pedigree: the children of place k are 2k + 1 and 2k + 2.
"""

from __future__ import annotations

import functools
from array import array
from collections.abc import MutableSequence, Sequence

from lab.symbols.ksymtab import Ksymtab
from lab.symbols.structures.binary import counts_by_depth
from lab.symbols.structures.compare import compare

__all__ = ["build", "check", "counts", "depths", "lookup", "order", "remaining"]


def order(size: int) -> array[int]:
    """For each place of a tree of `size` names, the rank of the name that stands there (the tree in order)."""
    ranks = array("i", [0]) * size
    place, rank, path = 0, 0, array("i")
    while path or place < size:
        while place < size:
            path.append(place)
            place = 2 * place + 1
        place = path.pop()
        ranks[place] = rank
        rank += 1
        place = 2 * place + 2
    return ranks


def build(table: Ksymtab) -> array[int]:
    """The entries in the order of their places: a tree for each sorted table, one behind the other."""
    slots = array("i")
    for low, high in table.bounds():
        slots.extend(array("i", [low + rank for rank in order(high - low)]))
    return slots


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

    The trees of `parts` are searched one after the other. `probes`, if given, receives the places of
    `slots` whose names were compared.
    """
    comparisons = 0
    for part in range(len(parts) - 1):
        base = parts[part]
        size = parts[part + 1] - base
        place = 0
        while place < size:
            entry = slots[base + place]
            if probes is not None:
                probes[comparisons] = base + place
            comparisons += 1
            side = compare(keys, start, end, names, offsets[entry], offsets[entry + 1] - 1)
            if side == 0:
                return entry, comparisons
            place = 2 * place + 1
            if side > 0:
                place += 1
    return -1, comparisons


def counts(table: Ksymtab, slots: Sequence[int], keys: Sequence[bytes]) -> list[int]:
    """The comparisons that `lookup` makes for each of `keys`: the depths in the trees it walks down."""
    return counts_by_depth(table, keys, depths)


@functools.lru_cache(maxsize=64)
def depths(size: int) -> tuple[array[int], array[int]]:
    """Comparisons until each of `size` sorted names is found, and until each gap between them is empty.

    A gap hangs below the deeper one of its two neighbours, as in every search tree.
    """
    entries = array("i", [0]) * size
    for place, rank in enumerate(order(size)):
        entries[rank] = (place + 1).bit_length()
    padded = [0, *entries, 0]
    return entries, array("i", [max(padded[i], padded[i + 1]) for i in range(size + 1)])


def remaining(
    table: Ksymtab, slots: Sequence[int], key: bytes, probes: Sequence[int], sides: Sequence[int]
) -> tuple[tuple[int, int], ...]:
    """The places [from, to) that may still hold `key`: what hangs below the last probe, level by level."""
    bounds = table.bounds()
    part, place = 0, 0
    for probe, side in zip(probes, sides, strict=True):
        while not bounds[part][0] <= probe < bounds[part][1]:
            part += 1
        place = 2 * (probe - bounds[part][0]) + (2 if side > 0 else 1)
    low, high = bounds[part]
    left, wide, found = place, 1, []
    while left < high - low:
        found.append((low + left, min(low + left + wide, high)))
        left, wide = 2 * left + 1, 2 * wide
    return _joined([*found, *bounds[part + 1 :]])


def _joined(ranges: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Ranges in order, those that touch made one, empty ones left out."""
    made: list[tuple[int, int]] = []
    for low, high in ranges:
        if made and made[-1][1] == low and low < high:
            made[-1] = (made[-1][0], high)
        elif low < high:
            made.append((low, high))
    return tuple(made)


def check(size: int, parts: Sequence[int], slots: Sequence[int]) -> str:
    """What is wrong with `slots` read from a file for a table of `size` names; "" if a lookup can trust them."""
    wanted: list[int] = []
    for part in range(len(parts) - 1):
        wanted += [parts[part] + rank for rank in order(parts[part + 1] - parts[part])]
    return "" if list(slots) == wanted else "the tree is not in Eytzinger's order"
