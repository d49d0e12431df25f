"""The explorers without a browser: what they open on, what moves, what is said."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import time

import ipywidgets
import pytest

from lab.core.errors import LabError
from lab.core.scenario import fields
from lab.pagefault import PRESETS, compare
from lab.pagefault.theory import which
from lab.ui import pagefault_explorer, pagefault_theory
from lab.ui.frame import Explorer
from lab.ui.pagefault import DRAFT, FaultExplorer
from lab.ui.pagefault_lanes import LANES, FaultLanes


@pytest.fixture
def explorer() -> Explorer:
    made: Explorer = pagefault_explorer()
    return made


def timeline(explorer: Explorer) -> FaultLanes:
    picture = explorer.subject.picture
    assert isinstance(picture, FaultLanes)
    return picture


def test_it_opens_on_p1_with_two_lanes_and_their_shares(explorer: Explorer) -> None:
    assert repr(explorer) == (
        "pagefault explorer, P1: Told of its faults, the guest computes 69 % of the time, not 20 %."
    )
    meta = timeline(explorer).timeline.meta
    assert meta["names"] == ["sync", "pv"]
    assert meta["notes"] == ["20 % ± 0.9", "69 % ± 1.9"]
    assert [round(mark, 3) for mark in meta["marks"]] == [0.2, 0.689]
    assert meta["span"] == [0.0, 60.0]
    assert "5,000 faults each, seed 1; shown: the first 60 ms" in timeline(explorer).says.value
    assert list(explorer.subject.primary) == ["tasks", "page_in", "slots", "compute"]


def test_a_slider_moves_the_answer_and_not_the_time_axis(explorer: Explorer) -> None:
    span = timeline(explorer).timeline.meta["span"]
    for tasks, share in ((1, "20 %"), (2, "38 %"), (8, "97 %")):
        explorer.controls["tasks"].value = str(tasks)
        assert explorer.scenario.tasks == tasks
        notes = timeline(explorer).timeline.meta["notes"]
        assert notes[0] == "20 % ± 0.9"
        assert abs(int(notes[1].split()[0]) - int(share.split()[0])) <= 2
        assert timeline(explorer).timeline.meta["span"] == span
    assert "--tasks 8" in explorer.bar.command
    assert explorer.bar.changed == 1


def test_no_stop_of_the_faults_slider_blocks_the_page(explorer: Explorer) -> None:
    stops = [int(value) for _, value in explorer.controls["faults"].options]
    assert {500, 5000} <= set(stops)
    assert max(stops) == 20_000
    began = time.process_time()
    explorer.controls["faults"].value = str(max(stops))
    assert time.process_time() - began < 3
    assert "20,000 faults each" in timeline(explorer).says.value
    curves = pagefault_theory()
    stops = [int(value) for _, value in curves.controls["faults"].options]
    assert max(stops) == 2000  # times sixteen runs
    began = time.process_time()
    curves.controls["faults"].value = str(max(stops))
    assert time.process_time() - began < 3


@pytest.mark.parametrize("preset", PRESETS, ids=lambda p: p.id)
def test_each_preset_opens_and_resets_exactly(explorer: Explorer, preset) -> None:  # type: ignore[no-untyped-def]
    explorer.load(preset.id)
    assert explorer.scenario == preset.scenario
    headline = explorer.bar.headline
    explorer.set(tasks=3)
    explorer.controls["faults"].value = "500"
    assert explorer.bar.changed == 2
    assert explorer._more_button.description == "More (1 changed)"
    explorer.load(preset.id)
    assert explorer.bar.headline == headline
    assert explorer.bar.changed == 0
    assert explorer._more_button.description == "More"


def test_the_table_says_what_the_picture_says(explorer: Explorer) -> None:
    rows = explorer.view.table.rows
    notes = timeline(explorer).timeline.meta["notes"]
    assert [(row[0], row[3]) for row in rows[:2]] == [("sync", notes[0]), ("pv", notes[1])]
    assert len(rows) == 2 + timeline(explorer).timeline.meta["count"]
    assert rows[0][4] == "share of time computing, 95 % interval; theory 20.0 %"


def test_lanes_unfold_by_name_and_fold_again(explorer: Explorer) -> None:
    picture = timeline(explorer)
    assert [made.description for made in picture.toggles.values()] == list(LANES)
    picture.toggles["halt"].value = True
    assert picture.timeline.meta["names"] == ["sync", "halt", "pv"]
    picture.toggles["tasks in pv"].value = True
    tasks = [f"pv task {t}" for t in range(4)]
    assert picture.timeline.meta["names"] == ["sync", "halt", "pv", *tasks]
    picture.toggles["messages"].value = True
    assert picture.timeline.meta["names"][-6:] == [
        f"pv {name}" for name in ("touch", "not present", "read", "page in", "ready", "ACK")
    ]
    picture.toggles["messages"].value = False
    picture.toggles["device slots"].value = True
    explorer.set(tasks=40, slots=3)
    assert picture.timeline.meta["names"][-5:] == ["pv tasks", "pv slot 0", "pv slot 1", "pv slot 2", "pv in line"]
    assert picture.timeline.meta["tops"][-5:] == [40, 0, 0, 0, 37]
    for made in picture.toggles.values():
        made.value = False
    assert picture.timeline.meta["names"] == ["sync", "pv"]


def test_a_chosen_segment_is_explained(explorer: Explorer) -> None:
    assert explorer.why.line.startswith("pv: the task that faults sleeps")
    lanes, _, _ = explorer.view.picture
    stopped = next(i for i in range(len(lanes)) if lanes.states[lanes.state[i]].token == "bad")
    timeline(explorer).timeline.selected = stopped
    assert explorer.why.line.startswith(f"sync: task 0 touches page 0x{lanes.what[stopped]:x}; the vCPU itself waits ")
    assert any(item.startswith("pv, ") and "ready delivered, token" in item for item in explorer.why.trace)
    idle = next(i for i in range(len(lanes)) if lanes.states[lanes.state[i]].token == "idle")
    timeline(explorer).timeline.selected = idle
    assert explorer.why.line.startswith("pv: no task is ready, each waits for its page; the first to be delivered is ")


def test_every_piece_of_every_lane_is_explained(explorer: Explorer) -> None:
    explorer.set(tasks=14, slots=2, scheduler="cfs", tick=1000.0, switch_cost=50.0, exit_cost=20.0, faults=300)
    picture = timeline(explorer)
    for made in picture.toggles.values():
        made.value = True
    lanes, _, _ = explorer.view.picture
    told = {(lanes.lane[i], lanes.state[i]): i for i in range(len(lanes))}
    for (lane, _), i in told.items():
        picture.timeline.selected = i
        assert explorer.why.line.startswith(f"{lanes.names[lane].split()[0]}: ")
        assert explorer.why.line.endswith(".")
    assert len(told) > 30


def test_while_a_control_moves_fewer_faults_are_simulated_and_then_all() -> None:
    """As on a page, where something comes back later: a draft that says so, then the whole run."""
    shown: list[str] = []

    async def drag() -> None:
        made = pagefault_explorer()
        assert isinstance(made, FaultExplorer)
        shown.append(timeline(made).says.value)
        for tasks in (5, 6, 7):
            made.controls["tasks"].value = str(tasks)
            shown.append(timeline(made).says.value)
        await asyncio.sleep(1)
        shown.append(timeline(made).says.value)
        assert made.view.headline == pagefault_explorer_at(7)

    asyncio.run(drag())
    assert [f"{DRAFT:,} faults each while you drag" in text for text in shown] == [False, True, True, True, False]
    assert "5,000 faults each, seed 1" in shown[-1]


def pagefault_explorer_at(tasks: int) -> str:
    made = pagefault_explorer()
    made.set(tasks=tasks)
    return str(made.view.headline)


@pytest.mark.parametrize(
    ("preset", "changes", "sync", "pv"),
    [
        ("P1", {"tasks": 1}, 0.2, 0.2),
        ("P1", {"tasks": 2}, 0.2, 0.3846),
        ("P1", {}, 0.2, 0.6893),
        ("P1", {"tasks": 8}, 0.2, 0.9696),
        ("P2", {"slots": None}, 0.2, 0.9696),
        ("P2", {"slots": 4}, 0.2, 0.8615),
        ("P2", {}, 0.2, 0.4985),
        ("P2", {"slots": 1}, 0.2, 0.25),
        ("P3", {"tasks": 64}, 1 / 81, 0.76),
        ("P3", {}, 1 / 81, 0.4963),
        ("P3", {"limit": None}, 1 / 81, 0.78),
        ("P4", {}, 10 / 13, 0.664),
        ("P4", {"tasks": 128}, 10 / 13, 2 / 3),
        ("P4", {"page_in": 50.0}, 1 / 6, 0.2954),
    ],
)
def test_presets_give_their_figures_in_theory_and_simulation(
    preset: str, changes: dict[str, float | None], sync: float, pv: float
) -> None:
    """The figures of the presets' points; the run lies within its interval, or within a point of the figure."""
    scenario = dataclasses.replace(next(p.scenario for p in PRESETS if p.id == preset), **changes)  # type: ignore[arg-type]
    assert which(scenario, "sync").utilisation == pytest.approx(sync, abs=1e-3)
    one = compare(scenario, ("pv",)).of("pv")
    assert one.theory.utilisation == pytest.approx(pv, abs=0.006)
    assert abs(one.utilisation - pv) < max(0.01, 1.6 * (one.ci95 or 0))
    if not changes:  # as it opens, the figure is the point itself
        assert one.utilisation == pytest.approx(pv, abs=0.01)
        assert compare(scenario, ("sync",)).of("sync").utilisation == pytest.approx(sync, abs=0.01)


