"""What lookups cost in comparisons: counts that are equal on every machine, from the real data."""

from __future__ import annotations

import collections
import dataclasses
import functools
import statistics

from lab.core.table import Table
from lab.symbols.corpus import bundled
from lab.symbols.lookup import Index, encoded, indexes
from lab.symbols.scenario import SIZES, SymbolScenario
from lab.symbols.structures import STRUCTURES

__all__ = [
    "LoadCost",
    "NameCost",
    "SizeCost",
    "crc_comparisons",
    "load_cost",
    "load_table",
    "mean_of_all",
    "most_asked",
    "name_cost",
    "name_table",
    "size_cost",
]


@dataclasses.dataclass(frozen=True, slots=True)
class NameCost:
    """One structure's comparisons: for the scenario's name, and over finding every name of the table once."""

    method: str
    found: bool
    comparisons: int
    mean: float
    most: int
    extra_bytes: int


@dataclasses.dataclass(frozen=True, slots=True)
class LoadCost:
    """One structure's comparisons for all references of the distribution's modules.

    `references` are looked up, `hits` of them are in the table. `crc` is the checksum check, the same
    for every structure: the comparisons of the kernel's linear scan of `__versions`, 0 where it is off.
    """

    method: str
    references: int
    hits: int
    comparisons: int
    crc: int


@dataclasses.dataclass(frozen=True, slots=True)
class SizeCost:
    """Mean and most comparisons of a hit in a table of `size` names."""

    method: str
    size: int
    mean: float
    most: int


@functools.lru_cache(maxsize=64)
def mean_of_all(index: Index) -> tuple[float, int]:
    """Mean and most comparisons over a lookup of every name of the index's table."""
    counts = index.counts(index.table.keys)
    return statistics.fmean(counts), max(counts)


def name_cost(scenario: SymbolScenario) -> tuple[NameCost, ...]:
    """What the scenario's name costs in each of its structures, and what a name costs on average."""
    key = encoded(scenario.name)
    return tuple(
        NameCost(i.structure.id, i.table.find(key) >= 0, i.counts([key])[0], *mean_of_all(i), i.extra_bytes)
        for i in indexes(scenario)
    )


@functools.lru_cache(maxsize=1)
def _asked() -> dict[bytes, int]:
    """Every name that a module of the data asks for, with how many ask."""
    corpus = bundled()
    return {corpus.asked_for(s): n for s, n in collections.Counter(corpus.references.symbols).items()}


def most_asked(count: int) -> list[str]:
    """The `count` names that most modules of the data ask for, the most wanted first."""
    wanted = sorted(_asked().items(), key=lambda item: (-item[1], item[0]))
    return [name.decode("utf-8", "backslashreplace") for name, _ in wanted[:count]]


def crc_comparisons() -> int:
    """Comparisons of `check_version` (kernel/module/version.c) over all references.

    It scans the module's `__versions` from the start for each: the record at position i costs i + 1. That
    the references' records come first, `module_layout` behind them, holds from Linux 5.19 on (before, it
    stood first, and each reference costs one comparison more): right for the bundled 6.1, not for older ones.
    """
    references = bundled().references
    return sum(n * (n + 1) // 2 for n in (end - start for _, start, end in references.each()))


@functools.lru_cache(maxsize=16)
def load_cost(scenario: SymbolScenario) -> tuple[LoadCost, ...]:
    """What resolving all references of all modules in the scenario's table costs in each structure.

    One reference after the other, but for a merge join: all of them sorted, in one batch.
    """
    asked = _asked()
    crc = crc_comparisons() if scenario.crc else 0
    made = []
    for index in indexes(scenario):
        hits = sum(n for key, n in asked.items() if index.table.find(key) >= 0)
        batch = index.structure.batch
        if batch is not None:
            total = batch(index.table, asked)
        else:
            total = sum(n * count for n, count in zip(asked.values(), index.counts(list(asked)), strict=True))
        made.append(LoadCost(index.structure.id, sum(asked.values()), hits, total, crc))
    return tuple(made)


def size_cost(methods: tuple[str, ...], layout: str = "split", sizes: tuple[int, ...] = SIZES) -> tuple[SizeCost, ...]:
    """Mean and most comparisons of a hit in every structure, for tables of each of `sizes` names."""
    return tuple(
        SizeCost(index.structure.id, size, *mean_of_all(index))
        for size in sizes
        for index in indexes(SymbolScenario(size=size, layout=layout, methods=methods, name=NOBODY))
    )


NOBODY = "-"  # no symbol's name: the table is the plain sample


def name_table(scenario: SymbolScenario) -> Table:
    """`name_cost` as a table."""
    rows = tuple(
        (STRUCTURES[c.method].word, c.comparisons, round(c.mean, 4), c.most, c.extra_bytes) for c in name_cost(scenario)
    )
    columns = ("method", "this name (comparisons)", "mean of all", "most", "extra memory (bytes)")
    return Table(columns, rows, f"{scenario.name} in a table of {scenario.names}")


def load_table(scenario: SymbolScenario) -> Table:
    """`load_cost` as a table; with the checksum check as a row of its own."""
    costs = load_cost(scenario)
    rows: list[tuple[str, int, float]] = [
        (STRUCTURES[c.method].word, c.comparisons, round(c.comparisons / c.references, 4)) for c in costs
    ]
    if scenario.crc:
        rows.append(("CRC check (linear scan)", costs[0].crc, round(costs[0].crc / costs[0].references, 4)))
    caption = f"{costs[0].references:,} references, {costs[0].hits:,} of them to names in the table of {scenario.names}"
    return Table(("method", "comparisons", "per reference"), tuple(rows), caption)
