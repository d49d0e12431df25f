"""The explorer of page faults: vCPU lanes of two hosts on one time axis; and the curves behind them."""

from __future__ import annotations

from typing import Any

import ipywidgets
import traitlets

from lab.core.lanes import Lanes
from lab.core.scenario import command_line
from lab.pagefault import curve, explain
from lab.pagefault.comparison import Comparison, compare
from lab.pagefault.picture import lane_modes, lanes, table
from lab.pagefault.presets import PRESETS, SWEEPS
from lab.pagefault.scenario import PageFaultScenario
from lab.pagefault.sweep import SweepScenario, sweep
from lab.ui.chart import Chart
from lab.ui.frame import Canvas, Explorer, Subject, View, Why
from lab.ui.timeline import Timeline

__all__ = ["FaultLanes", "pagefault_explorer", "pagefault_theory"]

PRIMARY = ("tasks", "page_in", "slots", "compute")
MORE = (
    "vcpus", "shared", "limit", "compute_dist", "page_in_dist", "overhead", "overhead_sync", "overhead_pv",
    "faults", "window", "seed",
)  # fmt: skip
LANES = ("halt", "tasks in sync", "tasks in pv")  # what unfolds


class FaultLanes(ipywidgets.VBox):
    """The timeline of a comparison, and the lanes that unfold by name.

    `selected` is the timeline's; `unfolded` says which of `LANES` are open.
    """

    selected = traitlets.Int(-1)
    unfolded: Any = traitlets.Tuple()

    def __init__(self) -> None:
        """Begin folded and empty."""
        self.timeline = Timeline(height=300)
        self.says = ipywidgets.HTML()
        self.says.add_class("lab-says")
        self.toggles = {
            name: ipywidgets.ToggleButton(description=name, tooltip=f"Show or hide: {name}", layout={"width": "auto"})
            for name in LANES
        }
        for made in self.toggles.values():
            made.add_class("lab-toggle")
        row = ipywidgets.HBox([self.says, *self.toggles.values()])
        row.add_class("lab-unfold")
        super().__init__([self.timeline, row])
        traitlets.link((self.timeline, "selected"), (self, "selected"))
        for made in self.toggles.values():
            made.observe(self._on_toggle, "value")

    def show(self, shown: tuple[Lanes, str, str]) -> None:
        """Lanes, the headline (their name for readers of screens), and what the numbers rest on."""
        found, headline, basis = shown
        self.timeline.show(found, headline)
        self.says.value = f"<span>{basis}</span>"

    def _on_toggle(self, _change: Any) -> None:
        self.unfolded = tuple(name for name, made in self.toggles.items() if made.value)

    def __repr__(self) -> str:
        """The timeline's."""
        return repr(self.timeline)


def pagefault_explorer(preset: str = "P1") -> Explorer:
    """Who has to wait? vCPU lanes of sync and pv over one time axis.

    `preset`: P1 to P4. Raises `LabError` for another one.
    """
    picture = FaultLanes()

    def view(scenario: PageFaultScenario, _canvas: Canvas) -> View:
        modes = ("sync", "halt", "pv") if "halt" in picture.unfolded else ("sync", "pv")
        tasks = tuple(mode for mode in modes if f"tasks in {mode}" in picture.unfolded)
        return _view(compare(scenario, modes), modes, tasks)

    explorer = Explorer(
        Subject(
            name="pagefault",
            question="Who has to wait?",
            presets=PRESETS,
            primary=PRIMARY,
            view=view,
            command=lambda scenario: command_line(scenario, "pagefault", "run"),
            picture=picture,
            more=MORE,
        ),
        preset,
    )
    picture.observe(lambda _change: explorer.set(), "unfolded")
    return explorer


def _view(found: Comparison, modes: tuple[str, ...], tasks: tuple[str, ...]) -> View:
    shown = lanes(found, modes, tasks)
    owners = lane_modes(found, modes, tasks)
    headline = explain.headline(found)

    def why(key: str) -> Why:
        at = int(key or -1)
        if not 0 <= at < len(shown):
            return Why(*explain.why_run(found, found.of("pv")))
        mode, fault = owners[shown.lane[at]], shown.group[at]
        if fault < 0:
            return Why(*explain.why_run(found, found.of(mode)))
        return Why(*explain.why_fault(found, mode, fault))

    return View(
        headline=headline,
        picture=(shown, headline, explain.basis(found)),
        table=table(found, shown),
        svg=lambda: shown.to_picture(
            "Page faults: who has to wait", headline, row=64 if len(shown.names) <= 3 else 32
        ).standalone(),
        why=why,
    )


def pagefault_theory(preset: str = "P1") -> Explorer:
    """The share of time spent computing against one parameter: theory as a curve, simulation as points on it.

    `preset`: P1 tasks, P2 slots, P3 the limit, P4 break-even over the page-in. Raises `LabError` for another one.
    """
    explorer = Explorer(
        Subject(
            name="pagefault theory",
            question="How much does the vCPU compute?",
            presets=SWEEPS,
            primary=("page_in", "compute", "tasks", "slots"),
            view=_curve_view,
            command=lambda scenario: command_line(scenario, "pagefault", "sweep"),
            picture=Chart(),
            more=("over", "at", "limit", "page_in_dist", "overhead", "overhead_sync", "overhead_pv", "faults", "seed"),
        ),
        preset,
    )
    _quiet_varied(explorer)
    explorer.bar.observe(lambda _change: _quiet_varied(explorer), "command")
    return explorer


def _quiet_varied(explorer: Explorer) -> None:
    """The parameter along the axis has no single value to choose: its control is greyed."""
    for name, made in explorer.controls.items():
        made.disabled = name == explorer.scenario.field.name


def _curve_view(scenario: SweepScenario, canvas: Canvas) -> View:
    found = sweep(scenario, ("sync", "pv"))
    picture = curve.draw(found, canvas.width, 320, canvas.text)

    def why(key: str) -> Why:
        mode, _, index = key.partition(":")
        i = int(index) if index else len(found.points) - 1
        point = found.points[min(i, len(found.points) - 1)]
        line, trace = explain.why_run(point.comparison, point.comparison.of(mode or "pv"))
        return Why(f"{scenario.over} {point.label}: {line}", trace)

    return View(found.headline(), picture, found.to_table(), picture.standalone, why)
