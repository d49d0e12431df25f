"""The published tables as they are shown: what is theory, what is simulated, and when."""

from __future__ import annotations

import re

import pytest

from lab.pagefault.published import figures
from lab.pagefault.published_picture import draw
from lab.pagefault.published_sections import TABLES, PublishedScenario, section


@pytest.mark.parametrize("preset", TABLES, ids=[one.id for one in TABLES])
@pytest.mark.parametrize("width", [560, 920])
def test_every_figure_has_a_row(preset: object, width: int) -> None:
    scenario = preset.scenario  # type: ignore[attr-defined]
    found = section(scenario, {})
    wanted = [one for one in figures() if one.table == scenario.table]
    assert [row.name for row in found.rows] == [one.name for one in wanted]
    assert [row.published for row in found.rows] == [one.published for one in wanted]
    assert all(row.simulated is None for row in found.rows)
    svg = draw(found, width).svg()
    assert re.findall(r'data-key="(\d+)"', svg) == [str(i) for i in range(len(wanted))]
    assert "simulated" not in svg
    assert svg == draw(found, width).svg()
    assert len(found.to_table().rows) == len(wanted)


def test_what_was_simulated_stands_beside() -> None:
    key = ("arm64", "calculation, pv over sync")
    found = section(PublishedScenario("arm64"), {key: 0.55})
    row = next(one for one in found.rows if one.name == key[1])
    assert row.simulated == 0.55
    assert "simulated 0.55 (+4.7%)" in row.said
    assert "● simulated" in draw(found).svg()
    assert sum(one.simulated is not None for one in found.rows) == 1


def test_the_order_of_2010_is_said_as_it_came_out() -> None:
    def said(halt: float, pv: float) -> str:
        simulated = {("2010", "work, halt over sync"): halt, ("2010", "work, pv over sync"): pv}
        return section(PublishedScenario("2010"), simulated).headline

    assert said(1.05, 1.9).endswith("simulated 1 : 1.05 : 1.90: the order holds.")
    assert said(1.0001, 1.9).endswith("1 : 1.00 : 1.90: halt is not explained.")
    faults = {("2010", "faults, halt over sync"): 1.41, ("2010", "faults, pv over sync"): 2.0}
    works = {("2010", "work, halt over sync"): 1.0, ("2010", "work, pv over sync"): 1.9}
    assert "(faults 1 : 1.41 : 2.00)" in section(PublishedScenario("2010"), faults | works).headline
    assert "One free parameter" in section(PublishedScenario("2010"), {}).headline


def test_the_calibration_is_explained() -> None:
    found = section(PublishedScenario("arm64"), {})
    assert "burst 120 us, page-in 103 us and 3.46 s" in found.calibration[0]
    rejected = [one for one in found.rows if one.role == "rejected"]
    assert [round(one.part(one.theory) or 0, 1) for one in rejected] == [1.9, 1.7]
    interval = next(one.interval for one in section(PublishedScenario("2010"), {}).rows if one.role == "fitted")
    assert interval is not None
    assert interval[1] - interval[0] == pytest.approx(0.21, abs=0.02)
