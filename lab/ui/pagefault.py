"""The explorer of page faults: vCPU lanes of two hosts on one time axis, and whatever unfolds below them."""

from __future__ import annotations

import asyncio
import dataclasses
import functools

import ipywidgets

from lab.core.errors import LabError
from lab.core.scenario import command_line
from lab.pagefault import explain, story
from lab.pagefault.comparison import Comparison, run
from lab.pagefault.picture import draw, table
from lab.pagefault.presets import PRESETS
from lab.pagefault.scenario import PageFaultScenario
from lab.ui.frame import Canvas, Explorer, Subject, View, Why
from lab.ui.pagefault_lanes import FaultLanes

__all__ = ["DRAFT", "FaultExplorer", "pagefault_explorer"]

PRIMARY = ("tasks", "page_in", "slots", "compute")
# What stands under "More", by what it belongs to. The engine does not: a click must not wait for a compiler.
MORE = {
    "Guest": ("vcpus", "shared", "scheduler", "slice", "tick", "calculators", "kernel", "send_always", "era"),
    "Host": ("cores", "host_slice", "limit", "migrate"),
    "Costs": (
        "overhead", "overhead_sync", "overhead_halt", "overhead_pv", "exit_cost", "injection_cost", "switch_cost",
    ),
    "Load": ("compute_dist", "page_in_dist", "access", "working_set", "memory", "shared_pages"),
    "What goes wrong": ("failure", "failure_at"),
    "The run": ("faults", "window", "seed"),
}  # fmt: skip
WORDS = {
    "page_in_dist": ("exp", "det", "lognormal:0.5", "lognormal:1", "lognormal:2"),
    "access": ("rate", "stack:0.5", "stack:1", "zipf:0.6", "zipf:1"),
}
DRAFT = 1000  # faults simulated while a control moves: a drag bears 100 ms
REST = 0.3  # seconds without a move, then the numbers are from all of them

_run = functools.lru_cache(maxsize=24)(run)  # to unfold a lane, or to enlarge letters, simulates nothing


class FaultExplorer(Explorer):
    """The frame, which shows a run of fewer faults while a control moves, and the whole one when it rests."""

    hurry = False
    _rest: asyncio.TimerHandle | None = None

    def _on_control(self, name: str) -> None:
        if self._rest is not None:
            self._rest.cancel()
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # nobody will come back later: all at once
            super()._on_control(name)
            return
        self.hurry = True
        try:
            super()._on_control(name)
        finally:
            self.hurry = False
        if not self.bar.error:
            self._rest = loop.call_later(REST, self._finish, name)

    def _finish(self, name: str) -> None:
        """The control `name` rests: the numbers of the whole run."""
        try:
            self._show()
        except LabError as error:  # the draft stays, and says what it is
            self._complain(str(error), name)


def pagefault_explorer(preset: str = "P1") -> Explorer:
    """Who has to wait? vCPU lanes of sync and pv over one time axis; halt, tasks, slots and messages unfold.

    `preset`: P1 to P4. Raises `LabError` for another one.
    """
    picture = FaultLanes()
    made: list[FaultExplorer] = []

    def view(scenario: PageFaultScenario, _canvas: Canvas) -> View:
        quick = bool(made) and made[0].hurry and scenario.faults > DRAFT
        asked = dataclasses.replace(scenario, faults=DRAFT) if quick else scenario
        modes = ("sync", "halt", "pv") if "halt" in picture.unfolded else ("sync", "pv")
        found = Comparison(asked, tuple(_run(asked, mode) for mode in modes))
        return _view(found, modes, picture.unfolded, scenario.faults)

    explorer = FaultExplorer(
        Subject(
            name="pagefault",
            question="Who has to wait?",
            presets=PRESETS,
            primary=PRIMARY,
            view=view,
            command=lambda scenario: command_line(scenario, "pagefault", "run"),
            picture=picture,
            more=tuple(name for names in MORE.values() for name in names),
            words={name: functools.partial(tuple, offered) for name, offered in WORDS.items()},
        ),
        preset,
    )
    made.append(explorer)
    _group(explorer)
    picture.observe(lambda _change: explorer.set(), "unfolded")
    return explorer


def _group(explorer: FaultExplorer) -> None:
    """A heading above each group of parameters under "More"."""
    children: list[ipywidgets.DOMWidget] = []
    for heading, names in MORE.items():
        title = ipywidgets.Label(heading, style={"font_size": "var(--lab-size, 14px)", "font_weight": "600"})
        title.add_class("lab-wide")
        children += [title, *(explorer.controls[name] for name in names)]
    explorer._more.children = children


def _view(found: Comparison, modes: tuple[str, ...], unfolded: tuple[str, ...], whole: int) -> View:
    drawing = draw(found, modes, unfolded)
    shown, headline = drawing.lanes, explain.headline(found)

    def why(key: str) -> Why:
        at = int(key or -1)
        if not 0 <= at < len(shown):
            return Why(*explain.why_run(found, found.of("pv")))
        mode, event = drawing.modes[shown.lane[at]], drawing.origins[at]
        if event is None:
            return Why(*story.why_area(found, mode, shown.sentence(at)))
        return Why(*story.why_event(found, mode, event))

    row = 64 if len(shown.names) <= 3 else 32 if len(shown.names) <= 12 else 24
    return View(
        headline=headline,
        picture=(shown, headline, explain.basis(found, whole)),
        table=table(found, drawing),
        svg=lambda: shown.to_picture("Page faults: who has to wait", headline, row=row).standalone(),
        why=why,
    )
