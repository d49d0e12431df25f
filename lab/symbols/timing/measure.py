"""Taking the times: every method's compiled loop in turns, over one load, warm or cold."""

from __future__ import annotations

import dataclasses
import functools
import importlib.metadata
from array import array
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lab.core.errors import LabError
from lab.core.progress import Progress, silent
from lab.core.timing import Machine, Measurement, machine, measure
from lab.symbols.corpus import Corpus
from lab.symbols.ksymtab import Ksymtab
from lab.symbols.lookup import Index
from lab.symbols.structures import STRUCTURES, batch
from lab.symbols.timing.cold import ColdLookups, sweep_bytes
from lab.symbols.timing.result import CRC_CHECK, TimedLookup, Timing
from lab.symbols.touch import Touched, mean_touched
from lab.symbols.workload import Versions, Workload, all_names, loaded, modules_of, versions

__all__ = ["measure_lookups"]

WATCHED = 200  # lookups whose bytes and cache lines are counted, fewer where each compares much
WATCHED_COMPARISONS = 40_000
SHORT = 4096  # lookups of a round at least: of fewer, the call itself takes most of the time

Run = Callable[[], int]


def measure_lookups(
    table: Ksymtab,
    methods: Sequence[str],
    references: Corpus | None = None,
    crc: bool = False,
    rounds: int = 15,
    progress: Progress = silent,
    load: str = "references",
    module: str = "libata",
    cache: str = "warm",
) -> Timing:
    """Time lookups in `table` with each of `methods`, compiled, taking turns; `rounds` (five or more) of each count.

    Without `references` every name of the table is looked up once; with them, what `load` says ("references",
    "coldplug", "module": that `module`, "misses"). `crc` times the checksum check of those modules too. `cache`:
    "warm", or "cold" (see `lab.symbols.timing.cold`). Raises `LabError` if Numba is missing.
    """
    try:
        import lab.core.compiled.buffer  # noqa: F401 - the door: everything below needs it
    except ImportError as error:
        raise LabError(
            f"{error.name} is missing; install kernel-feature-lab with its dependencies to measure"
        ) from None
    work = loaded(load, references, table, module, methods) if references else all_names(table)
    if not len(work.order):
        raise LabError("there is nothing to look up")
    here = machine()
    slots = {method: STRUCTURES[method].build(table) for method in methods}
    if cache == "cold":
        times, counted, how = _cold(table, slots, work, rounds, sweep_bytes(here), progress)
    else:
        checked = versions(references, modules_of(load, references, module)) if references and crc else None
        times, counted, how = _warm(table, slots, work, checked, rounds, progress)
    rows = [
        _row(m, STRUCTURES[m].word, times[m], counted[m], _touched(Index(STRUCTURES[m], table, slots[m]), work))
        for m in methods
    ]
    if CRC_CHECK in times:
        rows.append(_row(CRC_CHECK, "CRC check", times[CRC_CHECK], counted[CRC_CHECK]))
    protocol = f"{how}, the empty loop subtracted, median with 95 % bootstrap interval"
    return Timing("here", _machine(here), protocol, work.text, work.lookups, tuple(rows), cache)


def _machine(here: Machine) -> str:
    packages = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("numba", "numpy"))
    return f"{here}, {packages}"


