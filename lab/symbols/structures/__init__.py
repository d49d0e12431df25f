"""The index structures, one file each behind one interface: `build`, `lookup`, `counts`, `remaining`.

To add one: write its file, add its line to `STRUCTURES`. Its lookup is a plain function over integers
and buffers in the subset that Numba compiles; `lab.symbols.compiled` compiles that same function.
"""

from __future__ import annotations

import dataclasses
from array import array
from collections.abc import Callable, Sequence
from typing import Any

from lab.symbols.ksymtab import Ksymtab
from lab.symbols.structures import binary, hash, linear

__all__ = ["STRUCTURES", "Structure"]


@dataclasses.dataclass(frozen=True, slots=True)
class Structure:
    """One way to find a name.

    `id` is what options call it, `word` what it is, `mark` its marker in charts. `build(table)` makes
    what it keeps beside the table, an array of integers. `lookup(keys, start, end, names, offsets,
    parts, slots, probes)` returns (entry or -1, comparisons). `counts(table, slots, keys)` are the
    comparisons of those lookups without comparing (a test holds the two equal). `places` says what
    its probes are: entries of the table, or slots. `remaining(table, slots, key, probes, sides)` is
    what a lookup has not excluded yet after those probes, none of which was `key`.
    """

    id: str
    word: str
    mark: str
    build: Callable[[Ksymtab], array[int]]
    lookup: Callable[..., tuple[int, int]]
    counts: Callable[[Ksymtab, Sequence[int], Sequence[bytes]], list[int]]
    remaining: Callable[[Ksymtab, Sequence[int], bytes, Sequence[int], Sequence[int]], tuple[tuple[int, int], ...]]
    places: str


def _structure(id: str, word: str, mark: str, rule: Any, places: str) -> Structure:
    return Structure(id, word, mark, rule.build, rule.lookup, rule.counts, rule.remaining, places)


STRUCTURES: dict[str, Structure] = {
    s.id: s
    for s in (
        _structure("linear", "linear scan", "▲", linear, "entries"),
        _structure("binary", "binary search", "●", binary, "entries"),
        _structure("hash", "hash table", "■", hash, "slots"),
    )
}
