"""The slider over groups of values that give one result: alone, and in the frame."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any

import pytest

from lab.core.errors import LabError
from lab.core.scenario import Parameter, Preset, check, command_line
from lab.core.svg import Picture
from lab.core.table import Table
from lab.ui.chart import Chart
from lab.ui.frame import Canvas, Explorer, Subject, View, Why
from lab.ui.stops import Stop, StopSlider

WORDS = ("a", "b", "c", "d", "e")


@dataclasses.dataclass(frozen=True, slots=True)
class Round:
    """The `word` counts only up to `cut`: those before it are one group, the others another."""

    word: Annotated[str, Parameter("A word", choices=WORDS)] = "e"
    cut: Annotated[str, Parameter("Where it is cut", choices=(*WORDS, "none", "bad"))] = "c"

    def __post_init__(self) -> None:
        check(self)


PRESETS = (Preset("R1", "late", Round(), ""), Preset("R2", "early", Round("a", "c"), ""))


def stops(scenario: Round) -> tuple[Stop, ...]:
    if scenario.cut in ("none", "a"):
        return (Stop("all", "e", WORDS),)
    at = WORDS.index(scenario.cut)
    return Stop(f"before {scenario.cut}", WORDS[at - 1], WORDS[:at]), Stop(f"from {scenario.cut}", "e", WORDS[at:])


def view(scenario: Round, canvas: Canvas) -> View:
    if scenario.cut == "bad":
        raise LabError("--cut: bad is refused")
    picture = Picture(canvas.width, 50, "Round", scenario.word)
    return View(scenario.word, picture, Table(("word",), ((scenario.word,),)), picture.standalone, lambda key: Why(key))


def explorer(**more: Any) -> Explorer:
    subject = Subject(
        name="round",
        question="Which?",
        presets=PRESETS,
        primary=("word", "cut"),
        view=view,
        command=lambda s: command_line(s, "round"),
        picture=Chart(),
        stops={"word": stops},
        **more,
    )
    return Explorer(subject)


def test_moving_gives_the_value_of_the_stop_unless_the_value_lies_there() -> None:
    slider = StopSlider(stops(Round()), "d", description="word")
    assert (slider.index, slider.value, slider.labels) == (1, "d", ["before c", "from c"])
    slider.index = 0
    assert slider.value == "b"
    slider.index = 1
    assert slider.value == "e"
    slider.offer(stops(Round(cut="none")), "e")
    assert (slider.index, slider.labels, repr(slider)) == (0, ["all"], "StopSlider('word', 'all')")


def test_a_value_that_lies_at_no_stop_is_a_bug_and_a_strange_index_does_nothing() -> None:
    slider = StopSlider(stops(Round()), "d")
    with pytest.raises(ValueError, match="lies at no stop"):
        slider.offer(stops(Round()), "z")
    slider.index = 99
    assert slider.value == "d"


def test_a_preset_stands_at_its_stop_and_keeps_its_value() -> None:
    made = explorer()
    made.load("R2")
    assert (made.controls["word"].index, made.scenario.word, made.bar.changed) == (0, "a", 0)
    made.controls["word"].index = 1
    assert (made.scenario, made.bar.headline) == (Round("e", "c"), "e")
    made.load("R2")
    assert (made.controls["word"].index, made.scenario.word) == (0, "a")


def test_another_parameter_recomputes_the_stops_and_the_value_stays() -> None:
    made = explorer()
    made.set(word="b")
    assert made.controls["word"].labels == ["before c", "from c"]
    made.controls["cut"].value = "b"
    assert (made.controls["word"].labels, made.controls["word"].index) == (["before b", "from b"], 1)
    made.controls["cut"].value = "none"
    assert (made.controls["word"].labels, made.scenario.word) == (["all"], "b")
    made.controls["cut"].value = "c"
    assert (made.controls["word"].index, made.scenario.word) == (0, "b")


def test_an_error_leaves_the_stops_as_they_are() -> None:
    made = explorer()
    made.controls["cut"].value = "bad"
    assert made.bar.error == "--cut: bad is refused"
    assert (made.controls["word"].labels, made.scenario.cut) == (["before c", "from c"], "c")


def test_what_does_not_fit_is_mended_and_the_control_says_so() -> None:
    def fit(scenario: Round) -> Round:
        return dataclasses.replace(scenario, word="c") if scenario.cut == "c" else scenario

    made = explorer(fit=fit)
    made.set(word="a", cut="b")
    made.controls["cut"].value = "c"
    assert (made.scenario, made.controls["word"].index, made.controls["word"].value) == (Round("c", "c"), 1, "c")


def test_an_explorer_may_open_on_changes_of_a_preset() -> None:
    made = Explorer(explorer().subject, "R2", cut="b")
    assert (made.scenario, made.bar.changed) == (Round("a", "b"), 1)
    with pytest.raises(LabError, match="no parameter"):
        Explorer(explorer().subject, "R2", size="b")


def test_enter_in_a_grid_asks_for_the_trace() -> None:
    made = explorer()
    made.subject.picture.asked += 1
    assert made.why.asked == 1