def test_all_parameters_but_the_engine_are_within_reach(explorer: Explorer) -> None:
    names = {f.name for f in fields(type(explorer.scenario))}
    assert names - set(explorer.controls) == {"mode", "engine"}
    headings = [one.value for one in explorer._more.children if isinstance(one, ipywidgets.Label)]
    assert headings == ["Guest", "Host", "Costs", "Load", "What goes wrong", "The run"]
    explorer.controls["page_in_dist"].value = "lognormal:0.5"
    assert explorer.scenario.page_in_dist == "lognormal:0.5"
    explorer.controls["access"].value = "stack:"
    assert explorer.bar.error_at == "access"


def test_a_failure_has_its_headline_and_its_source(explorer: Explorer) -> None:
    explorer.set(failure="lost-done", failure_at=30)
    assert explorer.bar.headline.startswith("`lost-done`: no task is left that can run, after ")
    assert any("ab4e41eb9fab" in item for item in explorer.why.trace)


def test_a_bad_value_is_shown_at_its_control_and_the_picture_stays(explorer: Explorer) -> None:
    headline = explorer.bar.headline
    explorer.controls["seed"].value = "soon"
    assert explorer.bar.error_at == "seed"
    assert "'soon' is not a whole number" in explorer.bar.error
    assert explorer.bar.headline == headline
    explorer.controls["seed"].value = "2"
    assert explorer.bar.error == ""


