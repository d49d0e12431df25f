"""The curves behind the explorer of page faults: theory as a line, simulation as points on it."""

from __future__ import annotations

from lab.core.scenario import command_line
from lab.pagefault import curve, explain
from lab.pagefault.presets import SWEEPS
from lab.pagefault.sweep import SweepScenario, sweep
from lab.ui.chart import Chart
from lab.ui.frame import Canvas, Explorer, Subject, View, Why

__all__ = ["pagefault_theory"]


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
