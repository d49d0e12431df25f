"""Tables and index structures made for a scenario, and single lookups in them, traced."""

from __future__ import annotations

import dataclasses
import functools
from array import array
from collections.abc import Sequence

from lab.core.binding import bind
from lab.core.errors import LabError
from lab.symbols.corpus import Exports, bundled
from lab.symbols.ksymtab import Ksymtab, join_names, ksymtab, pack_names
from lab.symbols.scenario import ALL_EXPORTS, SymbolScenario
from lab.symbols.structures import STRUCTURES, Structure, batch

__all__ = ["Index", "Trace", "build_index", "choose_rows", "encoded", "indexes", "lookup_many", "table_of", "trace"]


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Index:
    """A structure built over a table: `slots` is what it keeps beside the table. Equal only to itself."""

    structure: Structure
    table: Ksymtab
    slots: array[int]

    @property
    def places(self) -> int:
        """How many places there are to look at: entries of the table, slots, or bytes."""
        return len(self.table) if self.structure.places == "entries" else len(self.slots)

    @property
    def extra_bytes(self) -> int:
        """Memory beside the table."""
        return len(self.slots) * self.slots.itemsize

    def counts(self, keys: Sequence[bytes]) -> list[int]:
        """The comparisons of lookups of `keys`, counted without comparing."""
        return self.structure.counts(self.table, self.slots, keys)

    def entry_at(self, place: int) -> int:
        """The entry of the table that a place stands for; of a byte, -1."""
        if self.structure.places == "bytes":
            return -1
        return self.slots[place] if self.structure.places == "slots" else place

    def text_at(self, key: bytes, place: int) -> bytes:
        """The text that a lookup of `key` compares at a place: a name, or what names begin with."""
        if self.structure.text_at is not None:
            return self.structure.text_at(self.table, self.slots, key, place)
        return self.table.keys[self.entry_at(place)]

    def lookup(self, key: bytes) -> tuple[int, int]:
        """The entry called `key`, or -1, and how many names were compared."""
        table = self.table
        return self.structure.lookup(key, 0, len(key), table.names, table.offsets, table.parts, self.slots, None)

    def lookup_many(self, keys: Sequence[bytes], compiled: bool = False) -> tuple[array[int], int]:
        """The entry of each of `keys`, -1 for none, and the comparisons of all; see `lookup_many`."""
        table = self.table
        return lookup_many(self.structure, (table.names, table.offsets, table.parts, self.slots), keys, compiled)


@dataclasses.dataclass(frozen=True, slots=True)
class Trace:
    """One lookup: the `entry` found or -1, and the places compared in order (`probes`)."""

    entry: int
    probes: array[int]

    @property
    def comparisons(self) -> int:
        """How many names were compared."""
        return len(self.probes)


def lookup_many(
    structure: Structure, buffers: tuple[Sequence[int], ...], keys: Sequence[bytes], compiled: bool = False
) -> tuple[array[int], int]:
    """Look `keys` up in one batch; `buffers` are names, offsets, parts and slots.

    `compiled`: with Numba, the same loop and answers. For a merge join the keys are sorted first, by Python's
    own sort, whose comparisons are not counted.
    Returns the entry of each key, -1 for none, and the comparisons of all. Raises `LabError` where Numba is
    asked for and missing.
    """
    merged = structure.resolve is not batch.resolve
    order = array("i", sorted(range(len(keys)), key=keys.__getitem__)) if merged else _in_turn(len(keys))
    found = array("i", [-1]) * len(keys)
    if compiled:
        try:
            comparisons = _compiled(structure, buffers, keys, order, found)
        except ImportError as error:
            raise LabError(f"{error.name} is missing; install kernel-feature-lab with its dependencies") from None
    else:
        run = structure.resolve if merged else bind(batch.resolve, lookup=structure.lookup)
        comparisons = run(*pack_names(keys), order, *buffers, found)
    if not merged:
        return found, comparisons
    entries = array("i", found)
    for place, key in enumerate(order):
        entries[key] = found[place]
    return entries, comparisons


def _compiled(
    structure: Structure, buffers: Sequence[Sequence[int]], keys: Sequence[bytes], order: array[int], found: array[int]
) -> int:
    """The comparisons of the compiled batch; `found` receives the entries, in `order`."""
    from lab.symbols.compiled import as_buffer, compiled_loop, compiled_plain

    packed = join_names(keys)
    if packed.count(0) == len(keys):
        offsets = array("i", [0]) * (len(keys) + 1)
        compiled_plain(batch.begin)(as_buffer(packed), as_buffer(offsets))
    else:  # a name with a NUL in it, which no table has
        packed, offsets = pack_names(keys)
    every = (packed, offsets, order, *buffers, found)
    return int(compiled_loop(batch.resolve, structure.id)(*map(as_buffer, every)))


@functools.lru_cache(maxsize=2)
def _in_turn(count: int) -> array[int]:
    """0, 1, 2 ...; nobody writes into it."""
    return array("i", range(count))


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
    if size <= ALL_EXPORTS:
        return exports.table(choose_rows(exports, size, keep), layout)
    from lab.symbols.synthetic import synthetic_names

    made = synthetic_names(exports.names, size - len(set(exports.names)))
    real = exports.table(range(len(exports)), "split")
    bound, count = real.parts[1], len(real)
    plain, gpl = (list(zip(real.keys[a:b], real.rows[a:b], strict=True)) for a, b in real.bounds())
    for i, name in enumerate(made):
        (plain if i * bound % count < bound else gpl).append((name, SYNTHETIC))
    return ksymtab(plain, gpl, layout)


SYNTHETIC = -1  # in place of the row of an export


def indexes(scenario: SymbolScenario) -> tuple[Index, ...]:
    """The scenario's structures, built over its table and kept for the next question."""
    return tuple(_index(scenario.size, scenario.layout, _kept(scenario), method) for method in scenario.methods)


@functools.lru_cache(maxsize=64)
def _index(size: int, layout: str, keep: int, method: str) -> Index:
    table = _table(size, layout, keep)
    return build_index(method, table)


def build_index(method: str, table: Ksymtab) -> Index:
    """The structure called `method` built over `table`."""
    return Index(STRUCTURES[method], table, STRUCTURES[method].build(table))


def trace(index: Index, key: bytes) -> Trace:
    """Look `key` up with the structure's own lookup, noting each place it compares."""
    probes = array("i", [0]) * index.places
    table = index.table
    entry, comparisons = index.structure.lookup(
        key, 0, len(key), table.names, table.offsets, table.parts, index.slots, probes
    )
    return Trace(entry, probes[:comparisons])
