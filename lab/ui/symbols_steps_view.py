"""One lookup step by step: what a structure looks like in memory, and where the lookup looks."""

from __future__ import annotations

import dataclasses
import shlex

from lab.symbols.steps_picture import steps_picture
from lab.symbols.walk import WALKS, WalkScenario, walk
from lab.ui.chart import Chart
from lab.ui.frame import Canvas, Explorer, Subject, View, Why
from lab.ui.stops import Stop
from lab.ui.symbols_names import offered_names

__all__ = ["symbols_steps"]

EACH = 60  # so many steps have a stop each; of longer lookups the slider skips some


def symbols_steps(preset: str = "S1") -> Explorer:
    """What does a lookup look at? One name in one structure, step by step.

    `preset`: S1 (a typical name) or S2 (a name that is missing). → in the picture goes on by one step.
    Raises `LabError` for another preset.
    """
    picture = Chart(grid=True)
    explorer = Explorer(
        Subject(
            name="symbols_steps",
            question="What does a lookup look at?",
            presets=WALKS,
            primary=("structure", "name", "step"),
            view=_view,
            command=_command,
            picture=picture,
            more=("size", "layout"),
            words={"name": offered_names},
            stops={"step": _stops},
            fit=_fit,
        ),
        preset,
    )

    def chosen(change: dict[str, str]) -> None:
        word, _, step = change["new"].partition(":")
        if word == "step" and step.isdecimal() and int(step) != explorer.scenario.step:
            explorer.set(step=int(step))

    picture.observe(chosen, "selected")
    return explorer


def _fit(scenario: WalkScenario) -> WalkScenario:
    """The step that there is, where the lookup is shorter now."""
    return dataclasses.replace(scenario, step=min(scenario.step, len(walk(scenario).steps)))


def _stops(scenario: WalkScenario) -> list[Stop]:
    count = len(walk(scenario).steps)
    apart = -(-count // EACH)
    values = sorted({*range(1, count + 1, apart), count, scenario.step})
    return [Stop(f"{k:,} of {count:,}", k) for k in values]


def _command(scenario: WalkScenario) -> str:
    words = ["kernel-lab", "symbols", "cost", "--name", scenario.name, "--methods", scenario.structure]
    if scenario.size != WalkScenario().size:
        words += ["--size", str(scenario.size)]
    if scenario.layout != WalkScenario().layout:
        words += ["--layout", scenario.layout]
    return shlex.join(words)


def _view(scenario: WalkScenario, canvas: Canvas) -> View:
    found = walk(scenario)
    step = min(scenario.step, len(found.steps))
    picture = steps_picture(found, step, canvas.width, canvas.text)
    return View(
        headline=found.headline,
        picture=picture,
        table=found.table(),
        svg=picture.standalone,
        why=lambda key: Why(found.why(step), found.trace()),
    )
