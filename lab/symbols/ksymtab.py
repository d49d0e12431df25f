"""The table of exported names as a lookup sees it: names packed end to end, and where each begins."""

from __future__ import annotations

import dataclasses
import itertools
from array import array
from collections.abc import Sequence

__all__ = ["LAYOUTS", "Ksymtab", "join_names", "ksymtab", "pack_names"]

# how the entries are divided into sorted tables
LAYOUTS: dict[str, str] = {
    "split": "__ksymtab, then __ksymtab_gpl: two sorted tables, searched one after the other (3.0 to 2025)",
    "merged": "one sorted table with a byte of flags an entry (2026)",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Ksymtab:
    """Names in table order.

    `keys`: the names. `names`: the same, each ended by NUL, end to end, as `__ksymtab_strings` holds
    them. `offsets`: where each begins, and where the last ends. `parts`: the entries at which a sorted
    table begins, and their number. `rows`: which export each entry is.
    """

    keys: tuple[bytes, ...]
    names: bytes
    offsets: array[int]
    parts: array[int]
    rows: array[int]
    entries: dict[bytes, int]

    def __len__(self) -> int:
        """How many names there are."""
        return len(self.keys)

    def find(self, key: bytes) -> int:
        """The entry called `key`, -1 for none (by Python's own dictionary, none of the structures compared)."""
        return self.entries.get(key, -1)

    def bounds(self) -> list[tuple[int, int]]:
        """First entry and end of each sorted table."""
        return list(itertools.pairwise(self.parts))


def join_names(keys: Sequence[bytes]) -> bytes:
    """`keys` end to end, each ended by NUL."""
    return b"\0".join([*keys, b""])


def pack_names(keys: Sequence[bytes]) -> tuple[bytes, array[int]]:
    """`keys` end to end, each ended by NUL, and the offset of each and of the end."""
    return join_names(keys), array("i", list(itertools.accumulate([len(k) + 1 for k in keys], initial=0)))


def ksymtab(plain: Sequence[tuple[bytes, int]], gpl: Sequence[tuple[bytes, int]], layout: str = "split") -> Ksymtab:
    """The table of (name, row) pairs, `plain` and GPL-only ones, in one of the `LAYOUTS`.

    Of several exports of one name the first is kept: the kernel refuses to load the others.
    """
    first = dict(reversed([*plain, *gpl]))
    groups = [list(first)] if layout == "merged" else [
        [key for key, row in group if first[key] == row] for group in (plain, gpl)
    ]  # fmt: skip
    keys = tuple(itertools.chain.from_iterable(map(sorted, groups)))
    names, offsets = pack_names(keys)
    parts = array("i", itertools.accumulate(map(len, groups), initial=0))
    entries = dict(zip(keys, range(len(keys)), strict=True))
    return Ksymtab(keys, names, offsets, parts, array("i", list(map(first.__getitem__, keys))), entries)
