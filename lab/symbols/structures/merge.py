"""Merge join: the wanted names sorted too, both lists walked once side by side. Good only for many names at once.

`resolve` is the batch loop; a single `lookup` is a batch of one, which is a linear scan that stops at the
first name behind the wanted one.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Mapping, MutableSequence, Sequence

from lab.symbols.ksymtab import Ksymtab
from lab.symbols.structures.compare import compare

__all__ = ["batch", "build", "check", "counts", "lookup", "remaining", "resolve"]


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
    """The entry whose name is `keys[start:end]`, or -1, and how many names were compared: a batch of one.

    `probes`, if given, receives the entries in the order they were compared.
    """
    comparisons = 0
    for part in range(len(parts) - 1):
        side = 1
        entry = parts[part]
        while side > 0 and entry < parts[part + 1]:
            if probes is not None:
                probes[comparisons] = entry
            comparisons += 1
            side = compare(keys, start, end, names, offsets[entry], offsets[entry + 1] - 1)
            if side == 0:
                return entry, comparisons
            entry += 1
    return -1, comparisons


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
    """Look up the keys numbered in `order`, which must name them in sorted order; as `batch.resolve` otherwise.

    Each sorted table of `parts` is walked once, however many names are wanted: at most as many comparisons
    as it has names and there are keys. `found` receives the entries (-1 for none). Returns the comparisons.
    """
    comparisons = 0
    for i in range(len(order)):
        found[i] = -1
    for part in range(len(parts) - 1):
        entry = parts[part]
        end = parts[part + 1]
        for i in range(len(order)):
            if found[i] >= 0:
                continue
            start = key_offsets[order[i]]
            stop = key_offsets[order[i] + 1] - 1
            while entry < end:
                comparisons += 1
                side = compare(keys, start, stop, names, offsets[entry], offsets[entry + 1] - 1)
                if side <= 0:
                    if side == 0:
                        found[i] = entry
                    break
                entry += 1
    return comparisons


def counts(table: Ksymtab, slots: Sequence[int], keys: Sequence[bytes]) -> list[int]:
    """The comparisons that `lookup` makes for each of `keys`, each a batch of one: its rank in every table it walks."""
    names, bounds, made = table.keys, table.bounds(), []
    for key in keys:
        total = 0
        for low, high in bounds:
            rank = bisect_left(names, key, low, high)
            total += min(rank + 1, high) - low
            if rank < high and names[rank] == key:
                break
        made.append(total)
    return made


def batch(table: Ksymtab, wanted: Mapping[bytes, int]) -> int:
    """The comparisons that `resolve` makes for all of `wanted` (name -> how many ask) sorted, in closed form.

    A comparison either passes an entry for good or is done with a key: a table costs the entries before the last
    wanted name, and one for each key that is met before the table ends.
    """
    names, total, left = table.keys, 0, dict(wanted)
    for low, high in table.bounds():
        if not left:
            break
        ranks = {key: bisect_left(names, key, low, high) for key in left}
        total += max(ranks.values()) - low + sum(left[key] for key, rank in ranks.items() if rank < high)
        left = {key: left[key] for key, rank in ranks.items() if rank == high or names[rank] != key}
    return total


def remaining(
    table: Ksymtab, slots: Sequence[int], key: bytes, probes: Sequence[int], sides: Sequence[int]
) -> tuple[tuple[int, int], ...]:
    """The entries [from, to) that may still hold `key`: the rest of this table, and the tables to come."""
    bounds = table.bounds()
    part, (low, high) = 0, bounds[0]
    for probe, side in zip(probes, sides, strict=True):
        while not low <= probe < high:
            part += 1
            low, high = bounds[part]
        low = probe + 1 if side > 0 else high
    return tuple((a, b) for a, b in ((low, high), *bounds[part + 1 :]) if a < b)


def check(size: int, parts: Sequence[int], slots: Sequence[int]) -> str:
    """What is wrong with `slots` read from a file: there must be none."""
    return "a merge join keeps nothing beside the table" if len(slots) else ""
