"""What is looked up when time is measured: real names in a real order."""

from __future__ import annotations

import dataclasses
import math
from array import array

from lab.symbols.corpus import Corpus
from lab.symbols.ksymtab import Ksymtab, pack_names
from lab.symbols.structures import STRUCTURES

__all__ = ["Versions", "Workload", "all_names", "all_references", "scattered", "versions"]

LINEAR_BUDGET = 60_000_000  # name comparisons of one round of the linear scan: about 0.2 s


@dataclasses.dataclass(frozen=True, slots=True)
class Workload:
    """Names `keys` (packed, with `offsets`), looked up in the `order` of their numbers.

    `lookups`: how many there are in all; `order` may be an even sample of them. `text` says so in words.
    """

    keys: bytes
    offsets: array[int]
    order: array[int]
    lookups: int
    text: str


@dataclasses.dataclass(frozen=True, slots=True)
class Versions:
    """Every module's references (`keys`), and its `__versions` records in their own order (`names`).

    Module m has numbers `starts[m]` to `starts[m + 1]` of both.
    """

    keys: bytes
    offsets: array[int]
    starts: array[int]
    names: bytes
    name_offsets: array[int]


def scattered(count: int) -> array[int]:
    """The numbers 0 to `count` - 1, each once, in steps of the golden section: an order no cache foresees."""
    step = max(1, int(count * 0.6180339887))
    while math.gcd(step, count) != 1:
        step += 1
    return array("i", [i * step % count for i in range(count)])


def all_names(table: Ksymtab) -> Workload:
    """Every name of the table once, scattered: hits only."""
    return Workload(
        table.names, table.offsets, scattered(len(table)), len(table), "every name of the table once, scattered"
    )


def all_references(corpus: Corpus, table: Ksymtab) -> Workload:
    """What the modules ask for, module by module in the order of their symbol tables.

    An even sample of it where the linear scan of all would take seconds.
    """
    asked = corpus.references.symbols
    distinct = sorted(set(asked))
    number = {symbol: i for i, symbol in enumerate(distinct)}
    names = [corpus.asked_for(symbol) for symbol in distinct]
    keys, offsets = pack_names(names)
    cost = dict(zip(distinct, STRUCTURES["linear"].counts(table, (), names), strict=True))
    every = max(1, -(-sum(cost[s] for s in asked) // LINEAR_BUDGET))
    order = array("i", [number[s] for s in asked[::every]])
    text = f"the {len(asked):,} references of {len(corpus.references.modules):,} modules in their order"
    return Workload(keys, offsets, order, len(asked), text if every == 1 else f"{text}, every {every}th of them timed")


def versions(corpus: Corpus) -> Versions:
    """The checksum check's input: references, and the records scanned for them."""
    references = corpus.references
    names = [corpus.asked_for(s) for s in references.symbols]
    records = [names[start + place] for _, start, end in references.each() for place in references.versions[start:end]]
    keys, offsets = pack_names(names)
    packed, name_offsets = pack_names(records)
    return Versions(keys, offsets, array("i", references.starts), packed, name_offsets)
