"""Compiled lookups beside C, the whole distribution's references in one batch, and growth with the table's size."""

from __future__ import annotations

import ctypes
import functools
import math
import tempfile
import time
from array import array
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from lab.core.timing import measure
from lab.symbols.compiled import as_buffer, compiled_loop
from lab.symbols.corpus import bundled
from lab.symbols.ksymtab import Ksymtab
from lab.symbols.lookup import lookup_many, table_of
from lab.symbols.scenario import SymbolScenario
from lab.symbols.structures import STRUCTURES, batch
from lab.symbols.workload import Workload, all_references, scattered, versions
from tests.symbols import bench_c
from tests.symbols.bench_goals import Goal, paired

__all__ = ["beside_c", "growth", "whole_load"]

HASHES = ("sysv-hash", "gnu-hash", "hash", "fingerprint", "perfect-hash")
SEARCHES = ("linear", "binary", "eytzinger")

Run = Callable[[], int]


def beside_c(rounds: int) -> Iterator[Goal]:
    """Each structure compiled against gcc -O2 with the same algorithm, one batch call each over the same arrays."""
    with tempfile.TemporaryDirectory() as folder:
        library = _library(Path(folder))
        table = table_of(SymbolScenario())
        for method, name in bench_c.SAME.items():
            work, order = _work(table, method)
            slots = STRUCTURES[method].build(table)
            ours, found = _ours(method, table, slots, work, order)
            sides = {"ours": ours}
            wanted = ours()
            for other in (name, *bench_c.LIBC.get(method, ())):
                sides[other], theirs = bench_c.resolver(library, other, table, slots, work, order)
                if (sides[other](), theirs) != (wanted, found) and other != "binary_libc":
                    raise SystemExit(f"{method}: {other} in C answers otherwise")
            each = _rounds(sides, rounds)
            ns = {side: sorted(times)[len(times) // 2] / len(order) for side, times in each.items()}
            told = ", ".join(f"{side} {value:.1f} ns" for side, value in ns.items())
            limit = 2.0 if method in HASHES else 1.3
            kind = "" if method in HASHES + SEARCHES else ", no goal of its own: a search's"
            yield paired(
                f"compiled {method} / C, same algorithm",
                _ratios(each["ours"], each[name]),
                limit,
                "x C",
                note=told + kind,
            )
            for other in bench_c.LIBC.get(method, ()):
                yield paired(f"compiled {method} / C with {other}", _ratios(each["ours"], each[other]), limit, "x C")


def whole_load(rounds: int) -> Iterator[Goal]:
    """All references of the distribution in one batch, against the best hash in C; and what the CRC check costs."""
    with tempfile.TemporaryDirectory() as folder:
        library = _library(Path(folder))
        table, corpus = table_of(SymbolScenario()), bundled()
        work = all_references(corpus, table, methods=("hash",))
        sides: dict[str, Run] = {}
        for method in ("hash", "gnu-hash", "fingerprint"):
            slots = STRUCTURES[method].build(table)
            sides[f"ours {method}"] = _ours(method, table, slots, work, work.order)[0]
            for name in (bench_c.SAME[method], *bench_c.LIBC[method]):
                sides[f"C {name}"] = bench_c.resolver(library, name, table, slots, work, work.order)[0]
        names = [work.keys[work.offsets[k] : work.offsets[k + 1] - 1] for k in work.order]
        structure, kept = STRUCTURES["hash"], STRUCTURES["hash"].build(table)
        buffers = (table.names, table.offsets, table.parts, kept)
        sides["names packed and looked up"] = lambda: lookup_many(structure, buffers, names, compiled=True)[1]
        fresh = dict(table.entries)
        sides["Python's dict"] = lambda: len(list(map(fresh.get, names)))
        v = versions(corpus)
        window, found = array("i", [0, 0]), array("i", [0]) * (len(v.offsets) - 1)
        check = (v.keys, v.offsets, v.starts, v.names, v.name_offsets, window, found)
        sides["ours crc check"] = functools.partial(compiled_loop(batch.verify, "linear"), *map(as_buffer, check))
        sides["ours binary search"] = _ours("binary", table, array("i"), work, work.order)[0]
        each = _rounds(sides, rounds)
        medians = {side: sorted(times)[len(times) // 2] for side, times in each.items()}
        best_c = min((s for s in medians if s.startswith("C ")), key=medians.__getitem__)
        best = min((s for s in medians if s.startswith("ours ") and "hash" in s), key=medians.__getitem__)
        note = (
            f"{best} {medians[best] / 1e6:.2f} ms, {best_c} {medians[best_c] / 1e6:.2f} ms, {len(names):,} references"
        )
        yield paired(
            "all references in one batch / best C hash", _ratios(each[best], each[best_c]), 3.0, "x C", note=note
        )
        for side in ("names packed and looked up", "Python's dict"):
            yield paired(f"{side} / best C hash", _ratios(each[side], each[best_c]), math.inf, "x C",
                         note=f"{medians[side] / 1e6:.2f} ms from a list of names; packing is part of it")  # fmt: skip
        note = f"{sides['ours crc check']():,} comparisons beside {sides['ours binary search']():,}"
        ratios = _ratios(each["ours crc check"], each["ours binary search"])
        yield paired("CRC check / binary search (the finding: above 1)", ratios, 1.0, "x", least=True, note=note)


def growth(rounds: int) -> Iterator[Goal]:
    """Comparisons and time against the table's size: constant for hashes, the logarithm for searches, else in step."""
    sizes = (512, 2048, 8192, 24_683)
    for method in ("linear", "binary", "eytzinger", "hash", "gnu-hash", "fingerprint"):
        counts, times = [], []
        for size in sizes if method != "linear" else sizes[:3]:
            table = table_of(SymbolScenario(size=size))
            order = scattered(size)[: 2000 if method != "linear" else 300]
            work = Workload(table.names, table.offsets, order, len(order), "")
            run, _ = _ours(method, table, STRUCTURES[method].build(table), work, order)
            counts.append(run() / len(order))
            times.append(measure({method: run}, len(order), None, rounds)[method].median)
        used = sizes[: len(counts)]
        if method == "linear":
            slope = math.log(counts[-1] / counts[0]) / math.log(used[-1] / used[0])
            yield Goal("linear: exponent of comparisons in size, less 1", abs(slope - 1), 0.1, "", note=_told(times))
        elif method in HASHES:
            yield Goal(f"{method}: comparisons, largest table / smallest", counts[-1] / counts[0], 1.25, "x",
                       note=_told(times))  # fmt: skip
        else:
            steps = (counts[-1] - counts[0]) / math.log2(used[-1] / used[0])
            yield Goal(f"{method}: comparisons for each doubling", steps, 2.0, "", note=f"two tables; {_told(times)}")


def _told(times: list[float]) -> str:
    return "ns by size: " + ", ".join(f"{ns:.1f}" for ns in times)


def _library(folder: Path) -> ctypes.CDLL:
    library = bench_c.build(folder)
    if library is None:
        raise SystemExit("gcc is missing: there is no C side")
    return library


def _work(table: Ksymtab, method: str) -> tuple[Workload, array[int]]:
    work = all_references(bundled(), table, methods=(method,))
    order = work.order
    if STRUCTURES[method].resolve is not batch.resolve:
        names = [work.keys[a : b - 1] for a, b in zip(work.offsets, work.offsets[1:], strict=False)]
        order = array("i", sorted(order, key=names.__getitem__))
    return work, order[: 20_000 // 8] if method == "kallsyms" else order


def _ours(method: str, table: Ksymtab, slots: array[int], work: Workload, order: array[int]) -> tuple[Run, array[int]]:
    found = array("i", [0]) * len(order)
    buffers = (work.keys, work.offsets, order, table.names, table.offsets, table.parts, slots, found)
    return functools.partial(compiled_loop(batch.resolve, method), *map(as_buffer, buffers)), found


def _rounds(sides: Mapping[str, Run], rounds: int) -> dict[str, list[int]]:
    """Nanoseconds of every call, by side; all sides in every round, after one that does not count."""
    times: dict[str, list[int]] = {side: [] for side in sides}
    for turn in range(rounds + 1):
        for side, run in sides.items():
            start = time.perf_counter_ns()
            run()
            if turn:
                times[side].append(time.perf_counter_ns() - start)
    return times


def _ratios(ours: list[int], theirs: list[int]) -> list[float]:
    return [a / b for a, b in zip(ours, theirs, strict=True)]
