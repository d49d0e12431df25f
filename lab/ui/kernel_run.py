"""What the sections "On a real kernel" have in common: they open on a recording, and a click runs the real thing.

A section is an explorer whose scenario says what is run. Nothing of this machine is looked at before the click; then
`lab.realkernel.doctor` says what is missing, or the run begins, and its result takes the recording's place.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
import traitlets

from lab.core import palette
from lab.core.errors import LabError
from lab.core.progress import Progress
from lab.ui.frame import Explorer, Subject
from lab.ui.job import Job

__all__ = ["BACK", "HERE", "LABEL", "NOT_RUN", "RECORDED", "KernelExplorer", "KernelRun", "Lacking", "RunNote"]

HERE, RECORDED, NOT_RUN = "this machine", "recorded", "not run"  # badges
LABEL, BACK, FORTH = "Run it on a real kernel", "Back to the recording", "Back to this machine's run"
FILES = Path(__file__).parent

Start = Callable[[Any, Progress], Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Lacking:
    """Parts that this machine has not, and the one command that adds them ("" if no command does)."""

    parts: tuple[str, ...]
    command: str

    @property
    def text(self) -> str:
        """What is to be done."""
        todo = "In a terminal, then click again:" if self.command else "kernel-lab kernel doctor says more."
        return f"This machine lacks: {', '.join(self.parts)}. {todo}"


@dataclasses.dataclass(frozen=True, slots=True)
class _Ended:
    """What a click led to, for this `scenario`: a result, or what was wrong."""

    scenario: Any
    result: Any = None
    lacking: Lacking | None = None
    error: str = ""


class RunNote(anywidget.AnyWidget):
    """How the last run ended, if there is something to say: a line, and a command that can be copied."""

    _esm = FILES / "kernel_run.js"
    _css = palette.css() + (FILES / "kernel_run.css").read_text("utf-8")

    text = traitlets.Unicode("").tag(sync=True)
    command = traitlets.Unicode("").tag(sync=True)
    wrong = traitlets.Bool(False).tag(sync=True)

    def say(self, text: str = "", command: str = "", *, wrong: bool = False) -> None:
        """Replace what is said; nothing is shown without a text."""
        with self.hold_sync():
            self.text, self.command, self.wrong = text, command, wrong

    def __repr__(self) -> str:
        """The line."""
        return f"RunNote({self.text!r})"


class KernelRun(ipywidgets.Box):
    """The row with the button. It keeps this machine's results, one for each key of a scenario.

    `needs`: the run's name in `lab.realkernel.doctor.RUNS`. `start`: makes the result of a scenario. `key`: what of a
    scenario the run depends on.
    """

    def __init__(self, needs: str, start: Start, key: Callable[[Any], Hashable]) -> None:
        """Stand ready; `connect` tells whose scenario is run."""
        self._needs, self._start, self._key = needs, start, key
        self._results: dict[Hashable, Any] = {}
        self._recorded = False  # the reader wants the recording, although there is a run
        self._explorer: KernelExplorer | None = None
        self.job = Job(LABEL, self._work, self._done)
        self.job.button.tooltip = "Boots Linux in QEMU on this machine, without root and without network"
        self.back = ipywidgets.Button(description=BACK, layout=ipywidgets.Layout(width="auto", display="none"))
        self.note = RunNote()
        self.note.add_class("lab-run-box")
        for button in (self.job.button, self.back):
            button.add_class("lab-toggle")
        self.back.on_click(lambda _button: self._turn())
        super().__init__([self.job, self.back, self.note])
        self.add_class("lab-run")

    def connect(self, explorer: KernelExplorer) -> None:
        """Run what this explorer shows, and show it there."""
        self._explorer = explorer

    def shown(self, scenario: Any, recorded: bool = True) -> Any | None:
        """This machine's result for the scenario; None if there is none, or the reader wants the recording.

        `recorded`: there is one of this scenario to go back to.
        """
        found = self._results.get(self._key(scenario))
        self.back.layout.display = None if recorded and found is not None else "none"
        self.back.description = FORTH if self._recorded else BACK
        return None if recorded and self._recorded else found

    # -- inside -----------------------------------------------------------------------------------

    def _work(self, progress: Progress) -> _Ended:
        """In the job's thread: look what is missing, then run. What is wrong is an answer too, it needs more room."""
        assert self._explorer is not None
        scenario = self._explorer.scenario
        self.note.say()
        progress(0, 1, "looking at what this machine has")
        try:
            lacking = lacks(self._needs)
            progress(0, 1, "looking at what this machine has")  # the moment to cancel
            if lacking is not None:
                return _Ended(scenario, lacking=lacking)
            return _Ended(scenario, self._start(scenario, progress))
        except LabError as error:
            return _Ended(scenario, error=str(error))

    def _done(self, ended: _Ended) -> None:
        assert self._explorer is not None
        if ended.lacking is not None:
            self.note.say(ended.lacking.text, ended.lacking.command)
        elif ended.error:
            self.note.say(ended.error, wrong=True)
        else:
            self._results[self._key(ended.scenario)] = ended.result
            self._recorded = False
            if self._key(self._explorer.scenario) != self._key(ended.scenario):
                self.note.say("Done; choose again what was run to see it.")
            self._explorer.set()

    def _turn(self) -> None:
        assert self._explorer is not None
        self._recorded = not self._recorded
        self._explorer.set()

    def __repr__(self) -> str:
        """What the button says."""
        return f"KernelRun({self.job.button.description!r})"


def lacks(run: str) -> Lacking | None:
    """What this machine lacks for the run called so; None if it has all. Starts no guest."""
    import os

    from lab.core.findings import system_id
    from lab.realkernel import doctor

    findings = doctor.examine(try_kvm=False)
    parts = doctor.missing(findings)[run]
    if not parts:
        return None
    mine = [f for f in findings if f.part in parts or f.part == "fetching"]
    return Lacking(parts, doctor.advice(mine, superuser=os.geteuid() == 0, system=system_id()))


class KernelExplorer(Explorer):
    """An explorer with the row of its `run` above the why line."""

    def __init__(self, subject: Subject[Any], run: KernelRun, preset: str = "", **changes: Any) -> None:
        """Open as `Explorer` does, on recordings; nothing is run."""
        self.run = run
        super().__init__(subject, preset, **changes)
        bar, middle, below, more, why = self.children  # type: ignore[has-type]  # a trait
        shown = (bar, middle, below, more) if subject.primary else (bar, middle)
        self.children = (*shown, run, why)
        self.add_class("lab-kernel")
        run.connect(self)
