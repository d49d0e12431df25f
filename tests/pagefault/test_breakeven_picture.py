"""The map of where telling the guest pays, by theory and by a click, and its picture."""

from __future__ import annotations

import re

import pytest

from lab.core.progress import Cancelled
from lab.pagefault import theory
from lab.pagefault.breakeven_map import MAPS, OVERHEADS, PAGE_INS, MapScenario, break_even_map, crossing, simulate
from lab.pagefault.breakeven_picture import draw
from lab.pagefault.grid import break_even
from lab.pagefault.scenario import PageFaultScenario


def test_the_map_is_theorys() -> None:
    found = break_even_map(2, 10.0, None, 5.0)
    for x, y in ((0, 0), (2, 5), (11, 7)):
        s = PageFaultScenario(
            tasks=2, compute=10.0, page_in=PAGE_INS[x], overhead_sync=0.0, overhead_pv=OVERHEADS[y], faults=2000
        )
        assert found.shares[y][x] == tuple(theory.which(s, mode).utilisation for mode in ("sync", "pv"))
    # P4 of the notebook: sync 77 %, pv 66 %; at 50 us 17 % against 30 %
    assert found.shares[5][2] == pytest.approx((0.769, 0.664), abs=0.002)
    assert found.shares[5][8] == pytest.approx((0.167, 0.295), abs=0.005)
    assert all(found.ratio((x, 0)) > 1 for x in range(len(PAGE_INS)))  # without overhead it never loses
    assert found.line()


@pytest.mark.parametrize(("tasks", "slots", "overhead"), [(2, None, 5.0), (4, 2, 3.0), (8, None, 10.0)])
def test_the_crossing_is_that_of_the_break_even_search(tasks: int, slots: int | None, overhead: float) -> None:
    scenario = MapScenario(tasks, 10.0, slots, overhead)
    wanted = break_even(scenario.scenario(), "page-in", PAGE_INS[0], PAGE_INS[-1], method="theory").value
    assert crossing(tasks, 10.0, slots, overhead) == pytest.approx(wanted, rel=1e-9)


def test_one_task_and_no_cost_have_no_crossing() -> None:
    assert crossing(1, 10.0, None, 5.0) is None
    assert break_even_map(1, 10.0, None, 5.0).sentence.startswith("One task alone never gains")
    assert break_even_map(4, 10.0, None, 0.0).sentence == (
        "Where telling the guest costs nothing a fault, it always pays between 1 µs and 200 µs."
    ).replace("nothing a fault", "nothing")


def test_simulated_cells_agree_with_theory() -> None:
    scenario = MapScenario(faults=5000)
    told: list[tuple[int, int]] = []
    found = simulate(scenario, ((2, 5), (8, 5)), lambda done, total, label: told.append((done, total)))
    exact = break_even_map(2, 10.0, None, 5.0)
    for (x, y), one in found.items():
        sync, pv = exact.shares[y][x]
        assert one.sync_ci is not None
        assert one.pv_ci is not None
        assert abs(one.sync - sync) < 2 * one.sync_ci
        assert abs(one.pv - pv) < 2 * one.pv_ci
    assert (told[0], told[-1]) == ((0, 2), (2, 2))

    def stop(done: int, total: int, label: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        simulate(scenario, ((0, 0),), stop)


@pytest.mark.parametrize("width", [560, 920])
def test_the_picture(width: int) -> None:
    found = break_even_map(2, 10.0, None, 5.0)
    plain = draw(found, {}, width).svg()
    done = simulate(MapScenario(faults=200), ((2, 5),))
    svg = draw(found, done, width).svg()
    keys = re.findall(r'data-key="(\d+:\d+)"', svg)
    assert len(keys) == len(set(keys)) == len(PAGE_INS) * len(OVERHEADS)
    assert "● sim." not in plain
    assert "● sim." in svg
    assert ">▶5 µs<" in svg
    assert len(svg) < 100_000
    assert svg == draw(found, done, width).svg()
    rows = found.to_table(done).rows
    assert [row[:2] for row in rows if row[-1] is not None] == [(3.0, 5.0)]
    assert found.why((2, 5), done[2, 5])[0].endswith(" simulated.")


def test_every_preset_has_a_sentence() -> None:
    said = [break_even_map(p.scenario.tasks, p.scenario.compute, p.scenario.slots, p.scenario.overhead_pv).sentence
            for p in MAPS]  # fmt: skip
    assert all(one.endswith(".") and len(one) < 110 for one in said)
