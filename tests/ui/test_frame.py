"""The frame with a small subject of its own: presets, changes, errors at the control, table, export."""

from __future__ import annotations

import dataclasses
import json
import xml.etree.ElementTree as ET
from typing import Annotated, Any

import pytest

from lab.core.errors import LabError
from lab.core.scenario import Parameter, Preset, check, command_line
from lab.core.svg import Picture
from lab.core.table import Table
from lab.ui.chart import Chart
from lab.ui.frame import Canvas, Explorer, Subject, View, Why


@dataclasses.dataclass(frozen=True, slots=True)
class Queue:
    tasks: Annotated[int, Parameter("How many tasks there are", low=1, high=64, steps=(1, 2, 4, 8, 64))] = 4
    page_in: Annotated[float, Parameter("Mean page-in", unit="us", low=1, high=1e5, log=True)] = 4000.0
    slots: Annotated[int | None, Parameter("Slots of the device", low=1, high=16, absent="inf")] = None
    order: Annotated[str, Parameter("Order of service", choices=("fifo", "lifo"))] = "fifo"
    seed: Annotated[int, Parameter("Seed", low=0, high=10**9)] = 1

    def __post_init__(self) -> None:
        check(self)


PRESETS = (
    Preset("Q1", "Four tasks", Queue(), "the start"),
    Preset("Q2", "A wall", Queue(tasks=8, slots=2, page_in=3.0), "the device"),
)


def view(queue: Queue, canvas: Canvas) -> View:
    if queue.seed == 13:
        raise LabError("--seed: 13 is refused here, take another")
    picture = Picture(canvas.width, 100, "Queue", f"{queue.tasks} tasks")
    picture.open("a", "shape a")
    picture.rect(0, 0, 10 * queue.tasks, 20, "good")
    picture.close()
    return View(
        headline=f"{queue.tasks} tasks wait.",
        picture=picture,
        table=Table(("tasks", "slots"), ((queue.tasks, queue.slots),), "one row"),
        svg=picture.standalone,
        why=lambda key: Why(f"chosen: {key or 'none'}", ("first", "second")),
        badge="edited" if queue.tasks == 8 else "",
    )


@pytest.fixture
def explorer() -> Explorer:
    subject = Subject(
        name="queue",
        question="Who waits?",
        presets=PRESETS,
        primary=("tasks", "page_in", "slots", "order"),
        view=view,
        command=lambda s: command_line(s, "queue", "run"),
        picture=Chart(),
        more=("seed",),
    )
    return Explorer(subject)


def sent(explorer: Explorer, monkeypatch: pytest.MonkeyPatch, wanted: str) -> Any:
    messages: list[Any] = []
    monkeypatch.setattr(explorer.bar, "send", messages.append)
    explorer._on_message(None, {"do": wanted}, [])
    return messages[-1] if messages else None


def test_opens_on_the_first_preset_and_says_its_answer(explorer: Explorer) -> None:
    assert explorer.bar.headline == "4 tasks wait."
    assert repr(explorer) == "queue explorer, Q1: 4 tasks wait."
    assert explorer.bar.changed == 0
    assert explorer.why.line == "chosen: none"


def test_a_control_changes_the_scenario_and_everything_shown(explorer: Explorer) -> None:
    explorer.controls["tasks"].value = "8"
    assert explorer.scenario == Queue(tasks=8)
    assert explorer.bar.headline == "8 tasks wait."
    assert explorer.bar.badge == "edited"
    assert explorer.bar.command == "kernel-lab queue run --tasks 8 --seed 1"
    assert 'width="80"' in explorer.subject.picture.svg
    assert explorer.bar.changed == 1


def test_an_absent_quantity_and_a_duration_can_be_chosen(explorer: Explorer) -> None:
    explorer.controls["slots"].value = "3"
    assert explorer.scenario.slots == 3
    explorer.controls["slots"].value = "inf"
    assert explorer.scenario.slots is None
    explorer.controls["page_in"].value = "50"
    assert explorer.scenario.page_in == 50.0