def test_the_output_of_a_cell_has_a_picture_for_every_reader(explorer: Explorer) -> None:
    bundle = explorer._repr_mimebundle_()
    assert bundle["text/plain"] == repr(explorer)
    assert bundle["image/svg+xml"].startswith("<?xml")
    assert len(bundle["image/svg+xml"]) < 200_000


def test_unknown_presets_are_an_error_of_the_user() -> None:
    for made in (pagefault_explorer, pagefault_theory):
        with pytest.raises(LabError, match="--preset: 'P5' is not one of P1, P2, P3, P4"):
            made("P5")


def test_the_curves_open_on_each_preset_and_grey_what_is_varied() -> None:
    made = pagefault_theory("P2")
    assert repr(made) == "pagefault theory explorer, P2: With 1 slot pv computes 25 %, with ∞ slots 97 %."
    assert [name for name, one in made.controls.items() if one.disabled] == ["slots"]
    made.load("P4")
    assert [name for name, one in made.controls.items() if one.disabled] == ["page_in"]
    assert made.why.line.startswith("page-in 100 µs: pv: the task that faults sleeps")
    made.subject.picture.selected = "sync:0"
    assert made.why.line.startswith("page-in 1 µs: sync: the vCPU itself sleeps")
    assert made.bar.command.startswith("kernel-lab pagefault sweep ")
    assert [row[0] for row in made.view.table.rows][:2] == ["1 µs", "2 µs"]
    assert json.loads(made.view.table.to_json())[0]["page-in"] == "1 µs"


def test_a_list_of_values_that_is_none_is_shown_at_its_control() -> None:
    made = pagefault_theory("P1")
    made.controls["at"].value = "1,many"
    assert made.bar.error_at == "at"
    assert "'many' is not a whole number" in made.bar.error
