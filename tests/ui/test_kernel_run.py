"""What the sections "On a real kernel" have in common: a recording first, a run by a click, a way back, refusals."""

from __future__ import annotations

import dataclasses
import threading
from pathlib import Path
from typing import Annotated, Any

import pytest

from lab.core.errors import LabError
from lab.core.progress import Progress
from lab.core.scenario import Parameter, Preset
from lab.core.svg import Picture
from lab.core.table import Table
from lab.realkernel import doctor
from lab.ui import kernel_run
from lab.ui.chart import Chart
from lab.ui.frame import Canvas, Subject, View, Why
from lab.ui.kernel_run import BACK, FORTH, HERE, RECORDED, KernelExplorer, KernelRun, Start

SECONDS = 20.0  # a run of these tests takes milliseconds


@dataclasses.dataclass(frozen=True, slots=True)
class Asked:
    """One number is what is run."""

    number: Annotated[int, Parameter("a number", low=0, high=9)] = 1
    shown: Annotated[bool, Parameter("says nothing about the run")] = False


def section(start: Start) -> KernelExplorer:
    run = KernelRun("naming", start, lambda scenario: scenario.number)

    def view(scenario: Asked, canvas: Canvas) -> View:
        here = run.shown(scenario, recorded=scenario.number != 9)
        said, badge = ("recorded", RECORDED) if here is None else (str(here), HERE)
        picture = Picture(canvas.width, 20, "t", said)
        return View(said, picture, Table(("n",), ()), picture.standalone, lambda key: Why(said), badge)

    return KernelExplorer(
        Subject(
            name="made",
            question="?",
            presets=(Preset("X1", "one", Asked(), ""),),
            primary=("number",),
            view=view,
            command=lambda scenario: "kernel-lab",
            picture=Chart(),
        ),
        run,
    )


def click(made: KernelExplorer) -> None:
    made.run.job.button.click()
    assert made.run.job.wait(SECONDS)


@pytest.fixture
def ready(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever this machine lacks: these tests start nothing."""
    monkeypatch.setattr(kernel_run, "lacks", lambda run: None)


@pytest.mark.usefixtures("ready")
def test_a_run_takes_the_recordings_place_and_there_is_a_way_back_and_forth() -> None:
    made = section(lambda scenario, progress: f"ran {scenario.number}")
    assert (made.bar.headline, made.bar.badge) == ("recorded", RECORDED)
    assert made.run.back.layout.display == "none"
    assert repr(made.run) == "KernelRun('Run it on a real kernel')"
    click(made)
    assert (made.bar.headline, made.bar.badge) == ("ran 1", HERE)
    assert (made.run.back.layout.display, made.run.back.description) == (None, BACK)
    made.set(shown=True)
    assert made.bar.badge == HERE, "what says nothing about the run leaves it"
    made.run.back.click()
    assert (made.bar.headline, made.bar.badge, made.run.back.description) == ("recorded", RECORDED, FORTH)
    made.run.back.click()
    assert made.bar.headline == "ran 1"
    made.set(number=2)
    assert (made.bar.badge, made.run.back.layout.display) == (RECORDED, "none"), "nobody has run that one"
    made.set(number=9)
    click(made)
    assert (made.bar.headline, made.run.back.layout.display) == ("ran 9", "none"), "there is nothing to go back to"


@pytest.mark.usefixtures("ready")
def test_what_the_reader_chose_meanwhile_stays() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def start(scenario: Any, progress: Progress) -> str:
        begun.set()
        assert go_on.wait(SECONDS)
        return f"ran {scenario.number}"

    made = section(start)
    made.run.job.button.click()
    assert begun.wait(SECONDS)
    made.set(number=3)
    go_on.set()
    assert made.run.job.wait(SECONDS)
    assert (made.bar.headline, made.bar.badge) == ("recorded", RECORDED)
    assert made.run.note.text.startswith("Done;")
    made.set(number=1)
    assert made.bar.headline == "ran 1"


@pytest.mark.usefixtures("ready")
def test_cancel_ends_the_run_and_the_recording_stays() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def start(scenario: Any, progress: Progress) -> str:
        progress(0, 2, "booting")
        begun.set()
        assert go_on.wait(SECONDS)
        progress(1, 2, "booted")
        raise AssertionError("not cancelled")

    made = section(start)
    made.run.job.button.click()
    assert begun.wait(SECONDS)
    assert made.run.job.button.description == "Cancel"
    assert made.run.job.said.value == "booting"
    made.run.job.button.click()
    go_on.set()
    assert made.run.job.wait(SECONDS)
    assert made.run.job.said.value == "cancelled; nothing was changed"
    assert (made.bar.badge, made.run.note.text) == (RECORDED, "")


@pytest.mark.usefixtures("ready")
def test_a_guest_that_fails_is_told_of_and_forgotten_at_the_next_click() -> None:
    failing = [True]

    def start(scenario: Any, progress: Progress) -> str:
        if failing:
            raise LabError("guest naming-flat: did not end within 120 s; its console is kept in X")
        return "ran"

    made = section(start)
    click(made)
    assert made.run.note.text.endswith("its console is kept in X")
    assert made.run.note.wrong
    assert repr(made.run.note) == f"RunNote({made.run.note.text!r})"
    assert made.bar.badge == RECORDED
    failing.clear()
    click(made)
    assert (made.run.note.text, made.run.note.wrong, made.bar.badge) == ("", False, HERE)


def test_what_is_missing_is_named_with_the_one_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The real doctor, on a machine without a single program."""
    monkeypatch.setenv("PATH", str(tmp_path))
    started: list[Any] = []
    made = section(lambda scenario, progress: started.append(scenario))
    assert made.run.note.text == "", "nothing is looked at before the click"
    click(made)
    assert not started
    assert made.run.note.text.startswith("This machine lacks: QEMU, busybox")
    assert "compiler" not in made.run.note.text, "naming compiles nothing"
    assert "qemu-system-x86" in made.run.note.command
    assert "gcc" not in made.run.note.command
    assert not made.run.note.wrong
    assert made.bar.badge == RECORDED


def test_the_runs_are_called_as_the_doctor_calls_them() -> None:
    assert set(doctor.RUNS) == {"naming", "netnode", "symbols", "asyncpf"}
    findings = doctor.examine(try_kvm=False)
    for run in doctor.RUNS:
        lacking = kernel_run.lacks(run)
        assert (lacking.parts if lacking else ()) == doctor.missing(findings)[run]
