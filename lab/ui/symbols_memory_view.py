"""Memory against cost: what each index structure keeps, and what that saves."""

from __future__ import annotations

from lab.core.scenario import command_line
from lab.symbols.memory import MEMORY, MemoryScenario, amount, memory_headline, memory_points, memory_table
from lab.symbols.memory_picture import memory_picture
from lab.symbols.scenario import SymbolScenario
from lab.ui.chart import Chart
from lab.ui.frame import Canvas, Explorer, Subject, View, Why

__all__ = ["symbols_memory"]


def symbols_memory(preset: str = "S1") -> Explorer:
    """What does an index cost, and what does it save? Memory against the cost of a lookup.

    `preset`: S1 (names that are found) or S2 (names that are missing). Raises `LabError` for another one.
    """
    return Explorer(
        Subject(
            name="symbols_memory",
            question="What does one more byte a name buy?",
            presets=MEMORY,
            primary=("cost", "lookups", "size"),
            view=_view,
            command=_command,
            picture=Chart(),
            more=("layout",),
        ),
        preset,
    )


def _command(scenario: MemoryScenario) -> str:
    methods = tuple(point.method for point in memory_points(scenario))
    asked = SymbolScenario(size=scenario.size, layout=scenario.layout, methods=methods)
    return command_line(asked, "symbols", "cost")


def _view(scenario: MemoryScenario, canvas: Canvas) -> View:
    points = memory_points(scenario)
    headline = memory_headline(scenario, points)
    picture = memory_picture(scenario, points, headline, canvas.width, canvas.text)

    def line(method: str) -> str:
        point = next((p for p in points if p.method == method), next(p for p in points if p.method == "gnu-hash"))
        t = point.touched
        return (
            f"{point.word}: {point.extra:.1f} bytes a name, {point.extra * scenario.size:,.0f} in all; a lookup makes "
            f"{amount(t.comparisons)} comparisons and reads {amount(t.bytes)} bytes in {amount(t.lines)} cache lines."
        )

    return View(
        headline,
        picture,
        memory_table(scenario, points),
        picture.standalone,
        lambda key: Why(line(key), tuple(line(p.method) for p in points)),
    )
