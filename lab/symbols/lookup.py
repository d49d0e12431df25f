"""Tables and index structures made for a scenario, and single lookups in them, traced."""

from __future__ import annotations

import dataclasses
import functools
from array import array
from collections.abc import Sequence

from lab.symbols.corpus import Exports, bundled
from lab.symbols.ksymtab import Ksymtab
from lab.symbols.scenario import SymbolScenario
from lab.symbols.structures import STRUCTURES, Structure

__all__ = ["Index", "Trace", "choose_rows", "encoded", "indexes", "table_of", "trace"]


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Index:
    """A structure built over a table: `slots` is what it keeps beside the table. Equal only to itself."""

    structure: Structure
    table: Ksymtab
    slots: array[int]

    @property
    def places(self) -> int:
        """How many places there are to look at: entries of the table, or slots."""
        return len(self.slots) if self.structure.places == "slots" else len(self.table)

    @property
    def extra_bytes(self) -> int:
        """Memory beside the table."""
        return len(self.slots) * self.slots.itemsize

    def counts(self, keys: Sequence[bytes]) -> list[int]:
        """The comparisons of lookups of `keys`, counted without comparing."""
        return self.structure.counts(self.table, self.slots, keys)

    def entry_at(self, place: int) -> int:
        """The entry of the table that a place stands for."""
        return self.slots[place] if self.structure.places == "slots" else place


@dataclasses.dataclass(frozen=True, slots=True)
class Trace:
    """One lookup: the `entry` found or -1, and the places compared in order (`probes`)."""

    entry: int
    probes: array[int]

    @property
    def comparisons(self) -> int:
        """How many names were compared."""
        return len(self.probes)


def encoded(name: str) -> bytes:
    """A name as the kernel would hold it."""
    return name.encode("utf-8", "backslashreplace")


def choose_rows(exports: Exports, size: int, keep: int = -1) -> list[int]:
    """`size` rows, evenly spread: of the kernel's own exports, or all of those and as many of its modules'.

    Row `keep`, if it is among those chosen from, takes the place of its nearest neighbour, so that a name
    can be followed through tables of every size.
    """
    kernel, every = exports.kernel, len(exports)
    if size <= kernel:
        pool, rows = kernel, [i * kernel // size for i in range(size)]
    else:
        more = min(size, every) - kernel
        pool, rows = every, [*range(kernel), *(kernel + i * (every - kernel) // more for i in range(more))]
    if 0 <= keep < pool and keep not in rows:
        rows[min(range(len(rows)), key=lambda i: abs(rows[i] - keep))] = keep
    return rows


@functools.lru_cache(maxsize=1)
def _row_of() -> dict[bytes, int]:
    return {name: row for row, name in reversed(list(enumerate(bundled().exports.names)))}


@functools.lru_cache(maxsize=32)
def _sample(size: int) -> frozenset[int]:
    return frozenset(choose_rows(bundled().exports, size))


def _kept(scenario: SymbolScenario) -> int:
    """The row that the sample must be bent to hold: -1 for nearly every scenario, so that tables are shared."""
    row = _row_of().get(encoded(scenario.name), -1)
    reachable = row < bundled().exports.kernel or scenario.size > bundled().exports.kernel
    return row if row >= 0 and reachable and row not in _sample(scenario.size) else -1


def table_of(scenario: SymbolScenario) -> Ksymtab:
    """The bundled data's table of the scenario's size and layout, with the scenario's name in it if it is real."""
    return _table(scenario.size, scenario.layout, _kept(scenario))


@functools.lru_cache(maxsize=32)
def _table(size: int, layout: str, keep: int) -> Ksymtab:
    exports = bundled().exports
    return exports.table(choose_rows(exports, size, keep), layout)


def indexes(scenario: SymbolScenario) -> tuple[Index, ...]:
    """The scenario's structures, built over its table and kept for the next question."""
    return tuple(_index(scenario.size, scenario.layout, _kept(scenario), method) for method in scenario.methods)


@functools.lru_cache(maxsize=64)
def _index(size: int, layout: str, keep: int, method: str) -> Index:
    table = _table(size, layout, keep)
    return Index(STRUCTURES[method], table, STRUCTURES[method].build(table))


def trace(index: Index, key: bytes) -> Trace:
    """Look `key` up with the structure's own lookup, noting each place it compares."""
    probes = array("i", [0]) * index.places
    table = index.table
    entry, comparisons = index.structure.lookup(
        key, 0, len(key), table.names, table.offsets, table.parts, index.slots, probes
    )
    return Trace(entry, probes[:comparisons])
