"""Page faults on a real kernel: what KVM did, event by event, beside what the simulator says from the settings."""

from __future__ import annotations

import dataclasses
import functools
import html
from typing import TYPE_CHECKING, Any

import ipywidgets
import traitlets

from lab.core.lanes import Lanes
from lab.core.progress import Progress
from lab.core.scenario import Preset, command_line
from lab.realkernel.asyncpf.settings import BATCH, PRESETS, Settings
from lab.ui.frame import Canvas, Subject, View, Why
from lab.ui.kernel_asyncpf_foretold import foretold
from lab.ui.kernel_run import HERE, RECORDED, KernelExplorer, KernelRun
from lab.ui.timeline import Timeline

if TYPE_CHECKING:
    from lab.realkernel.asyncpf.result import AsyncPfResult

__all__ = ["TwoRuns", "pagefault_kernel"]

KEPT = 8  # runs that are read once
LANE, ROOM, SMALL = 21, 210, 15  # px of a lane, of all lanes together if they fit, and of a lane where they do not
LEAST, TOP = 160, 92  # px of the timeline at least, and of its legend and axis
PRIMARY = ("order", "batch", "tasks", "flags")


class TwoRuns(ipywidgets.VBox):
    """The order of both runs over one axis; or, by a toggle, each over the ticks of its own clock.

    `selected` is the segment chosen in the order.
    """

    selected = traitlets.Int(-1)

    def __init__(self) -> None:
        """Begin empty."""
        self.order = Timeline(height=LEAST)
        self.clocks = (Timeline(height=LEAST), Timeline(height=LEAST))
        self.times = ipywidgets.VBox(self.clocks, layout=ipywidgets.Layout(display="none"))
        self.says = ipywidgets.HTML()
        self.says.add_class("lab-says")
        self.toggle = ipywidgets.ToggleButton(description="in time", layout={"width": "auto"})
        self.toggle.tooltip = "Each run over its own clock instead of event by event"
        self.toggle.add_class("lab-toggle")
        row = ipywidgets.HBox([self.says, self.toggle])
        row.add_class("lab-unfold")
        super().__init__([self.order, self.times, row])
        traitlets.link((self.order, "selected"), (self, "selected"))
        self.toggle.observe(self._on_toggle, "value")
        self._result: AsyncPfResult | None = None

    def show(self, shown: tuple[Lanes, str, str, AsyncPfResult | None]) -> None:
        """The lanes of the order, their name, a line below, and the run, None before there is one."""
        lanes, name, line, self._result = shown
        each = max(SMALL, min(LANE, ROOM // len(lanes.names)))
        self.order.height = max(LEAST, TOP + each * len(lanes.names))
        self.order.show(lanes, name)
        self.says.value = f"<span>{html.escape(line)}</span>"
        self.toggle.layout.display = "none" if self._result is None else None
        self._draw_times()

    def _draw_times(self) -> None:
        from lab.realkernel.asyncpf.lanes import lanes

        wanted = self.toggle.value and self._result is not None
        self.order.layout.display = "none" if wanted else None
        self.times.layout.display = None if wanted else "none"
        if wanted:
            assert self._result is not None
            for timeline, (name, drawn) in zip(self.clocks, lanes(self._result), strict=True):
                timeline.show(drawn, f"{name}, over its own clock")

    def _on_toggle(self, _change: Any) -> None:
        self._draw_times()

    def __repr__(self) -> str:
        """The timeline's."""
        return repr(self.order)


def pagefault_kernel(preset: str = "", **changes: Any) -> KernelExplorer:
    """Does the simulator do what KVM did? Opens on a recording; a click runs the settings on a real KVM.

    `preset`: A1 to A9 or a bundled run's name; `changes`: such as order="lifo". Raises `LabError` for unknown ones.
    """
    run = KernelRun("asyncpf", _boot, lambda scenario: scenario)

    def view(scenario: Settings, canvas: Canvas) -> View:
        recorded = _recorded(scenario)
        here = run.shown(scenario, recorded is not None)
        if here is not None:
            return _view(here, HERE)
        return foretold(scenario) if recorded is None else _view(recorded, RECORDED)

    return KernelExplorer(
        Subject(
            name="pagefault_kernel",
            question="Does the simulator do what KVM did?",
            presets=_presets(),
            primary=PRIMARY,
            view=view,
            command=lambda scenario: command_line(scenario, "kernel", "asyncpf"),
            picture=TwoRuns(),
            more=tuple(f.name for f in dataclasses.fields(Settings) if f.name not in PRIMARY),
            fit=in_batches,
        ),
        run,
        preset,
        **changes,
    )


def in_batches(scenario: Settings) -> Settings:
    """An order needs pages to order: lifo or random among one page would be first in, first out."""
    return dataclasses.replace(scenario, batch=BATCH) if scenario.order != "fifo" and scenario.batch == 1 else scenario


def _presets() -> tuple[Preset[Settings], ...]:
    """What was recorded comes first: of the presets of the room, then others, where rules decide before where times do.

    After these, what can be run.
    """
    known = _known()
    recorded = [preset for preset in PRESETS if preset.scenario in known]
    titled = {preset.scenario for preset in recorded}
    others = [Preset(name, "recorded", one, "") for one, name in known.items() if one not in titled]
    others.sort(key=lambda preset: (preset.scenario.pace != "settled", preset.scenario.tasks))
    return (*recorded, *others, *(preset for preset in PRESETS if preset.scenario not in known))


@functools.cache
def _known() -> dict[Settings, str]:
    """The settings of every bundled run, read from its heading alone, and its name; of two alike the newer one."""
    from lab.core import dataset
    from lab.core.files import read_bytes
    from lab.realkernel.asyncpf.recorded import EARLIER, LARGEST, LOG, PREFIX, TRACE, names, settings_in

    listed = {one.name: one.path for one in dataset.listed()}
    found: dict[Settings, str] = {}
    for name in names():
        path = listed.get(PREFIX + name)
        heading = listed[EARLIER + name] if path is None else path.with_name(path.name.removesuffix(TRACE) + LOG)
        text = read_bytes(heading, LARGEST).decode("utf-8", "replace")
        found.setdefault(settings_in(text, name), name)
    return found


@functools.lru_cache(KEPT)
def _recorded(settings: Settings) -> AsyncPfResult | None:
    from lab.realkernel.asyncpf.recorded import recorded

    name = _known().get(settings)
    return None if name is None else recorded(name)


def _boot(scenario: Settings, progress: Progress) -> AsyncPfResult:
    """Run the settings on the newest kernel for virtual machines that is here, with counted instructions."""
    from lab.realkernel.asyncpf.run import run_settings
    from lab.realkernel.kernel import CLOUD
    from lab.realkernel.kernels.find import find_kernel

    return run_settings([scenario], find_kernel(None, CLOUD), progress=progress)[0]


def headline(found: AsyncPfResult) -> str:
    """The answer in one sentence; the first difference is named."""
    from lab.realkernel.asyncpf.comparison import in_words

    compared = found.comparison
    apart = compared.first_difference
    wrong = [
        f"{count.real} {name} and not {count.predicted}" for name, count in compared.counts.items() if not count.same
    ]
    if wrong:
        return f"The counts differ: real KVM had {', '.join(wrong)}."
    if found.odd:
        return f"The counts are as predicted, but the run contradicts itself: {found.odd[0]}."
    if apart is not None:
        place, was, said = apart
        if found.order_open:
            return (
                f"The same counts; the order parts at event {place}. Not fixed by these settings: {found.order_open}."
            )
        return f"The same counts; in order up to event {place}: {in_words(was)} came, {in_words(said)} was predicted."
    if not found.agrees:
        return f"All events came as predicted, but not all agrees: {found.failed[0]}."
    return f"All {len(compared.real)} events of KVM came as predicted, in order and token."


def _view(found: AsyncPfResult, badge: str) -> View:
    from lab.realkernel.asyncpf.lanes import order_lanes

    said, lanes = headline(found), order_lanes(found)
    compared = found.comparison
    line = "Event by event: no time is compared, an emulated clock shows no speed-up."
    where = f"{found.source or 'run here'}; {found.where}"
    told = [f"{name} {count.real}" for name, count in compared.counts.items() if count.real or count.predicted]
    when = "predicted before the run" if badge == HERE else "predicted now"
    counts = f"Real counts: {', '.join(told)}; {'all' if compared.same_counts else 'NOT all'} as {when}."

    def why(key: str) -> Why:
        chosen = int(key) if key.isdecimal() and int(key) < len(lanes) else None
        return Why(counts if chosen is None else f"{lanes.sentence(chosen)}.", (*found.said(), where))

    return View(
        headline=said,
        picture=(lanes, said, line, found),
        table=dataclasses.replace(found.events_table(), caption=said),
        svg=lambda: lanes.to_picture("Real KVM and the simulator, event by event", said, row=26).standalone(),
        why=why,
        badge=badge,
    )
