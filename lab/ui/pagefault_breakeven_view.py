"""When telling the guest pays: theory's map at once, simulated cells by a click."""

from __future__ import annotations

import dataclasses
from typing import Any

import ipywidgets

from lab.core.errors import LabError
from lab.core.progress import Progress
from lab.core.scenario import command_line
from lab.pagefault.breakeven_map import (
    MAPS,
    OVERHEADS,
    PAGE_INS,
    Cell,
    MapScenario,
    Simulated,
    break_even_map,
    simulate,
)
from lab.pagefault.breakeven_picture import draw
from lab.ui.chart import Chart
from lab.ui.frame import Canvas, Explorer, Subject, View, Why
from lab.ui.job import Job
from lab.ui.mime import with_svg

__all__ = ["BreakEvenSection", "pagefault_breakeven"]

EVERY = tuple((x, y) for y in range(len(OVERHEADS)) for x in range(len(PAGE_INS)))


def pagefault_breakeven(preset: str = "P4", **changes: Any) -> BreakEvenSection:
    """When does telling the guest pay? A map by theory; cells are simulated by a click.

    `preset`: P4, P4a, P4b or P4c; `changes`: of its parameters, such as tasks=4. Raises `LabError` for another one.
    """
    return BreakEvenSection(preset, changes)


class BreakEvenSection(ipywidgets.VBox):
    """The map, and what was simulated of it; that is kept by scenario."""

    def __init__(self, preset: str, changes: dict[str, Any]) -> None:
        """Show theory; nothing is simulated yet."""
        self.simulated: dict[MapScenario, dict[Cell, Simulated]] = {}
        self._chart = Chart(grid=True)
        self.explorer = Explorer(
            Subject(
                name="pagefault_breakeven",
                question="When does telling the guest pay?",
                presets=MAPS,
                primary=("tasks", "compute", "slots", "overhead_pv"),
                view=self._view,
                command=_command,
                picture=self._chart,
                more=("faults", "seed"),
            ),
            preset,
            **changes,
        )
        self.one = Job("Simulate the chosen cell", self._chosen, self._done)
        self.all = Job("Simulate all cells", self._every, self._done)
        super().__init__([self.explorer, ipywidgets.HBox([self.one, self.all])])
        self.add_class("lab")

    def _chosen(self, progress: Progress) -> tuple[MapScenario, dict[Cell, Simulated]]:
        cell = _cell(self._chart.selected)
        if cell is None:
            raise LabError("no cell is chosen; click one in the map, or move there with the arrow keys")
        return self._simulate((cell,), progress)

    def _every(self, progress: Progress) -> tuple[MapScenario, dict[Cell, Simulated]]:
        return self._simulate(EVERY, progress)

    def _simulate(self, cells: tuple[Cell, ...], progress: Progress) -> tuple[MapScenario, dict[Cell, Simulated]]:
        scenario = self.explorer.scenario
        return _same(scenario), simulate(scenario, cells, progress)

    def _done(self, found: tuple[MapScenario, dict[Cell, Simulated]]) -> None:
        scenario, cells = found
        self.simulated[scenario] = self.simulated.get(scenario, {}) | cells
        self.explorer.set()

    def _view(self, scenario: MapScenario, canvas: Canvas) -> View:
        found = break_even_map(scenario.tasks, scenario.compute, scenario.slots, scenario.overhead_pv)
        done = self.simulated.get(_same(scenario), {})
        height = 292 if canvas.text <= 14 else 22 * canvas.text
        picture = draw(found, done, canvas.width, height, canvas.text)

        def why(key: str) -> Why:
            cell = _cell(key) or (PAGE_INS.index(3.0), OVERHEADS.index(5.0))
            return Why(*found.why(cell, done.get(cell)))

        return View(found.sentence, picture, found.to_table(done), picture.standalone, why)

    def __repr__(self) -> str:
        """The headline."""
        return repr(self.explorer)

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        return with_svg(super()._repr_mimebundle_(**kwargs), self.explorer.view.svg(), repr(self))


def _same(scenario: MapScenario) -> MapScenario:
    """What decides a simulated cell: the row of the sentence does not."""
    return dataclasses.replace(scenario, overhead_pv=MapScenario().overhead_pv)


def _cell(key: str) -> Cell | None:
    x, _, y = key.partition(":")
    return (int(x), int(y)) if x.isdecimal() and y.isdecimal() else None


def _command(scenario: MapScenario) -> str:
    line = command_line(scenario.scenario(), "pagefault", "break-even")
    return f"{line} --over page-in --from {PAGE_INS[0]:g} --to {PAGE_INS[-1]:g}"
