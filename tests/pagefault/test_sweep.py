"""Sweeps: which values, which answer, and a picture that says what the table says."""

import dataclasses
import functools
import json
import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.cli import main
from lab.core import jsontext
from lab.core.errors import LabError
from lab.pagefault import PageFaultScenario, curve, theory
from lab.pagefault.presets import SWEEPS
from lab.pagefault.sweep import Sweep, SweepScenario, sweep
from lab.pagefault.sweep import curve as theory_curve

SMALL = SweepScenario(faults=200, at="1,2,4")


def test_values_in_order_and_each_once() -> None:
    assert SweepScenario(at="8, 2,4,2").values == (2, 4, 8)
    assert SweepScenario(over="slots", at="inf,3,1").values == (1, 3, None)
    assert SweepScenario(over="page-in", at="1ms,500,2us").values == (2.0, 500.0, 1000.0)
    assert [SweepScenario(over="slots", at="1,inf").label(v) for v in (1, None)] == ["1", "∞"]
    assert SweepScenario(over="burst", at="1,2500").label(2500.0) == "2.5 ms"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"at": "4"}, "--at: '4' is no list of two or more different values"),
        ({"at": "4,4"}, "--at: '4,4' is no list of two or more different values"),
        ({"at": "1,x"}, "--at: 'x' is not a whole number"),
        ({"at": "1,inf"}, "--at: 'inf' is not a whole number"),
        ({"at": ""}, "--at: '' is not a whole number"),
        ({"at": "0,1"}, "--tasks: 0 is out of range"),
        ({"at": ",".join(map(str, range(1, 70)))}, "--at: 69 values; at most 64"),
        ({"over": "page-in", "at": "1,2h"}, "--at: '2h' is not a duration"),
        ({"over": "seed"}, "--over: 'seed' is not one of"),
        ({"tasks": 0}, "--tasks: 0 is out of range"),
    ],
)
def test_bad_input_is_an_error_of_the_user(changes: dict[str, str], said: str) -> None:
    with pytest.raises(LabError, match=re.escape(said)):
        SweepScenario(**changes)  # type: ignore[arg-type]


def test_each_point_is_the_plain_run() -> None:
    found = sweep(SMALL, ("pv",))
    assert [p.value for p in found.points] == [1, 2, 4]
    from lab.pagefault import run

    for p in found.points:
        assert p.value is not None
        assert p.comparison.of("pv") == run(PageFaultScenario(tasks=int(p.value), faults=200), "pv")


def test_table_and_json_hold_the_figures() -> None:
    found = sweep(SMALL, ("sync", "pv"))
    table = found.to_table()
    assert table.columns[0] == "tasks"
    assert [row[0] for row in table.rows] == ["1", "2", "4"]
    last = found.points[-1].comparison.of("pv")
    assert table.rows[-1][4] == round(100 * last.utilisation, 2)
    assert table.rows[-1][6] == round(100 * (last.theory.utilisation or 0), 2)
    data = json.loads(jsontext.dumps(found.to_json()))
    assert data["scenario"]["over"] == "tasks"
    assert [p["tasks"] for p in data["points"]] == [1, 2, 4]
    assert data["points"][2]["pv"]["utilisation"] == last.utilisation


def test_the_curve_goes_through_every_point_of_theory() -> None:
    for preset in SWEEPS:
        for mode in ("sync", "pv"):
            drawn = dict(theory_curve(preset.scenario, mode))
            for value in preset.scenario.values:
                assert drawn[value] == theory.which(preset.scenario.with_value(value), mode).utilisation
    gaps = dataclasses.replace(SMALL, page_in_dist="det", slots=2)
    assert [value for value, _ in theory_curve(gaps, "pv")] == [1, 2]  # for more tasks than slots there is no form


HEADLINES = {
    "P1": "From 1 to 16 tasks pv goes from 20 % to 100 %, sync stays at 20 %.",
    "P2": "With 1 slot pv computes 25 %, with ∞ slots 97 %.",
    "P3": "The limit of 64: from 64 to 65 tasks pv falls from 76 % to 50 %.",
    "P4": "Break-even is at a page-in of about 5.37 µs: telling the guest pays above it.",
}


