"""The dependencies of a module on the page."""

from __future__ import annotations

import shlex
from typing import Any

from lab.symbols.graph_picture import graph_picture
from lab.symbols.module_graph import GRAPHS, GraphScenario, ModuleGraph, module_graph
from lab.symbols.module_load import bundled_modules
from lab.ui.chart import Chart
from lab.ui.frame import Canvas, Explorer, Subject, View, Why

__all__ = ["symbols_graph"]


def symbols_graph(preset: str = "G1", **changes: Any) -> Explorer:
    """Which modules must be loaded first? Or which need this one? `changes`: such as module="ext4".

    Raises `LabError` for an unknown preset, or a module that the bundled kernel does not have.
    """
    chart = Chart(grid=True)
    shown: list[tuple[ModuleGraph, Canvas]] = []

    def view(scenario: GraphScenario, canvas: Canvas) -> View:
        graph = module_graph(scenario)
        shown[:] = [(graph, canvas)]
        return View(
            headline=graph.headline,
            picture=graph_picture(graph, chart.selected, canvas.width, canvas.text),
            table=graph.table(),
            svg=lambda: graph_picture(graph).standalone(),
            why=lambda key: Why(graph.why(key), graph.trace(key)),
        )

    def choose(change: Any) -> None:
        """The lines of the module that was chosen stand out."""
        graph, canvas = shown[0]
        chart.show(graph_picture(graph, change["new"], canvas.width, canvas.text))

    chart.observe(choose, "selected")
    return Explorer(
        Subject(
            name="symbols_graph",
            question="Which modules must be loaded first?",
            presets=GRAPHS,
            primary=("module", "direction"),
            view=view,
            command=_command,
            picture=chart,
            more=("depth",),
            words={"module": bundled_modules},
        ),
        preset,
        **changes,
    )


def _command(scenario: GraphScenario) -> str:
    words = ["kernel-lab", "symbols", "deps", scenario.module, "--on", "INDEX"]
    return shlex.join([*words, "--tree" if scenario.direction == "needs" else "--reverse"])
