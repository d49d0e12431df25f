"""The load of one real module: each name it asks for, who exports it, and what finding it costs."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import Annotated

from lab.core.errors import LabError
from lab.core.scenario import Parameter, Preset, check
from lab.core.table import Table
from lab.symbols.bundled_index import bundled_index
from lab.symbols.corpus import HAS_CRC, WEAK, bundled
from lab.symbols.exports import Export
from lab.symbols.ksymtab import LAYOUTS
from lab.symbols.lookup import Index, build_index, indexes
from lab.symbols.scenario import SymbolScenario
from lab.symbols.store.graph import load_order
from lab.symbols.store.rows import KERNEL
from lab.symbols.structures import FIRST_THREE, STRUCTURES

__all__ = ["LOADS", "ModuleLoad", "ModuleScenario", "Resolved", "bundled_modules", "module_load", "module_number"]


@dataclasses.dataclass(frozen=True, slots=True)
class ModuleScenario:
    """One module of the bundled kernel, loaded after the modules it needs and no others."""

    module: Annotated[str, Parameter("the module that is loaded, one of the bundled kernel's 4,023")] = "libata"
    search: Annotated[str, Parameter("how a name is searched", choices=FIRST_THREE)] = "binary"
    layout: Annotated[
        str,
        Parameter("split: each owner has two sorted tables; merged: one (2026)", choices=tuple(LAYOUTS)),
    ] = "split"

    def __post_init__(self) -> None:
        """Refuse a value of the wrong kind; whether there is such a module is asked when it is loaded."""
        check(self)

    @property
    def name(self) -> str:
        """The module's name as the kernel has it."""
        return bundled().references.modules[module_number(self.module)]


LOADS: tuple[Preset[ModuleScenario], ...] = (
    Preset("L1", "libata: disks", ModuleScenario(), "nearly everything a driver asks for is in the kernel itself"),
    Preset("L2", "ext4: a file system", ModuleScenario("ext4"), "three small modules answer for what the kernel lacks"),
    Preset(
        "L3", "kvm_intel: mostly one module", ModuleScenario("kvm_intel"), "a name that a module exports costs most: "
        "first the kernel's tables are searched in vain"
    ),
    Preset("L4", "nouveau: graphics", ModuleScenario("nouveau"), "the CRC check grows with the square of the names"),
    Preset("L5", "e1000e: needs no module", ModuleScenario("e1000e"), "every name is in the kernel"),
)  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True)
class Resolved:
    """One name that the module asks for, at `place` of its symbol table.

    `export`: who answers, None if nobody does. `steps`: the tables searched, in order (owner, names in it).
    `comparisons`: by method, of each of those tables. `crc`: comparisons of the checksum check, 0 where the module
    records no checksum.
    """

    place: int
    name: str
    weak: bool
    export: Export | None
    steps: tuple[tuple[str, int], ...]
    comparisons: dict[str, tuple[int, ...]]
    crc: int

    @property
    def owner(self) -> str:
        """Who exports it, "" for nobody."""
        return self.export.owner if self.export else ""

    def cost(self, method: str) -> int:
        """The comparisons of all tables searched."""
        return sum(self.comparisons[method])

    @property
    def kind(self) -> str:
        """What the picture shows: "missing", "namespace", "gpl" or "plain"."""
        if self.export is None:
            return "missing"
        return "namespace" if self.export.namespace else "gpl" if self.export.gpl else "plain"


