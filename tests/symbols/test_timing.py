"""What a measurement says: ratios, intervals, machine; the measured loop is the counted one."""

from __future__ import annotations

import pytest

from lab.core.errors import LabError
from lab.symbols.corpus import bundled
from lab.symbols.cost import load_cost, mean_of_all
from lab.symbols.lookup import indexes, table_of
from lab.symbols.presets import LOAD
from lab.symbols.scenario import SymbolScenario
from lab.symbols.timing import TimedLookup, Timing, measure_lookups, recorded
from lab.symbols.workload import LINEAR_BUDGET, all_references, scattered


def row(method: str, ns: float, noisy: bool = False) -> TimedLookup:
    return TimedLookup(method, method, ns, (ns * 0.9, ns * 1.1), noisy, 2.0)


def test_recorded_is_the_documented_measurement() -> None:
    found = recorded()
    assert found.measured == "recorded"
    assert "2-core" in found.machine
    assert [round(1000 * (found.total(m) or 0), 3) for m in ("linear", "binary", "hash", "crc")] == [
        2936.6,
        24.8,
        4.7,
        49.7,
    ]
    assert found.headline() == (
        "The linear scan takes 118× as long as the binary search, "
        "the binary search takes 5.3× as long as the hash table, the CRC check takes 2.0× as long as the binary search."
    )
    assert found.lookups == len(bundled().references)


def test_ratio_needs_two_that_took_time() -> None:
    timing = Timing("here", "m", "p", "w", 10, (row("linear", 100.0), row("binary", 0.0)))
    assert timing.ratio("linear", "binary") is None
    assert timing.ratio("linear", "hash") is None
    assert timing.total("linear") == pytest.approx(1e-6)
    assert timing.headline() == "One method was timed; a ratio needs two."


def test_table_says_noisy() -> None:
    timing = Timing("here", "m", "p", "w", 10, (row("linear", 100.0, noisy=True), row("binary", 10.0)))
    assert [r[-1] for r in timing.table().rows] == ["noisy", ""]
    assert [r[5] for r in timing.table().rows] == [10.0, 1.0]


def test_measures_here_and_counts_as_the_closed_form() -> None:
    scenario = SymbolScenario(size=256)
    told: list[str] = []
    timing = measure_lookups(
        table_of(scenario), scenario.methods, rounds=3, progress=lambda done, total, label: told.append(label)
    )
    assert timing.measured == "here"
    assert {"compiling", "measuring"} <= set(told)
    for index in indexes(scenario):
        timed = timing.row(index.structure.id)
        assert timed is not None
        assert timed.comparisons == pytest.approx(mean_of_all(index)[0])
        assert timed.interval is not None
        assert timed.interval[0] <= timed.nanoseconds <= timed.interval[1]
    ratio = timing.ratio("linear", "binary")
    assert ratio is not None
    assert ratio > 1


def test_references_are_sampled_in_order() -> None:
    scenario = LOAD[0].scenario
    work = all_references(bundled(), table_of(scenario))
    linear = load_cost(scenario)[0].comparisons
    assert work.lookups == 184_890
    every = -(-linear // LINEAR_BUDGET)
    assert len(work.order) == -(-184_890 // every)
    corpus = bundled()
    names = [work.keys[work.offsets[k] : work.offsets[k + 1] - 1] for k in work.order[:50]]
    assert names == [corpus.asked_for(s) for s in corpus.references.symbols[: 50 * every : every]]
    assert f"every {every}th" in work.text


def test_scattered_is_a_permutation() -> None:
    for n in (0, 1, 2, 3, 10, 97, 10_503):
        assert sorted(scattered(n)) == list(range(n))


def test_measuring_stops_when_asked() -> None:
    from lab.core.progress import Cancelled

    def stop(done: int, total: int, label: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        measure_lookups(table_of(SymbolScenario(size=16)), ("binary",), rounds=3, progress=stop)


def test_without_numba_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "lab.core.compiled.buffer", None)
    with pytest.raises(LabError, match="is missing; install kernel-feature-lab"):
        measure_lookups(table_of(SymbolScenario(size=16)), ("binary",), rounds=3)
