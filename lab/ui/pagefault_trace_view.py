"""A real trace in the page-fault notebook: a bundled recording or an uploaded file, its order, counts and intervals."""

from __future__ import annotations

import functools
import html
import shlex
from typing import Any

import ipywidgets
import traitlets

from lab.core.errors import LabError
from lab.core.lanes import Lanes
from lab.core.progress import Progress
from lab.core.svg import Picture
from lab.pagefault.evidence import NONE, PRESETS, Evidence, TraceScenario, evidence, headline, of_file, table
from lab.pagefault.evidence_picture import draw
from lab.pagefault.trace import parse, parse_log, trace_lanes
from lab.ui.chart import Chart
from lab.ui.frame import Canvas, Explorer, Subject, View, Why
from lab.ui.job import Job
from lab.ui.mime import with_svg
from lab.ui.timeline import Timeline
from lab.ui.upload import Uploads

__all__ = ["UPLOAD_LIMIT", "OrderAndTime", "TraceSection", "pagefault_trace"]

UPLOAD_LIMIT = 16 << 20  # bytes of a file that is uploaded: some 150,000 lines of a trace
KEPT = 8  # recordings that are read once


class OrderAndTime(ipywidgets.VBox):
    """The order of the faults above, their intervals in time below; `selected` is a fault's key in the first trace."""

    selected = traitlets.Unicode("")
    asked = traitlets.Int(0)

    def __init__(self) -> None:
        """Begin empty."""
        self.chart = Chart(grid=True)
        self.timeline = Timeline(height=124)
        self.says = ipywidgets.HTML()
        self.says.add_class("lab-says")
        super().__init__([self.chart, self.timeline, self.says])
        traitlets.link((self.chart, "selected"), (self, "selected"))
        traitlets.link((self.chart, "asked"), (self, "asked"))
        self._lanes: Lanes | None = None
        self.timeline.observe(self._on_segment, "selected")

    def show(self, shown: tuple[Picture, Lanes, str, str]) -> None:
        """The picture of the order, the lanes with their name, and a line below."""
        picture, lanes, name, line = shown
        self.chart.show(picture)
        self._lanes = lanes
        self.timeline.show(lanes, name)
        self.says.value = f"<span>{html.escape(line)}</span>"

    def _on_segment(self, change: Any) -> None:
        """A fault's segment was chosen: so is its place in the order."""
        at = change["new"]
        if self._lanes is not None and 0 <= at < len(self._lanes) and self._lanes.group[at] >= 0:
            self.selected = f"0:{self._lanes.group[at]}"

    def __repr__(self) -> str:
        """The picture's."""
        return repr(self.chart)


def pagefault_trace(name: str = "on-int", **changes: Any) -> TraceSection:
    """What does a real trace prove? A bundled recording by its name, or a file; others can be uploaded.

    `changes`: such as beside="off-hostonly" or clock_hz=2.1e9. Raises `LabError` for a file that is no trace.
    """
    return TraceSection(name, changes)