@dataclasses.dataclass(frozen=True, slots=True)
class ModuleLoad:
    """All names of one module. `loaded`: the modules that are in the kernel before it, first loaded first."""

    scenario: ModuleScenario
    rows: tuple[Resolved, ...]
    loaded: tuple[str, ...]

    @property
    def owners(self) -> tuple[tuple[str, tuple[Resolved, ...]], ...]:
        """Who answers with which names: the kernel, the modules with most names first, then nobody ("")."""
        groups: dict[str, list[Resolved]] = {}
        for row in self.rows:
            groups.setdefault(row.owner, []).append(row)
        ordered = sorted(groups, key=lambda o: (o == "", o != KERNEL, -len(groups[o]), o))
        return tuple((owner, tuple(groups[owner])) for owner in ordered)

    def total(self, method: str) -> int:
        """Comparisons of all searches."""
        return sum(row.cost(method) for row in self.rows)

    @property
    def crc(self) -> int:
        """Comparisons of the checksum check of all names."""
        return sum(row.crc for row in self.rows)

    @property
    def headline(self) -> str:
        """The answer in one sentence."""
        name, search = self.scenario.name, STRUCTURES[self.scenario.search].word
        if not self.rows:
            return f"`{name}` asks for no name: nothing is searched."
        counts = {owner: len(rows) for owner, rows in self.owners}
        kernel, missing = counts.pop(KERNEL, 0), counts.pop("", 0)
        found = [f"{kernel:,} found in the kernel"]
        if len(counts) == 1:
            found += [f"{count:,} in `{owner}`" for owner, count in counts.items()]
        elif counts:
            found.append(f"{sum(counts.values()):,} in {len(counts)} modules")
        found += [f"{missing:,} nowhere"] if missing else []
        asks = f"{len(self.rows):,} name{'' if len(self.rows) == 1 else 's'}"
        cost = f"{search} compares {self.total(self.scenario.search):,} strings, the CRC check {self.crc:,}"
        return f"`{name}` asks for {asks}: {', '.join(found)}; {cost}."

    def find(self, key: str) -> Resolved | None:
        """The row that the picture's `key` is about; the first that no kernel table answers if it is no key."""
        if key.isdecimal() and int(key) < len(self.rows):
            return self.rows[int(key)]
        return next((row for row in self.rows if row.owner != KERNEL), self.rows[0] if self.rows else None)

    def why(self, key: str) -> str:
        """One name: who exports it, under which conditions, and what finding it costs."""
        row = self.find(key)
        if row is None:
            return f"`{self.scenario.name}` asks for nothing."
        costs = ", ".join(f"{STRUCTURES[m].word} {row.cost(m):,}" for m in FIRST_THREE)
        weak = "weak, " if row.weak else ""
        if row.export is None:
            return f"`{row.name}`: {weak}exported by nobody; comparisons: {costs}."
        export = row.export
        said = [f"exported by {'the kernel' if export.owner == KERNEL else f'`{export.owner}`'}"]
        said.append("for GPL-compatible modules only" if export.gpl else "for every module")
        said += [f"in namespace {export.namespace}"] if export.namespace else []
        said += [f"checksum 0x{export.crc:08x}"] if export.crc is not None else []
        return f"`{row.name}`: {weak}{', '.join(said)}; comparisons: {costs}, CRC check {row.crc:,}."

    def trace(self, key: str) -> tuple[str, ...]:
        """The tables that were searched for that name, in order."""
        row = self.find(key)
        if row is None:
            return ()
        lines = [f"place {row.place + 1:,} of the {len(self.rows):,} undefined names of `{self.scenario.name}`"]
        for i, (owner, size) in enumerate(row.steps):
            costs = ", ".join(f"{STRUCTURES[m].word} {row.comparisons[m][i]:,}" for m in FIRST_THREE)
            end = "found" if owner == row.owner else "not there"
            lines.append(f"{'the kernel' if owner == KERNEL else owner}, {size:,} exports: {end}; comparisons: {costs}")
        if row.crc:
            lines.append(
                f"its record is number {row.crc:,} of __versions, which check_version() "
                "(kernel/module/version.c) reads from the start"
            )
        return tuple(lines)

    def table(self) -> Table:
        """Every name."""
        words = tuple(f"{STRUCTURES[m].word} (comparisons)" for m in FIRST_THREE)
        columns = ("place", "name", "found in", "for", "namespace", "checksum", "weak", *words, "CRC check")
        return Table(columns, tuple(_cells(row) for row in self.rows), f"what {self.scenario.name} asks for")


