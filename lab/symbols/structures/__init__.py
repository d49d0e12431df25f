"""The index structures, one file each behind one interface: `build`, `lookup`, `counts`, `remaining`, `check`.

To add one: write its file, add its line to `STRUCTURES`. Its lookup is a plain function over integers
and buffers in the subset that Numba compiles; `lab.symbols.compiled` compiles that same function. To save
and open one: `lab.symbols.structures.file`; bytes and cache lines touched: `lab.symbols.touch`; a lookup
step by step in words: `lab.symbols.steps`.
"""

from __future__ import annotations

import dataclasses
from array import array
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lab.symbols.ksymtab import Ksymtab
from lab.symbols.structures import (
    batch,
    binary,
    eytzinger,
    fingerprint,
    gnu_hash,
    hash,
    kallsyms,
    linear,
    merge,
    perfect_hash,
    sysv_hash,
    trie,
)

__all__ = ["FIRST_THREE", "STRUCTURES", "Structure"]


@dataclasses.dataclass(frozen=True, slots=True)
class Structure:
    """One way to find a name.

    `id` is what options call it, `word` what it is, `mark` its marker in charts. `build(table)` makes
    what it keeps beside the table, an array of integers. `lookup(keys, start, end, names, offsets,
    parts, slots, probes)` returns (entry or -1, comparisons). `resolve` is its loop over many lookups:
    `batch.resolve`, bound to the lookup, but for merge, whose `order` must be sorted by name.
    `counts(table, slots, keys)` are the comparisons of those lookups without comparing (a test holds the
    two equal). `places` says what its probes are: entries of the table, slots, or bytes of what it keeps.
    `remaining(table, slots, key, probes, sides)` is what a lookup has not excluded yet after those probes,
    none of which was `key`. `ordered`: a comparison tells on which side to go on. `text_at(table, slots,
    key, place)` is the text compared at a place that stands for no entry. `batch(table, wanted)`: the comparisons
    of one `resolve` of all `wanted` (name -> how often), where that is not the sum of its lookups.
    `check(size, parts, slots)` says what is wrong with `slots` out of a file, "" for nothing.
    """

    id: str
    word: str
    mark: str
    build: Callable[[Ksymtab], array[int]]
    lookup: Callable[..., tuple[int, int]]
    resolve: Callable[..., int]
    counts: Callable[[Ksymtab, Sequence[int], Sequence[bytes]], list[int]]
    remaining: Callable[[Ksymtab, Sequence[int], bytes, Sequence[int], Sequence[int]], tuple[tuple[int, int], ...]]
    places: str
    ordered: bool
    text_at: Callable[[Ksymtab, Sequence[int], bytes, int], bytes] | None
    batch: Callable[[Ksymtab, Mapping[bytes, int]], int] | None
    check: Callable[[int, Sequence[int], Sequence[int]], str]


def _structure(id: str, word: str, mark: str, rule: Any, places: str = "entries", ordered: bool = False) -> Structure:
    return Structure(
        id=id,
        word=word,
        mark=mark,
        build=rule.build,
        lookup=rule.lookup,
        resolve=getattr(rule, "resolve", batch.resolve),
        counts=rule.counts,
        remaining=rule.remaining,
        places=places,
        ordered=ordered,
        text_at=getattr(rule, "text_at", None),
        batch=getattr(rule, "batch", None),
        check=rule.check,
    )


STRUCTURES: dict[str, Structure] = {
    s.id: s
    for s in (
        _structure("linear", "linear scan", "▲", linear),
        _structure("binary", "binary search", "●", binary, ordered=True),
        _structure("eytzinger", "Eytzinger layout", "▼", eytzinger, "slots", ordered=True),
        _structure("sysv-hash", "System V hash", "◀", sysv_hash),
        _structure("gnu-hash", "GNU hash", "▶", gnu_hash),
        _structure("hash", "hash table", "■", hash, "slots"),
        _structure("fingerprint", "fingerprints", "★", fingerprint),
        _structure("perfect-hash", "perfect hash", "✚", perfect_hash),
        _structure("trie", "radix trie", "⬟", trie, "bytes"),
        _structure("merge", "merge join", "✖", merge, ordered=True),
        _structure("kallsyms", "kallsyms names", "⬢", kallsyms, ordered=True),
    )
}

# what a page shows before more are asked for
FIRST_THREE = ("linear", "binary", "hash")