class TraceSection(Uploads):
    """The evidence of a trace; `shown` is what is on the page. An uploaded file is read here and goes nowhere else."""

    def __init__(self, name: str, changes: dict[str, Any]) -> None:
        """Open on a recording or a file."""
        self._read = functools.lru_cache(KEPT)(of_file)
        self.shown: tuple[Evidence, ...] = ()
        known = {one.id for one in PRESETS}
        names = [(one.id, one.id) for one in PRESETS]
        self.explorer = Explorer(
            Subject(
                name="pagefault_trace",
                question="What does a real trace prove?",
                presets=PRESETS,
                primary=("recording", "beside", "clock_hz", "calibrate"),
                view=self._view,
                command=self._command,
                picture=OrderAndTime(),
                picks={"recording": lambda: names, "beside": lambda: [("nothing", NONE), *names]},
            ),
            name if name in known else "",
            **({} if name in known else {"recording": name}),
            **changes,
        )
        auto = ipywidgets.Layout(width="auto")
        self.file = ipywidgets.FileUpload(
            accept=".txt,.gz,.xz,.trace", multiple=False, description="A trace of yours", layout=auto
        )
        self.log_file = ipywidgets.FileUpload(
            accept=".txt,.log,.gz,.xz", multiple=False, description="Its log", layout=auto
        )
        self.job = Job("Read it again", self._open, self._take)
        self.back = ipywidgets.Button(description="Back to the recording", layout={"width": "auto", "display": "none"})
        self.job.layout.display = "none"
        self.file.observe(self._on_file, "value")
        self.log_file.observe(self._on_file, "value")
        self.back.on_click(lambda _button: self._return())
        super().__init__([self.explorer, ipywidgets.HBox([self.file, self.log_file, self.job, self.back])])
        self.add_class("lab")

    # -- an uploaded file -----------------------------------------------------------------------------

    def _open(self, tell: Progress) -> Evidence:
        """The evidence of the files that were uploaded."""
        if not self.file.value:
            raise LabError("no trace was uploaded; choose one first")
        name, text = _content(self.file)
        tell(0, 2, "reading the trace")
        trace = parse(text, name, self.explorer.scenario.clock_hz)
        tell(1, 2, "pairing its events")
        log = parse_log(_content(self.log_file)[1], _content(self.log_file)[0]) if self.log_file.value else None
        return evidence(trace, log)

    # -- what is shown --------------------------------------------------------------------------------

    def _view(self, scenario: TraceScenario, canvas: Canvas) -> View:
        before = self._shown_for
        if self._upload is not None and before is not None and scenario.recording != before.recording:
            self._forget()
        first = self._upload or self._read(scenario.recording, scenario.clock_hz)
        same = scenario.beside in (NONE, scenario.recording) and (self._upload is None or scenario.beside == NONE)
        self.shown = (first,) if same else (first, self._read(scenario.beside))
        shown, said = self.shown, headline(self.shown)
        picture = draw(shown, canvas.width, canvas.text)
        lanes = trace_lanes(first.trace, first.pairing, first.log)
        line = f"Below: {first.name}, in {lanes.unit}; one run, so its times show no speed-up."
        if scenario.calibrate:
            line = first.scenario()

        def why(key: str) -> Why:
            which, _, number = key.partition(":")
            notes = tuple(note for one in shown for note in one.notes())
            if number.isdecimal() and int(which) < len(shown):
                return Why(f"{shown[int(which)].why(int(number))}.", notes)
            odd = sum(not f.agrees for one in shown for f in one.findings)
            if not any(one.findings for one in shown):
                return Why("No log of the other side: nothing to hold the trace against.", notes)
            agree = sum(f.agrees for one in shown for f in one.findings)
            first_odd = f": {notes[0].partition(': ODD: ')[2]}" if odd and ": ODD: " in notes[0] else ""
            return Why(f"Trace against log: {agree} checks agree, {odd} odd{first_odd}.", notes)

        return View(
            headline=said,
            picture=(picture, lanes, f"{first.name}: its faults in time", line),
            table=table(shown),
            svg=picture.standalone,
            why=why,
            badge="uploaded" if self._upload is not None else "",
        )

    def _command(self, scenario: TraceScenario) -> str:
        name = self._upload.name if self._upload is not None else scenario.recording
        words = ["kernel-lab", "pagefault", "trace", name]
        words += ["--clock-hz", f"{scenario.clock_hz:g}"] if scenario.clock_hz else []
        return shlex.join([*words, *(["--calibrate"] if scenario.calibrate else [])])

    def __repr__(self) -> str:
        """The headline."""
        return repr(self.explorer)

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        return with_svg(super()._repr_mimebundle_(**kwargs), self.explorer.view.svg(), repr(self))


def _content(upload: ipywidgets.FileUpload) -> tuple[str, bytes]:
    """Name and text of an uploaded file, unpacked; raises `LabError` for one that is too large."""
    from lab.pagefault.trace.unpack import unpacked

    name, data = str(upload.value[0]["name"])[:200], bytes(upload.value[0]["content"])
    if len(data) > UPLOAD_LIMIT:
        raise LabError(f"{name}: has {len(data):,} bytes; at most {UPLOAD_LIMIT:,} are taken here")
    return name, unpacked(data, name)
