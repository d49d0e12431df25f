"""The protocol of the page-fault notebook, step by step: guest, KVM, worker and device."""

from __future__ import annotations

import dataclasses
from typing import Any

import ipywidgets
import traitlets

from lab.core.svg import Picture
from lab.pagefault.sequence import PRESETS, SequenceScenario, sequence, table
from lab.pagefault.sequence.picture import draw
from lab.ui.chart import Chart
from lab.ui.frame import Canvas, Explorer, Subject, View, Why
from lab.ui.stops import Stop

__all__ = ["Stepped", "pagefault_protocol"]

EACH = 200  # so many steps have a stop each; of longer sequences the slider skips some
BUTTONS = {"◀ Back": -1, "Next ▶": 1, "Next fault ▶▶": 0}


class Stepped(ipywidgets.VBox):
    """A picture of steps, with buttons that go one back, one on, or on to the next fault."""

    selected = traitlets.Unicode("")
    asked = traitlets.Int(0)
    pressed: Any = traitlets.Tuple((0, 0))  # how many presses so far, and which way the last one goes

    def __init__(self) -> None:
        """Begin empty."""
        self.chart = Chart(grid=True)
        self.says = ipywidgets.HTML()
        self.says.add_class("lab-says")
        self.buttons = [ipywidgets.Button(description=word, layout={"width": "auto"}) for word in BUTTONS]
        for made in self.buttons:
            made.add_class("lab-more-button")
            made.on_click(self._on_click)
        row = ipywidgets.HBox([*self.buttons, self.says])
        row.add_class("lab-unfold")
        super().__init__([self.chart, row])
        traitlets.link((self.chart, "selected"), (self, "selected"))
        traitlets.link((self.chart, "asked"), (self, "asked"))

    def show(self, shown: tuple[Picture, str]) -> None:
        """The picture, and what its steps are taken from."""
        picture, basis = shown
        self.chart.show(picture)
        self.says.value = f"<span>{basis}</span>"

    def _on_click(self, button: Any) -> None:
        self.pressed = (self.pressed[0] + 1, BUTTONS[button.description])

    def __repr__(self) -> str:
        """The picture's."""
        return repr(self.chart)


def pagefault_protocol(preset: str = "M1") -> Explorer:
    """Who tells whom what, when a page is missing? M1 is recorded, the others are simulated.

    `preset`: M1 to M7. ↑ and ↓ in the picture, the buttons and the slider step. Raises `LabError` for another one.
    """
    picture = Stepped()
    explorer = Explorer(
        Subject(
            name="pagefault_protocol",
            question="Who tells whom what?",
            presets=PRESETS,
            primary=("case", "step"),
            view=_view,
            command=lambda scenario: sequence(scenario.case).command,
            picture=picture,
            stops={"step": _stops},
            fit=_fit,
        ),
        preset,
    )

    def chosen(change: dict[str, Any]) -> None:
        word, _, step = change["new"].partition(":")
        if word == "step" and step.isdecimal() and int(step) != _number(explorer.scenario):
            explorer.set(step=int(step))

    def pressed(change: dict[str, Any]) -> None:
        explorer.set(step=_next(explorer.scenario, change["new"][1]))

    picture.observe(chosen, "selected")
    picture.observe(pressed, "pressed")
    return explorer


def _number(scenario: SequenceScenario) -> int:
    return sequence(scenario.case).number(scenario.step)


def _next(scenario: SequenceScenario, way: int) -> int:
    """One step back or on; 0: on to the next step at which a task touches a missing page."""
    found, now = sequence(scenario.case), _number(scenario)
    if way:
        return min(max(1, now + way), len(found.steps))
    touches = [one.number for one in found.steps[now:] if one.kind == "touch"]
    return touches[0] if touches else now


def _fit(scenario: SequenceScenario) -> SequenceScenario:
    """The step that there is, where another case has fewer."""
    return dataclasses.replace(scenario, step=min(scenario.step, len(sequence(scenario.case).steps)))


def _stops(scenario: SequenceScenario) -> list[Stop]:
    found = sequence(scenario.case)
    count = len(found.steps)
    values = sorted({*range(1, count + 1, -(-count // EACH)), count, found.begin, found.number(scenario.step)})
    return [Stop(f"{k:,} of {count:,}", k, (0,) if k == found.begin else ()) for k in values]


def _view(scenario: SequenceScenario, canvas: Canvas) -> View:
    found = sequence(scenario.case)
    step = found.at(scenario.step)
    picture = draw(found, scenario.step, canvas.width, canvas.text)

    def why(_key: str) -> Why:
        around = found.steps[max(0, step.number - 6) : step.number]
        trace = [f"{one.number}. {one.source} → {one.target}: {one.text}. {one.why}." for one in around]
        return Why(f"Step {step.number} of {len(found.steps):,}: {step.why}.", tuple(trace))

    return View(
        headline=found.headline,
        picture=(picture, found.basis),
        table=table(found.steps, f"{found.case.title}: {len(found.steps):,} steps; {found.basis}"),
        svg=picture.standalone,
        why=why,
    )
