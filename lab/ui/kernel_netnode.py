"""The idea of 2009 alive: a character device for each interface, its life step by step as a real kernel showed it."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from lab.core.progress import Progress
from lab.core.scenario import Parameter, Preset, check
from lab.core.svg import Picture
from lab.core.table import Table
from lab.naming.grid import MONO, SANS, fit
from lab.naming.marks import mark
from lab.realkernel.netnode.contract import STEPS
from lab.ui.chart import Chart
from lab.ui.frame import Canvas, Subject, View, Why
from lab.ui.kernel_run import HERE, RECORDED, KernelExplorer, KernelRun

if TYPE_CHECKING:
    from lab.realkernel.netnode import NetnodeResult, Row

__all__ = ["ALL", "PARTS", "LifeScenario", "naming_netnode"]

LOG = "log"  # what the kernel said of it all

ALL = "life"
PARTS = (*STEPS, LOG)


@dataclasses.dataclass(frozen=True, slots=True)
class LifeScenario:
    """Which step of the life is shown with each of its promises; all of them in short."""

    step: Annotated[str, Parameter("all steps in short, or one of them in full", choices=(ALL, *PARTS))] = ALL

    def __post_init__(self) -> None:
        """Refuse an unknown step."""
        check(self)


PRESETS = (
    Preset(ALL, "all steps", LifeScenario(), "The node follows the device, not its name."),
    *(Preset(step, "its promises", LifeScenario(step), "") for step in PARTS),
)


def naming_netnode(preset: str = "", **changes: Any) -> KernelExplorer:
    """Does a node follow its device through its whole life? Opens on a recording; a click lives through it here.

    `preset`: life, or a step of it such as rename. Raises `LabError` for an unknown one.
    """
    run = KernelRun("netnode", _boot, lambda scenario: "life")

    def view(scenario: LifeScenario, canvas: Canvas) -> View:
        here = run.shown(scenario)
        return _view(_recorded() if here is None else here, RECORDED if here is None else HERE, scenario, canvas)

    return KernelExplorer(
        Subject(
            name="naming_netnode",
            question="Does a node follow its device through its whole life?",
            presets=PRESETS,
            primary=(),
            view=view,
            command=lambda scenario: "kernel-lab kernel netnode",
            picture=Chart(grid=True),
        ),
        run,
        preset,
        **changes,
    )


def _boot(scenario: LifeScenario, progress: Progress) -> NetnodeResult:
    """Build the driver for the newest kernel that is here, and boot it."""
    from lab.realkernel.kernels.find import find_kernel
    from lab.realkernel.machine.accel import AUTO, choose
    from lab.realkernel.netnode import run_netnode

    kernel = find_kernel(headers=True)
    return run_netnode(kernel, choose(AUTO, kernel, progress).name, progress=progress)


@functools.cache
def _recorded() -> NetnodeResult:
    from lab.realkernel.netnode import recorded

    return recorded()


def headline(rows: Sequence[Row]) -> str:
    """The answer in one sentence."""
    broken = [row for row in rows if not row.ok]
    if broken:
        steps = ", ".join(dict.fromkeys(row.step for row in broken))
        return f"{len(broken)} of {len(rows)} promises broken: {steps}."
    return f"All {len(rows)} promises kept: the node follows the device, not its name."


def _view(found: NetnodeResult, badge: str, scenario: LifeScenario, canvas: Canvas) -> View:
    said = headline(found.rows)
    rows = tuple(row for row in found.rows if scenario.step in (ALL, row.step))
    table = Table(("step", "done", "promised", "seen", "kept"), tuple(map(dataclasses.astuple, rows)), said)
    where = f"Linux {found.kernel}, systemd {found.udev}, {found.accel}: {len(found.rows)} promises, each tried."

    def picture(width: int, text: int) -> Picture:
        return (draw_steps if scenario.step == ALL else draw_promises)(rows, said, width, text)

    def why(key: str) -> Why:
        if key.isdecimal() and int(key) < len(rows):
            row = rows[int(key)]
            return Why(f"{_sign(row.ok)} {row.promised}: `{row.seen or '–'}`", (row.done,))
        mine = [row for row in rows if row.step == key]
        if not mine:
            return Why(where, (found.source, *found.dmesg))
        told = tuple(f"{_sign(row.ok)} {row.promised}: `{row.seen or '–'}`" for row in mine)
        return Why(f"`{key}`: {mine[0].done}; promised and seen:", told)

    return View(
        said, picture(canvas.width, canvas.text), table, lambda: picture(920, 14).standalone(), why, badge
    )  # fmt: skip


def draw_steps(rows: Sequence[Row], said: str, width: int, text: int) -> Picture:
    """A row a step: what was done, and how many of its promises were kept; the key is the step."""
    steps = list(dict.fromkeys(row.step for row in rows))
    high = max(1.6 * text, 24)
    left, right = 10.5 * text, 7.5 * text
    picture = Picture(width, high * len(steps) + 1.35 * text, "The life of a device", said)
    for x, head in ((2.2 * text, "step"), (left, "what was done to it")):
        picture.text(x, 0.9 * text, head, size=text, ink="secondary")
    picture.text(width - 2, 0.9 * text, "promises kept", size=text, ink="secondary", anchor="end")
    middle = 1.3 * text + high / 2  # of the first row; the line of a life leads from there to the last
    picture.line(0.85 * text, middle, 0.85 * text, middle + high * (len(steps) - 1), "edge", width=2)
    for i, step in enumerate(steps):
        mine = [row for row in rows if row.step == step]
        kept, y = sum(row.ok for row in mine), 1.3 * text + i * high
        told = f"{kept} of {len(mine)}"
        picture.open(step, f"{step}: {mine[0].done}: {told} promises kept")
        picture.rect(0, y, width, high - 2, "none")
        mark(picture, 0.85 * text, y + high / 2, _token(kept == len(mine)), text * 0.9)
        base = y + high / 2 + 0.36 * text
        picture.text(2.2 * text, base, step, size=text, bold=True)
        picture.text(left, base, fit(mine[0].done, width - left - right, text), size=text)
        picture.text(width - 2, base, told, size=text, mono=True, anchor="end")
        picture.close()
    return picture


def draw_promises(rows: Sequence[Row], said: str, width: int, text: int) -> Picture:
    """What was done, and a row for each promise with what came below it; the key is the row's number."""
    high = 3.1 * text
    picture = Picture(width, 1.9 * text + high * len(rows), "The promises of one step", said)
    picture.text(0, 1.1 * text, fit(rows[0].done, width, text), size=text, bold=True)
    room = width - 2.2 * text
    for i, row in enumerate(rows):
        y = 1.8 * text + i * high
        picture.open(str(i), f"{row.promised}: {row.seen}: {'kept' if row.ok else 'broken'}")
        picture.rect(0, y, width, high - 2, "none")
        mark(picture, 0.85 * text, y + 0.85 * text, _token(row.ok), text * 0.9)
        picture.text(2.2 * text, y + 1.2 * text, fit(row.promised, room, text, SANS), size=text)
        picture.text(2.2 * text, y + 2.45 * text, fit(row.seen or "–", room, text, MONO), size=text, mono=True,
                     ink="secondary")  # fmt: skip
        picture.close()
    return picture


def _token(kept: bool) -> str:
    return "good" if kept else "bad"


def _sign(kept: bool) -> str:
    return "✓" if kept else "✕"
