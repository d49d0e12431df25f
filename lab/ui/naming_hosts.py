"""The fleet in the naming notebook: on which machines a port is called something else."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ipywidgets

from lab.core.errors import LabError
from lab.core.progress import Progress
from lab.naming.fleet.columns import Fleet
from lab.naming.fleet.count import census
from lab.naming.fleet.picture import draw
from lab.naming.fleet.scenario import PRESETS, FleetScenario, all_schemes, command, drawn_fleet, first_hosts
from lab.naming.fleet.spread import Spread, spread
from lab.naming.fleet.stability import Census
from lab.naming.fleet.survey import survey
from lab.naming.schemes.flags import RELEASE
from lab.ui.chart import Chart
from lab.ui.frame import Canvas, Explorer, Subject, View, Why
from lab.ui.job import Job
from lab.ui.naming_schemes import KEPT, stops_of
from lab.ui.stops import Stop

__all__ = ["FleetExplorer", "naming_fleet"]

DRAWN = ("hosts", "models", "seed")  # parameters that a file has no use for
SMALL = 1 << 23  # bytes of a file that one process reads sooner than others are started


def naming_fleet(preset: str = "", file: str = "", **changes: Any) -> FleetExplorer:
    """The names of many hosts, port by port; opens on `preset`, by default F1, with `changes` of it.

    `file`: a fleet of your own (JSON lines, one snapshot a line), read by a click on "Read the file" under "More".
    """
    return FleetExplorer(_Looks(), file, preset, **changes)


class _Looks:
    """What an explorer has counted, so that a slider reads and names no host again."""

    def __init__(self) -> None:
        self._files: dict[str, Fleet] = {}
        self._drawn = functools.lru_cache(2)(drawn_fleet)
        self._census = functools.lru_cache(KEPT)(self._counted)
        self._spread = functools.lru_cache(4 * KEPT)(self._found)

    def answer(self, scenario: FleetScenario) -> Spread:
        """The answer to `scenario`; raises `LabError` for a file that was not read."""
        file = scenario.file
        if file and file not in self._files:
            raise LabError(f"{file}: is not read yet; press Read the file, under More")
        numbers = (0, 0, 0) if file else (scenario.seed, scenario.models, scenario.hosts)
        return self._spread((file, *numbers, scenario.by), scenario.policy, scenario.place)

    def stops(self, scenario: FleetScenario) -> Sequence[Stop]:
        """The stops of the scheme slider: between them no port of the fleet has another name."""
        return stops_of([interval for interval, _, _ in self.answer(scenario).cut], RELEASE)

    def read(self, file: str, tell: Progress) -> str:
        """Read a file of JSON lines; returns its name. Raises `LabError` if there is no host in it."""
        if not file:
            raise LabError("no file is named; write the path of a file of JSON lines, one snapshot a line")
        path = Path(file)
        workers = 1 if not path.is_file() or path.stat().st_size < SMALL else None
        fleet = survey(file, all_schemes(), workers=workers, keep_going=True, progress=tell)
        self._files = {file: fleet}
        self._census.cache_clear()
        self._spread.cache_clear()
        return file

    def _counted(self, file: str, seed: int, models: int, hosts: int, by: str) -> Census:
        return census(self._files[file] if file else first_hosts(self._drawn(seed, models), hosts), by)

    def _found(self, fleet: tuple[str, int, int, int, str], policy: str, place: int) -> Spread:
        return spread(self._census(*fleet), policy, place)


class FleetExplorer(Explorer):
    """The explorer of a fleet, with a second way in: a file of one's own, read by a click."""

    def __init__(self, looks: _Looks, file: str, preset: str, **changes: Any) -> None:
        """Open on a generated fleet; `file` stands ready to be read."""
        self._looks = looks
        self.path = ipywidgets.Text(
            value=file,
            description="a file of your own",
            tooltip="JSON lines, one snapshot a line, plain or gzip",
            placeholder="fleet.jsonl",
        )
        self.job = Job("Read the file", lambda tell: looks.read(self.path.value.strip(), tell), self._opened)
        super().__init__(_subject(looks), preset, **changes)
        self.job.button.add_class("lab-toggle")
        own = ipywidgets.HBox([self.path, self.job])
        own.add_class("lab-wide")
        self._more.children = (*self._more.children, own)
        self._more_button.value = bool(file)

    def _opened(self, file: str) -> None:
        self.set(file=file, scheme="default")

    def _show(self) -> None:
        super()._show()
        for name in DRAWN:
            self.controls[name].disabled = bool(self.scenario.file)


def _subject(looks: _Looks) -> Subject[FleetScenario]:
    def view(scenario: FleetScenario, canvas: Canvas) -> View:
        answer = looks.answer(scenario)
        return View(
            headline=answer.headline,
            picture=draw(answer, canvas.width, canvas.text),
            table=answer.to_table(),
            svg=lambda: draw(answer).standalone(),
            why=lambda key: Why(answer.why(key), answer.trace(key)),
        )

    return Subject(
        name="naming fleet",
        question="On which machines is the port called something else?",
        presets=PRESETS,
        primary=("scheme", "policy", "hosts"),
        view=view,
        command=command,
        picture=Chart(grid=True),
        more=("by", "models", "seed"),
        stops={"scheme": looks.stops},
    )
