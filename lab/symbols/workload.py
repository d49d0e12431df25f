"""What is looked up when time is measured: real names in a real order."""

from __future__ import annotations

import dataclasses
import math
from array import array
from collections.abc import Sequence

from lab.core.errors import LabError
from lab.symbols.coldplug import MODULES as COLDPLUG
from lab.symbols.corpus import Corpus
from lab.symbols.ksymtab import Ksymtab, pack_names
from lab.symbols.scenario import MODULE_LOADS
from lab.symbols.structures import STRUCTURES

__all__ = [
    "Versions",
    "Workload",
    "all_names",
    "all_references",
    "loaded",
    "misses",
    "modules_of",
    "scattered",
    "versions",
]

LINEAR_BUDGET = 60_000_000  # name comparisons of one round of the linear scan: about 0.2 s
KALLSYMS_BUDGET = 20_000  # lookups of one round of kallsyms' names, 1 to 2 µs each


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


def loaded(
    load: str, corpus: Corpus, table: Ksymtab, module: str = "libata", methods: Sequence[str] = ("linear",)
) -> Workload:
    """The workload that `--load` names; raises `LabError` if there is no such module, or no such name is missing.

    `methods`: what it is for; where one of them would take seconds, an even sample is timed.
    """
    if load == "misses":
        return misses(corpus, table, methods)
    if load not in MODULE_LOADS:
        return all_names(table)
    return all_references(corpus, table, modules_of(load, corpus, module), methods)


def modules_of(load: str, corpus: Corpus, module: str = "libata") -> tuple[str, ...]:
    """The modules that a load is the references of, in the order in which they are loaded."""
    known = corpus.references.modules
    if load == "references":
        return known
    wanted = COLDPLUG if load == "coldplug" else (module.replace("-", "_"),)
    missing = [name for name in wanted if name not in set(known)]
    if missing:
        raise LabError(f"--load {load}: {corpus.origin} has no module {missing[0]!r} that asks for a symbol")
    return wanted


def all_references(
    corpus: Corpus, table: Ksymtab, modules: Sequence[str] | None = None, methods: Sequence[str] = ("linear",)
) -> Workload:
    """What the modules (all, or those named) ask for, module by module in the order of their symbol tables.

    An even sample of it where a slow one of `methods` would take seconds for all.
    """
    chosen = corpus.references.modules if modules is None else modules
    spans = {name: (start, end) for name, start, end in corpus.references.each()}
    asked = [symbol for name in chosen for symbol in corpus.references.symbols[slice(*spans[name])]]
    whose = f"{len(chosen):,} modules in their order" if len(chosen) > 1 else f"the module {chosen[0]}"
    return _workload(corpus, table, asked, f"the {len(asked):,} references of {whose}", methods)


def misses(corpus: Corpus, table: Ksymtab, methods: Sequence[str] = ("linear",)) -> Workload:
    """The references that the table has no name for, in their order: what other modules export.

    Raises `LabError` where the table has every name that a module asks for.
    """
    asked = [s for s in corpus.references.symbols if table.find(corpus.asked_for(s)) < 0]
    if not asked:
        raise LabError("--load misses: the table has every name that a module asks for; take a smaller --size")
    text = f"the {len(asked):,} references of all modules that the table has no name for, in their order"
    return _workload(corpus, table, asked, text, methods)


def _workload(corpus: Corpus, table: Ksymtab, asked: Sequence[int], text: str, methods: Sequence[str]) -> Workload:
    distinct = sorted(set(asked))
    number = {symbol: i for i, symbol in enumerate(distinct)}
    names = [corpus.asked_for(symbol) for symbol in distinct]
    keys, offsets = pack_names(names)
    every = 1
    if "linear" in methods:
        cost = dict(zip(distinct, STRUCTURES["linear"].counts(table, (), names), strict=True))
        every = -(-sum(cost[s] for s in asked) // LINEAR_BUDGET)
    if "kallsyms" in methods:
        every = max(every, -(-len(asked) // KALLSYMS_BUDGET))
    order = array("i", [number[s] for s in asked[:: max(1, every)]])
    found = sum(table.find(corpus.asked_for(s)) >= 0 for s in asked) / max(1, len(asked))
    text = f"{text} ({found:.1%} of them in the table)"
    return Workload(keys, offsets, order, len(asked), text if every <= 1 else f"{text}, every {every}th of them timed")


def versions(corpus: Corpus, modules: Sequence[str] | None = None) -> Versions:
    """The input of the checksum check for the modules (all, or those named): references, and the records scanned."""
    references = corpus.references
    spans = {name: (start, end) for name, start, end in references.each()}
    names: list[bytes] = []
    records: list[bytes] = []
    starts = array("i", [0])
    for module in references.modules if modules is None else modules:
        start, end = spans[module]
        asked = [corpus.asked_for(s) for s in references.symbols[start:end]]
        records += [asked[place] for place in references.versions[start:end]]
        names += asked
        starts.append(len(names))
    keys, offsets = pack_names(names)
    packed, name_offsets = pack_names(records)
    return Versions(keys, offsets, starts, packed, name_offsets)