@pytest.mark.parametrize("preset", SWEEPS, ids=lambda p: p.id)
def test_each_preset_shows_its_point(preset) -> None:  # type: ignore[no-untyped-def]
    found = sweep(dataclasses.replace(preset.scenario, faults=300), ("sync", "pv"))
    assert found.headline() == HEADLINES[preset.id]
    for p in found.points:
        for one in p.comparison.runs:
            assert one.standard_errors is None or abs(one.standard_errors) < 5


def test_break_even_is_where_the_forms_meet() -> None:
    s = SWEEPS[3].scenario
    at = 5.37
    below, above = (s.with_value(at * factor) for factor in (0.999, 1.001))
    gaps = [
        (theory.which(x, "pv").utilisation or 0) - (theory.which(x, "sync").utilisation or 0) for x in (below, above)
    ]
    assert gaps[0] < 0 < gaps[1]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"overhead_pv": 0.0}, "Telling the guest pays for every page-in from 1 µs to 100 µs."),
        ({"overhead_pv": 500.0}, "Telling the guest does not pay for every page-in from 1 µs to 100 µs."),
        ({"page_in_dist": "det"}, "Break-even is at a page-in of about "),  # no form for pv: between two points
        ({"over": "burst", "at": "1,10,100", "page_in": 20.0, "overhead_pv": 2.0}, "Telling the guest pays for every"),
    ],
)
def test_break_even_or_none(changes: dict[str, object], said: str) -> None:
    s = dataclasses.replace(SWEEPS[3].scenario, faults=300, **changes)  # type: ignore[arg-type]
    assert sweep(s, ("sync", "pv")).headline().startswith(said)


@settings(deadline=None, max_examples=25)
@given(st.sampled_from(SWEEPS), st.integers(600, 960), st.sampled_from((14, 18, 22)))
def test_the_picture_is_well_formed_and_lies_within_its_frame(preset, width: int, text: int) -> None:  # type: ignore[no-untyped-def]
    found = _found(preset.id)
    picture = curve.draw(found, width, 320, text)
    root = ET.fromstring(picture.standalone().partition("?>")[2])
    space = "{http://www.w3.org/2000/svg}"
    keys = [g.get("data-key") for g in root.iter(f"{space}g") if g.get("data-key")]
    assert keys == [f"{mode}:{i}" for mode in ("sync", "pv") for i in range(len(found.points))]
    for box in root.iter(f"{space}rect"):
        if box.get("width") != "100%":
            assert -1e-9 <= float(box.get("x") or 0) <= width
            assert -13 <= float(box.get("y") or 0) <= 320
    assert all(float(t.get("font-size") or 0) >= text for t in root.iter(f"{space}text"))
    labels = [g.get("aria-label") or "" for g in root.iter(f"{space}g") if g.get("data-key")]
    share = found.points[0].comparison.of("pv").utilisation
    assert any(f"pv at {found.points[0].label}: {100 * share:.1f} %" in label for label in labels)


@functools.cache
def _found(preset: str) -> Sweep:
    scenario = next(p.scenario for p in SWEEPS if p.id == preset)
    return sweep(dataclasses.replace(scenario, faults=100), ("sync", "pv"))


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pagefault", "sweep", "--preset", "P2", "--faults", "200", "--at", "1,4,inf"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("With 1 slot pv computes 25 %, with ∞ slots 97 %.\n")
    assert "share of vCPU time spent computing; 200 faults a point and mode, seed 1" in out
    words = ["--mode", "pv", "--over", "page-in", "--at", "1,2", "--faults", "200", "--json"]
    assert main(["pagefault", "sweep", *words]) == 0
    data = json.loads(capsys.readouterr().out)
    assert [set(p) for p in data["points"]] == [{"page_in", "pv"}] * 2
    assert main(["pagefault", "sweep", "--at", "1,1"]) == 2
    assert "--at: '1,1' is no list of two" in capsys.readouterr().err
