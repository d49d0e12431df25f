"""Counted costs are what counting gives; memory against cost as values and as a picture."""

from __future__ import annotations

import re

import pytest

from lab.core import dataset
from lab.core.errors import LabError
from lab.symbols import counted as counted_module
from lab.symbols.corpus import bundled
from lab.symbols.counted import COUNTED_METHODS, COUNTED_SIZES, Counted, count, counted, missing_names
from lab.symbols.ksymtab import LAYOUTS
from lab.symbols.lookup import indexes
from lab.symbols.memory import (
    COSTS,
    MEMORY,
    MemoryPoint,
    MemoryScenario,
    frontier,
    memory_headline,
    memory_points,
    memory_table,
)
from lab.symbols.memory_picture import memory_picture
from lab.symbols.scenario import KERNEL_EXPORTS, SymbolScenario
from lab.symbols.touch import Touched


def same(a: Counted, b: Counted) -> bool:
    def numbers(c: Counted) -> list[float]:
        touched = [t for t in (c.hit, c.miss) if t is not None]
        return [c.mean, c.most, c.extra, *(v for t in touched for v in (t.comparisons, t.bytes, t.lines))]

    return (a.method, a.size, a.layout) == (b.method, b.size, b.layout) and numbers(a) == pytest.approx(
        numbers(b), rel=1e-4, abs=1e-3
    )


def test_every_structure_and_size_is_kept() -> None:
    dataset.find("symbols/counted-costs").verify()
    kept = counted_module._kept()
    assert set(kept) == {(m, s, y) for m in COUNTED_METHODS for s in COUNTED_SIZES for y in LAYOUTS}


@pytest.mark.parametrize("method", COUNTED_METHODS)
@pytest.mark.parametrize(("size", "layout"), [(16, "split"), (512, "merged")])
def test_what_is_kept_is_what_counting_gives(method: str, size: int, layout: str) -> None:
    assert same(counted(method, size, layout), count(method, size, layout))


@pytest.mark.parametrize("method", ["linear", "binary", "hash", "sysv-hash"])
def test_at_the_kernels_size_too(method: str) -> None:
    assert same(counted(method, KERNEL_EXPORTS, "split"), count(method, KERNEL_EXPORTS, "split"))


def test_another_size_is_counted_now() -> None:
    found = counted("binary", 17, "split")
    assert found.size == 17
    assert found.hit.comparisons <= 5 + 5


def test_misses_are_names_of_modules() -> None:
    index = indexes(SymbolScenario(methods=("binary",)))[0]
    names = missing_names(index)
    assert len(names) > 13_000
    assert not any(index.table.find(name) >= 0 for name in names[:100])
    assert set(names[:50]) <= set(bundled().exports.names)
    assert missing_names(indexes(SymbolScenario(size=24_683, methods=("binary",)))[0]) == []


def test_a_damaged_file_is_a_users_error(monkeypatch: pytest.MonkeyPatch) -> None:
    counted_module._kept.cache_clear()
    monkeypatch.setattr(counted_module, "KEPT", "symbols/recorded-times")
    with pytest.raises(LabError, match="counted costs are missing or damaged"):
        counted_module._kept()
    counted_module._kept.cache_clear()


def test_memory_points() -> None:
    points = {p.method: p for p in memory_points(MEMORY[0].scenario)}
    assert set(points) == set(COUNTED_METHODS)
    assert points["linear"].extra == points["binary"].extra == 0
    assert points["eytzinger"].extra == 4
    assert points["hash"].extra == pytest.approx(4 * 32_768 / 10_503)
    assert points["binary"].cost == pytest.approx(17.9314, abs=1e-3)
    misses = {p.method: p for p in memory_points(MemoryScenario(lookups="misses"))}
    assert misses["linear"].cost == 10_503
    assert misses["gnu-hash"].cost < 0.1, "the filter answers"


def test_the_frontier_is_beaten_by_nobody() -> None:
    for cost in COSTS:
        for lookups in ("hits", "misses"):
            points = memory_points(MemoryScenario(cost=cost, lookups=lookups))
            best = frontier(points)
            for point in best:
                assert not any(o.extra <= point.extra and o.cost < point.cost for o in points)
            for point in set(points) - set(best):
                assert any(o.extra <= point.extra and o.cost <= point.cost for o in points if o != point)


def test_no_index_saves_anything() -> None:
    none = Touched(1, 1, 1)
    points = (MemoryPoint("binary", 0, 1.0, none), MemoryPoint("hash", 8, 1.0, none))
    assert memory_headline(MemoryScenario(), points) == "No index saves a comparison of binary search's 1.0."


@pytest.mark.parametrize("cost", COSTS)
@pytest.mark.parametrize("lookups", ["hits", "misses"])
@pytest.mark.parametrize(("width", "text"), [(920, 14), (590, 14), (920, 18)])
def test_every_point_has_its_label(cost: str, lookups: str, width: int, text: int) -> None:
    scenario = MemoryScenario(cost=cost, lookups=lookups)
    points = memory_points(scenario)
    picture = memory_picture(scenario, points, "headline", width, text)
    svg = picture.svg()
    assert svg == memory_picture(scenario, points, "headline", width, text).svg()
    boxes = []
    for point in points:
        group = re.search(rf'<g data-key="{point.method}".*?</g>', svg)
        assert group is not None
        label = re.search(r'<text x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]+)<', group[0])
        assert label is not None
        assert label[3].startswith(point.word)
        x, y = float(label[1]), float(label[2])
        assert 0 <= x <= width
        assert 0 < y < picture.height
        boxes.append((x, y - text, x + 0.5 * text * len(label[3]), y))
    assert not [
        (a, b) for i, a in enumerate(boxes) for b in boxes[:i]
        if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
    ], "two labels lie on each other"  # fmt: skip
    assert len(memory_table(scenario, points).rows) == len(points)
