"""The published tables of asynchronous page faults beside ours: theory at once, simulation by a click."""

from __future__ import annotations

from typing import Any

import ipywidgets

from lab.core.progress import Progress
from lab.pagefault.published import figures
from lab.pagefault.published_picture import draw
from lab.pagefault.published_sections import TABLES, PublishedScenario, section
from lab.ui.chart import Chart
from lab.ui.frame import Canvas, Explorer, Subject, View, Why
from lab.ui.job import Job
from lab.ui.mime import with_svg

__all__ = ["PublishedSection", "pagefault_published"]


def pagefault_published(preset: str = "arm64") -> PublishedSection:
    """Do theory and model give the published figures? `preset`: arm64 (2021) or 2010.

    Raises `LabError` for another one.
    """
    return PublishedSection(preset)


class PublishedSection(ipywidgets.VBox):
    """The tables; `simulated` holds what was simulated, nothing at first."""

    def __init__(self, preset: str) -> None:
        """Show theory; nothing is simulated yet."""
        self.simulated: dict[tuple[str, str], float | None] = {}
        self.explorer = Explorer(
            Subject(
                name="pagefault_published",
                question="Do theory and model give the published figures?",
                presets=TABLES,
                primary=("table",),
                view=self._view,
                command=lambda _scenario: "kernel-lab pagefault published",
                picture=Chart(grid=True),
            ),
            preset,
        )
        self.job = Job("Simulate both tables (a minute or more)", self._simulate, self._done)
        super().__init__([self.explorer, self.job])
        self.add_class("lab")

    def _simulate(self, progress: Progress) -> dict[tuple[str, str], float | None]:
        return {(one.table, one.name): one.simulated for one in figures(simulate=True, progress=progress)}

    def _done(self, found: dict[tuple[str, str], float | None]) -> None:
        self.simulated = found
        self.explorer.set()

    def _view(self, scenario: PublishedScenario, canvas: Canvas) -> View:
        found = section(scenario, self.simulated)
        picture = draw(found, canvas.width, canvas.text)

        def why(key: str) -> Why:
            chosen = found.rows[int(key)].said if key.isdecimal() and int(key) < len(found.rows) else ""
            line = chosen or found.calibration[0]
            return Why(f"{line[0].upper()}{line[1:]}.", (found.source, *found.calibration))

        return View(found.headline, picture, found.to_table(), picture.standalone, why)

    def __repr__(self) -> str:
        """The headline."""
        return repr(self.explorer)

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        return with_svg(super()._repr_mimebundle_(**kwargs), self.explorer.view.svg(), repr(self))
