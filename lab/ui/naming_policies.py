"""The matrix of the naming notebook: a row per card, a column per policy."""

from __future__ import annotations

from typing import Any

from lab.core.scenario import command_line
from lab.naming.intervals import EVERY
from lab.naming.matrix import PARAMETERS, PRESETS, MatrixScenario, matrix
from lab.naming.matrix_picture import draw
from lab.ui.chart import Chart
from lab.ui.frame import Canvas, Explorer, Subject, View, Why
from lab.ui.naming import recordings
from lab.ui.naming_schemes import Looks, scheme_fits

__all__ = ["naming_matrix"]

PRIMARY = ("before", "after", "scheme")


def naming_matrix(preset: str = "", **changes: Any) -> Explorer:
    """Every card under every policy at once; opens on `preset`, by default N1, with `changes` of it."""
    looks = Looks(EVERY)

    def view(scenario: MatrixScenario, canvas: Canvas) -> View:
        answer = matrix(scenario, *looks.machines(scenario))
        return View(
            headline=answer.headline,
            picture=draw(answer, canvas.width, canvas.text),
            table=answer.to_table(),
            svg=lambda: draw(answer).standalone(),
            why=lambda key: Why(answer.why(key), answer.trace(key)),
            badge="edited" if scenario.step else "",
        )

    return Explorer(
        Subject(
            name="naming matrix",
            question="Under which policy does a card keep its name?",
            presets=PRESETS,
            primary=PRIMARY,
            view=view,
            command=lambda scenario: command_line(scenario, "naming", "matrix", always=("before", "after")),
            picture=Chart(grid=True),
            more=tuple(name for name in PARAMETERS if name not in PRIMARY),
            picks={"before": recordings, "after": recordings},
            stops={"scheme": looks.stops},
            fit=scheme_fits,
        ),
        preset,
        **changes,
    )
