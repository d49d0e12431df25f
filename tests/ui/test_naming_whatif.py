"""The what-if section without a browser: dragging, lists, undo, errors in place."""

from __future__ import annotations

from typing import Any

import pytest

from lab.core.dataset import find
from lab.core.errors import LabError
from lab.naming.matrix import run_matrix
from lab.naming.rebuild import ACTIONS, PRESETS
from lab.ui import naming_whatif

ONE = "52:54:00:00:00:01"


def tell(explorer: Any, **content: Any) -> None:
    """A message of the page."""
    explorer.subject.picture._on_message(None, content, [])


def said(explorer: Any) -> list[str]:
    return [child.value for child in explorer.subject.picture.steps.children if hasattr(child, "value")]


@pytest.mark.parametrize("preset", PRESETS, ids=lambda p: p.id)
def test_each_preset_says_what_the_core_says(preset: Any) -> None:
    explorer = naming_whatif(preset.id)
    answer = run_matrix(preset.scenario.pair)
    assert explorer.bar.headline == answer.headline
    assert explorer.view.table == answer.to_table()
    assert explorer.bar.badge == "edited"
    assert explorer.bar.command == preset.scenario.command()
    assert said(explorer) == [f"{i}. {step}" for i, step in enumerate(preset.scenario.step, 1)]


def test_opens_on_n1_and_stores_a_picture() -> None:
    explorer = naming_whatif()
    assert repr(explorer).startswith(
        "naming what-if explorer, N1: Only MAC names stay; PATH and default names now mean"
    )
    made = explorer._repr_mimebundle_()
    data = made[0] if isinstance(made, tuple) else made
    assert "var(--" not in data["image/svg+xml"]
    assert ">+ card<" not in data["image/svg+xml"], "a still picture offers nothing to take"


def test_a_new_card_is_dragged_to_a_place_and_taken_back() -> None:
    explorer = naming_whatif(step=())
    assert explorer.bar.badge == ""
    assert said(explorer) == ["No step yet: drag a card to a place, or choose below."]
    tell(explorer, took="add virtio", put="to port 0000:00:01")
    assert explorer.scenario.step == ("add virtio at port 0000:00:01",)
    assert explorer.bar.badge == "edited"
    assert len(explorer.view.table.rows) == 12
    explorer.subject.picture.steps.children[-1].click()
    assert explorer.scenario.step == ()
    assert len(explorer.view.table.rows) == 6


def test_a_click_takes_and_a_click_puts() -> None:
    explorer = naming_whatif(step=())
    bench = explorer.subject.picture
    plain = bench.chart.svg
    tell(explorer, took=f"card {ONE}")
    assert bench.held == f"card {ONE}"
    tell(explorer, took="add nic")
    assert bench.held == "add nic"
    assert bench.chart.svg != plain
    tell(explorer, took="add nic")
    assert (bench.held, bench.chart.svg) == ("", plain)
    tell(explorer, took="to 0000:00:01")
    assert explorer.scenario.step == (), "a place alone says nothing"
    tell(explorer, took=f"card {ONE}")
    tell(explorer, took="to 0000:00:01")
    assert (bench.held, explorer.scenario.step) == ("", (f"move {ONE} to 0000:00:01",))
    assert "`enp0s1`" in explorer.view.why(f"PATH {ONE}").line
    tell(explorer, took=f"card {ONE}", put="out of the machine")
    assert explorer.scenario.step[-1] == f"remove {ONE}"


def test_what_a_page_may_not_say_does_nothing() -> None:
    explorer = naming_whatif(step=())
    for content in ({}, {"took": 3}, {"took": "add nic", "put": 4}, {"took": "add nic", "put": "out of the machine"}):
        tell(explorer, **content)
    explorer.subject.picture._on_message(None, "text", [])
    assert explorer.scenario.step == ()
    tell(explorer, took="add nic", put="to the moon")
    assert explorer.bar.error.startswith("--step: 'the moon' is no place")
    assert explorer.bar.error_at == "step"
    assert explorer.scenario.step == ()


