"""Pinning in the naming notebook: which rules keep the names."""

from __future__ import annotations

import functools
from typing import Any

from lab.naming import open_source
from lab.naming.pin.picture import draw
from lab.naming.pin.scenario import NAMES, PRESETS, PinAnswer, PinScenario, command, pinned
from lab.ui.chart import Chart
from lab.ui.frame import Canvas, Explorer, Subject, View, Why
from lab.ui.naming import recordings
from lab.ui.naming_schemes import KEPT

__all__ = ["naming_pin"]


def naming_pin(preset: str = "", **changes: Any) -> Explorer:
    """Names before, after without rules and with them, and the rules; opens on `preset`, by default N4."""
    opened = functools.lru_cache(KEPT)(open_source)
    chart = Chart(grid=True)
    shown: list[tuple[PinAnswer, Canvas]] = []

    @functools.lru_cache(4 * KEPT)
    def answered(scenario: PinScenario) -> PinAnswer:
        return pinned(scenario, opened(scenario.before), opened(scenario.after))

    def view(scenario: PinScenario, canvas: Canvas) -> View:
        answer = answered(scenario)
        shown[:] = [(answer, canvas)]
        return View(
            headline=answer.headline,
            picture=draw(answer, canvas.width, canvas.text, chart.selected),
            table=answer.pin.to_table(),
            svg=lambda: draw(answer).standalone(),
            why=lambda key: Why(answer.why(key), answer.trace(key)),
            badge="edited" if scenario.step else "",
            files=answer.files(),
        )

    def choose(change: Any) -> None:
        """The rule of the card that was chosen is the one that is written out."""
        answer, canvas = shown[0]
        chart.show(draw(answer, canvas.width, canvas.text, change["new"]))

    chart.observe(choose, "selected")
    return Explorer(
        Subject(
            name="naming pin",
            question="Which rules keep the names?",
            presets=PRESETS,
            primary=("before", "after", "format", "names"),
            view=view,
            command=command,
            picture=chart,
            more=("from_scheme", "systemd", "scheme", "only", "step"),
            words={"names": lambda: NAMES},
            picks={"before": recordings, "after": recordings},
        ),
        preset,
        **changes,
    )
