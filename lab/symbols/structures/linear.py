"""The linear scan: every name in turn, as Linux did before 3.0 (and `check_version` still does)."""

from __future__ import annotations

from array import array
from collections.abc import MutableSequence, Sequence

from lab.symbols.ksymtab import Ksymtab
from lab.symbols.structures.compare import compare

__all__ = ["build", "check", "counts", "lookup", "remaining"]


def build(table: Ksymtab) -> array[int]:
    """Nothing: the table is searched as it lies."""
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

    `probes`, if given, receives the entries in the order they were compared. Source: `each_symbol`,
    kernel/module.c before 2.6.39.
    """
    comparisons = 0
    for entry in range(parts[0], parts[len(parts) - 1]):
        if probes is not None:
            probes[comparisons] = entry
        comparisons += 1
        if compare(keys, start, end, names, offsets[entry], offsets[entry + 1] - 1) == 0:
            return entry, comparisons
    return -1, comparisons


def counts(table: Ksymtab, slots: Sequence[int], keys: Sequence[bytes]) -> list[int]:
    """The comparisons that `lookup` makes for each of `keys`, in closed form."""
    size, entries = len(table), table.entries
    return [entries.get(key, size - 1) + 1 for key in keys]


def remaining(
    table: Ksymtab, slots: Sequence[int], key: bytes, probes: Sequence[int], sides: Sequence[int]
) -> tuple[tuple[int, int], ...]:
    """The entries [from, to) that may still hold `key`, which was none of `probes`: all that follow."""
    return ((len(probes), len(table)),)


def check(size: int, parts: Sequence[int], slots: Sequence[int]) -> str:
    """What is wrong with `slots` read from a file: there must be none."""
    return "a linear scan keeps nothing beside the table" if len(slots) else ""
