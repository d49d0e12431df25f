"""Who pays for the wait: the guest's schedulers in the page-fault notebook."""

from __future__ import annotations

from typing import Any

from lab.core.scenario import command_line
from lab.pagefault.sharing import MEETINGS, SharingScenario, sharing
from lab.pagefault.sharing_picture import draw
from lab.ui.chart import Chart
from lab.ui.frame import Canvas, Explorer, Subject, View, Why

__all__ = ["pagefault_schedulers"]


def pagefault_schedulers(preset: str = "K1", **changes: Any) -> Explorer:
    """Who pays for the wait? One task that faults and one that calculates, under every scheduler, in every mode.

    `preset`: K1 (a disk), K2 (the arm64 table's times) or K3 (that of 2010). Raises `LabError` for another one.
    """
    return Explorer(
        Subject(
            name="pagefault_schedulers",
            question="Who pays for the wait?",
            presets=MEETINGS,
            primary=("compute", "page_in", "tick"),
            view=_view,
            command=lambda scenario: command_line(scenario.scenario("cfs"), "pagefault", "run"),
            picture=Chart(grid=True),
            more=("faults", "seed"),
        ),
        preset,
        **changes,
    )


def _view(scenario: SharingScenario, canvas: Canvas) -> View:
    found = sharing(scenario)
    picture = draw(found, canvas.width, canvas.text)
    return View(
        headline=found.headline,
        picture=picture,
        table=found.to_table(),
        svg=picture.standalone,
        why=lambda key: Why(*found.why(key)),
    )