def test_load_moves_every_control_even_to_a_stop_the_slider_had_not(explorer: Explorer) -> None:
    explorer.load("Q2")
    assert explorer.scenario == PRESETS[1].scenario
    assert (explorer.controls["tasks"].value, explorer.controls["page_in"].value) == ("8", "3")
    assert explorer.bar.changed == 0
    explorer.set(order="lifo")
    assert explorer.controls["order"].value == "lifo"
    explorer._on_message(None, {"do": "reset"}, [])
    assert explorer.scenario == PRESETS[1].scenario


def test_the_preset_list_of_the_page_loads_a_preset(explorer: Explorer) -> None:
    explorer.bar.preset = "Q2"
    assert explorer.scenario == PRESETS[1].scenario


def test_an_error_stands_at_its_control_and_the_last_good_picture_stays(explorer: Explorer) -> None:
    good = explorer.subject.picture.svg
    for text in ("13", "ten", "-5"):
        explorer.controls["seed"].value = text
        assert explorer.bar.error.startswith("--seed: ")
        assert explorer.bar.error_at == "seed"
        assert explorer.subject.picture.svg == good
        assert explorer.scenario.seed == 1
    explorer.controls["seed"].value = "2"
    assert explorer.bar.error == ""
    assert explorer.scenario.seed == 2


def test_reset_after_a_refused_input_shows_the_preset_everywhere(explorer: Explorer) -> None:
    explorer.controls["seed"].value = "ten"
    assert (explorer.bar.changed, explorer.bar.error != "") == (0, True)
    explorer._on_message(None, {"do": "reset"}, [])
    assert explorer.bar.error == ""
    assert explorer.controls["seed"].value == "1"


def test_unknown_names_are_refused(explorer: Explorer) -> None:
    with pytest.raises(LabError, match="Q9"):
        explorer.load("Q9")
    with pytest.raises(LabError, match="colour"):
        explorer.set(colour="red")
    with pytest.raises(LabError, match="out of range"):
        explorer.set(tasks=65)
    assert explorer.scenario == Queue()


def test_more_counts_the_hidden_changes(explorer: Explorer) -> None:
    assert explorer._more.layout.display == "none"
    explorer.set(seed=7)
    assert explorer._more_button.description == "More (1 changed)"
    explorer._more_button.value = True
    assert explorer._more.layout.display is None


def test_the_table_takes_the_place_of_the_picture_and_has_its_values(explorer: Explorer) -> None:
    explorer.bar.table_shown = True
    assert explorer.table.layout.display == "block"
    assert explorer.subject.picture.layout.display == "none"
    assert explorer.table.content["rows"] == [["4", "–"]]
    explorer.set(tasks=8)
    assert explorer.table.content["rows"][0][0] == "8"


def test_choosing_a_shape_explains_it(explorer: Explorer) -> None:
    explorer.subject.picture.selected = "a"
    assert explorer.why.line == "chosen: a"
    assert explorer.why.trace == ["first", "second"]


def test_the_page_s_width_and_text_size_are_drawn_for(explorer: Explorer) -> None:
    explorer.bar.width = 640
    assert 'viewBox="0 0 640 100"' in explorer.subject.picture.svg
    explorer.bar.width = 10**9
    assert 'viewBox="0 0 1200 100"' in explorer.subject.picture.svg


def test_exports_are_whole_files(explorer: Explorer, monkeypatch: pytest.MonkeyPatch) -> None:
    svg = sent(explorer, monkeypatch, "svg")
    assert svg["save"] == "queue-Q1.svg"
    assert ET.fromstring(svg["text"]).tag.endswith("svg")
    assert "var(" not in svg["text"]
    assert sent(explorer, monkeypatch, "csv")["text"] == "tasks,slots\n4,\n"
    assert json.loads(sent(explorer, monkeypatch, "json")["text"]) == [{"tasks": 4, "slots": None}]


def test_a_strange_message_from_the_page_does_nothing(explorer: Explorer, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sent(explorer, monkeypatch, "rm -rf") is None


def test_the_mime_bundle_has_text_and_a_standalone_picture(explorer: Explorer) -> None:
    bundle = explorer._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    assert data["text/plain"] == "queue explorer, Q1: 4 tasks wait."
    assert data["image/svg+xml"] == explorer.view.svg()
    assert "application/vnd.jupyter.widget-view+json" in data