def test_the_lists_do_the_same() -> None:
    explorer = naming_whatif("N4", step=())
    bench = explorer.subject.picture
    bench.who.value, bench.where.value = "dual", "0000:00:02"
    bench.button.click()
    assert explorer.scenario.step == ("add dual at 0000:00:02",)
    bench.action.value = "move a card"
    bench.who.value, bench.where.value = ONE, "0000:00:1e"
    bench.button.click()
    assert explorer.scenario.step[-1] == f"move {ONE} to 0000:00:1e"
    bench.action.value = "set the firmware index"
    assert (bench.where.layout.display, bench.value.layout.display) == ("none", None)
    assert bench.value.description == "index or none"
    bench.value.value = "7"
    bench.button.click()
    assert explorer.scenario.step[-1] == f"index {ONE} = 7"
    assert "`eno7`" in explorer.view.why(f"ONBOARD {ONE}").line
    bench.value.value = "seven"
    bench.button.click()
    assert explorer.bar.error_at == "step"
    assert len(explorer.scenario.step) == 3
    bench.action.value = "enable virtual functions"
    bench.value.value = "2"
    bench.button.click()
    assert explorer.bar.error == ""
    assert [row[6] for row in explorer.view.table.rows if row[4] == "PATH"].count("enp0s30v1") == 1


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_has_the_lists_that_it_needs(action: str) -> None:
    bench = naming_whatif("N3", step=()).subject.picture
    bench.action.value = action
    kind, needs = ACTIONS[action]
    shown = {name for name in ("who", "where", "value") if getattr(bench, name).layout.display is None}
    wanted = {"card": "who", "new": "who", "place": "where"}
    assert shown == {wanted.get(need, "value") for need in needs}, kind
    assert all(getattr(bench, name).options for name in shown & {"who", "where"})


def test_the_places_are_those_that_are_left() -> None:
    explorer = naming_whatif("N4", step=())
    bench = explorer.subject.picture
    tell(explorer, took="add nic", put="to 0000:00:02")
    assert "0000:00:02" not in [value for _, value in bench.where.options]
    tell(explorer, took="add nic", put="to 0000:00:02")
    assert "0000:00:02.0 is taken" in explorer.bar.error
    assert len(explorer.scenario.step) == 1


def test_a_step_of_the_text_box_and_a_udev_database() -> None:
    explorer = naming_whatif("N4")
    explorer.controls["step"].value = "sun 0000:00:03.0 = 4"
    assert "`ens4`" in explorer.view.why(f"SLOT {ONE}").line
    explorer.controls["step"].value = "fly"
    assert explorer.bar.error_at == "step"
    recorded = naming_whatif("N4", machine=str(find("naming/t09b").path / "export-db.txt"), step=())
    assert recorded.subject.picture.button.disabled
    with pytest.raises(LabError, match="recorded names cannot be edited"):
        recorded.set(step=("renumber",))


def test_the_slider_of_a_rebuilt_machine() -> None:
    explorer = naming_whatif("N4")
    assert explorer.controls["scheme"].labels == ["v238–v255", "v257–v261"]
    explorer.controls["scheme"].index = 0
    assert explorer.scenario.scheme == "v255"
    assert [row[7] for row in explorer.view.table.rows if row[0] == ONE and row[4] == "default"] == ["kept"]
    explorer.controls["systemd"].value = 252
    assert (explorer.bar.error, explorer.scenario.scheme) == ("", "default")


def test_what_is_taken_for_granted_stands_in_the_trace() -> None:
    explorer = naming_whatif()
    assert any("bus numbers are those that firmware gives" in line for line in explorer.why.trace)
    explorer.subject.picture.selected = "add quad"
    assert explorer.why.line == "new: network card, four ports behind a switch."