def _cells(row: Resolved) -> tuple[str | int | None, ...]:
    export = row.export
    licence = None if export is None else "GPL-compatible modules" if export.gpl else "every module"
    crc = None if export is None or export.crc is None else f"0x{export.crc:08x}"
    space = export.namespace if export else None
    costs = (row.cost(m) for m in FIRST_THREE)
    return (row.place + 1, row.name, row.owner or None, licence, space, crc, "weak" if row.weak else None, *costs,
            row.crc)  # fmt: skip


def bundled_modules() -> Sequence[str]:
    """The names of all modules of the data, sorted."""
    return bundled().references.modules


@functools.lru_cache(maxsize=1)
def _numbers() -> dict[str, int]:
    return {name: number for number, name in reversed(list(enumerate(bundled().references.modules)))}


def module_number(name: str) -> int:
    """The number of a module of the data (`-` and `_` are the same); raises `LabError` if there is none."""
    wanted = name.strip().removesuffix(".ko").replace("-", "_")
    known = _numbers()
    if wanted in known:
        return known[wanted]
    close = [n for n in known if wanted and n.startswith(wanted[:4])][:3]
    hint = f"; there is {', '.join(close)}" if close else ""
    raise LabError(f"--module: {bundled().origin} has no module {name!r}{hint}")


@functools.lru_cache(maxsize=16)
def module_load(scenario: ModuleScenario) -> ModuleLoad:
    """Where each name of the scenario's module is found, and what that costs.

    As find_symbol() (kernel/module/main.c) does it: the kernel's tables first, then those of the loaded modules, the
    one loaded last first (list_add_rcu() in add_unformed_module()). Loaded is what the module needs, and nothing else.
    Raises `LabError` if the data has no such module.
    """
    corpus, index = bundled(), bundled_index()
    number = module_number(scenario.module)
    _, first, last = list(corpus.references.each())[number]
    place_of = {place: i for i, place in enumerate(corpus.references.versions[first:last])}
    module = index.module(corpus.references.modules[number])
    loaded = tuple(m.name for m in load_order(index, module)[:-1]) if module is not None else ()
    owners = (KERNEL, *reversed(loaded))
    names = [corpus.asked_for(symbol) for symbol in corpus.references.symbols[first:last]]
    counts = {(m, o): _index(m, scenario.layout, o).counts(names) for m in FIRST_THREE for o in owners}
    sizes = {owner: len(_index("binary", scenario.layout, owner).table) for owner in owners}
    rows = []
    for place, symbol in enumerate(corpus.references.symbols[first:last]):
        export = corpus.exports.export(symbol) if symbol < len(corpus.exports) else None
        end = owners.index(export.owner) + 1 if export is not None and export.owner in owners else len(owners)
        searched = owners[:end]
        asked = corpus.stated.asked[first + place]
        rows.append(
            Resolved(
                place=place,
                name=names[place].decode("utf-8", "backslashreplace"),
                weak=bool(asked & WEAK),
                export=export if export is None or export.owner in owners else None,
                steps=tuple((owner, sizes[owner]) for owner in searched),
                comparisons={m: tuple(counts[m, o][place] for o in searched) for m in FIRST_THREE},
                crc=place_of[place] + 1 if asked & HAS_CRC else 0,
            )
        )
    return ModuleLoad(scenario, tuple(rows), loaded)


@functools.lru_cache(maxsize=256)
def _index(method: str, layout: str, owner: str) -> Index:
    """The structure over the exports of one owner."""
    if owner == KERNEL:
        return indexes(SymbolScenario(name="-", layout=layout, methods=(method,)))[0]
    return build_index(method, bundled().exports.table(_rows()[owner], layout))


@functools.lru_cache(maxsize=1)
def _rows() -> dict[str, list[int]]:
    exports = bundled().exports
    found: dict[str, list[int]] = {}
    for row, owner in enumerate(exports.owner):
        found.setdefault(exports.owners[owner], []).append(row)
    return found