def _warm(
    table: Ksymtab,
    slots: Mapping[str, array[int]],
    work: Workload,
    checked: Versions | None,
    rounds: int,
    progress: Progress,
) -> tuple[dict[str, Measurement], dict[str, float], str]:
    units = len(work.order)
    again = -(-SHORT // units)
    longer = dataclasses.replace(work, order=work.order * again)
    empty = _resolver("empty", table, array("i"), longer)
    runs = {m: _resolver(m, table, kept, longer) for m, kept in slots.items()}
    empties, counts = dict.fromkeys(runs, empty), dict.fromkeys(runs, again * units)
    if checked:
        runs[CRC_CHECK], empties[CRC_CHECK] = (_verifier(m, checked) for m in ("linear", "empty"))
        counts[CRC_CHECK] = len(checked.offsets) - 1
    made = _compile({**runs, **{f"{m} without": run for m, run in empties.items()}}, progress)
    times = measure(runs, counts, empties, rounds, warm_up=1, progress=progress)
    counted = {m: made[m] / counts[m] for m in runs}
    how = f"Numba, {rounds} interleaved rounds of {units:,} lookups{f', {again} times over,' if again > 1 else ''}"
    how += " after a warm-up"
    if any(STRUCTURES[m].resolve is not batch.resolve for m in slots):
        how += ", the merge join's names sorted beforehand (not in its time)"
    return times, counted, how


def _cold(
    table: Ksymtab, slots: Mapping[str, array[int]], work: Workload, rounds: int, size: int, progress: Progress
) -> tuple[dict[str, Measurement], dict[str, float], str]:
    cold = ColdLookups(table, work, size)
    runs = {m: cold.run(m, kept) for m, kept in slots.items()}
    empty = cold.run("empty", array("i"))
    made = dict.fromkeys(runs, 0)
    turns = {m: functools.partial(_noted, made, m, run) for m, run in runs.items()}
    cold.next_names()
    _compile({"empty": empty, **runs}, progress)
    calls = 0

    def prepare() -> None:
        nonlocal calls
        if calls % (len(runs) + 1) == 0:  # a round begins with the empty loop: the same names for all of it
            cold.next_names()
        calls += 1
        cold.empty_caches()

    times = measure(turns, cold.batch, empty, rounds, warm_up=0, progress=progress, prepare=prepare)
    how = (
        f"Numba, {rounds} interleaved rounds of {cold.batch} lookups, each in a copy of the table of its own, "
        f"{size >> 20} MiB swept before every call to empty the caches"
    )
    return times, {m: made[m] / (rounds * cold.batch) for m in slots}, how


def _noted(made: dict[str, int], method: str, run: Run) -> None:
    made[method] += int(run())


def _resolver(method: str, table: Ksymtab, slots: array[int], work: Workload) -> Run:
    from lab.symbols.compiled import as_buffer, compiled_loop

    order = work.order
    if method in STRUCTURES and STRUCTURES[method].resolve is not batch.resolve:
        names = [work.keys[a : b - 1] for a, b in zip(work.offsets, work.offsets[1:], strict=False)]
        order = array("i", sorted(order, key=names.__getitem__))
    found = array("i", [0]) * len(order)
    buffers = (work.keys, work.offsets, order, table.names, table.offsets, table.parts, slots, found)
    return functools.partial(compiled_loop(batch.resolve, method), *(as_buffer(b) for b in buffers))


def _verifier(method: str, v: Versions) -> Run:
    from lab.symbols.compiled import as_buffer, compiled_loop

    window, found = array("i", [0, 0]), array("i", [0]) * (len(v.offsets) - 1)
    buffers: tuple[Any, ...] = (v.keys, v.offsets, v.starts, v.names, v.name_offsets, window, found)
    return functools.partial(compiled_loop(batch.verify, method), *(as_buffer(b) for b in buffers))


def _compile(runs: Mapping[str, Run], progress: Progress) -> dict[str, int]:
    """Call each once, which compiles it; returns the comparisons of each."""
    made = {}
    for done, (name, run) in enumerate(runs.items()):
        progress(done, len(runs), "compiling")
        made[name] = int(run())
    return made


def _touched(index: Index, work: Workload) -> Touched | None:
    """What one lookup of the load touches, over an even sample; None for a method that knows only batches."""
    if index.structure.resolve is not batch.resolve:
        return None
    order = work.order
    few = [work.keys[work.offsets[k] : work.offsets[k + 1] - 1] for k in order[:: max(1, len(order) // 8)]]
    each = max(1, sum(index.counts(few)) // len(few))
    count = max(8, min(WATCHED, WATCHED_COMPARISONS // each))
    return mean_touched(index, [
        work.keys[work.offsets[k] : work.offsets[k + 1] - 1] for k in order[:: -(-len(order) // count)]
    ])  # fmt: skip


def _row(method: str, word: str, time: Measurement, comparisons: float, touched: Touched | None = None) -> TimedLookup:
    return TimedLookup(
        method, word, time.median, (time.low, time.high), time.noisy, comparisons,
        touched.bytes if touched else None, touched.lines if touched else None,
    )  # fmt: skip
