"""Why won't it load: a made-up module, or an uploaded one, put to the loader's checks."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import ipywidgets

from lab.core.errors import LabError
from lab.core.progress import Progress
from lab.symbols.bulk.source import FORMS
from lab.symbols.bundled_index import bundled_index
from lab.symbols.made_module import made_module
from lab.symbols.store import Index, open_index
from lab.symbols.why import Verdict, why
from lab.symbols.why_checks import Check, checks, checks_table, said
from lab.symbols.why_made import BLOB, WHYS, MadeScenario, index_with_blob, made_for
from lab.symbols.why_picture import why_picture
from lab.ui.chart import Chart
from lab.ui.frame import Canvas, Explorer, Subject, View, Why
from lab.ui.job import Job
from lab.ui.mime import with_svg
from lab.ui.upload import Uploads

__all__ = ["UPLOAD_LIMIT", "WhySection", "symbols_why"]

UPLOAD_LIMIT = 32 << 20  # bytes of a file that is uploaded; the largest module of a distribution has some 20 MB


def symbols_why(preset: str = "W1", index: Path | str = "", **changes: Any) -> WhySection:
    """Will this module load on that kernel, and if not, why? A made-up module at first, or one that is uploaded.

    `index`: a file that `kernel-lab symbols build` wrote; the bundled Debian kernel if none is given. `changes`: of the
    made-up module, such as licence="Proprietary". Raises `LabError` for an index that cannot be read.
    """
    return WhySection(preset, str(index), changes)


class WhySection(Uploads):
    """The checks of one module; `verdict` is what is shown. Nothing is read from disk but an index that was named."""

    def __init__(self, preset: str, index: str, changes: dict[str, Any]) -> None:
        """Open on a made-up module."""
        self._path = index
        self._opened: Index | None = open_index(index) if index else None
        self.verdict: Verdict
        self.explorer = Explorer(
            Subject(
                name="symbols_why",
                question="Why won't it load?",
                presets=WHYS,
                primary=("asks", "licence", "checksum", "vermagic"),
                view=self._view,
                command=self._command,
                picture=Chart(grid=True),
                more=("imports", "exports", "machine", "name", "insist"),
            ),
            preset,
            **changes,
        )
        self.file = ipywidgets.FileUpload(accept=".ko,.gz,.xz,.zst", multiple=False, description="A .ko of yours")
        self.file.layout.width = "auto"
        self.job = Job("Judge it again", self._judge, self._take)
        self.back = ipywidgets.Button(description="Back to the made-up module", layout={"width": "auto"})
        for shown in (self.job, self.back):
            shown.layout.display = "none"
        self.file.observe(self._on_file, "value")
        self.back.on_click(lambda _button: self._return())
        row = ipywidgets.HBox([self.file, self.job, self.back])
        super().__init__([self.explorer, row])
        self.add_class("lab")

    @property
    def index(self) -> Index:
        """The kernel that is asked."""
        return self._opened or bundled_index()

    def _index_for(self, scenario: MadeScenario) -> Index:
        return index_with_blob() if self._opened is None and scenario.asks == BLOB else self.index

    # -- an uploaded file -----------------------------------------------------------------------------

    def _judge(self, tell: Progress) -> tuple[str, Verdict]:
        """The verdict on the file that was uploaded, in steps that can be cancelled."""
        if not self.file.value:
            raise LabError("no file was uploaded; choose one first")
        name, data = str(self.file.value[0]["name"]), bytes(self.file.value[0]["content"])
        if len(data) > UPLOAD_LIMIT:
            raise LabError(f"{name}: has {len(data):,} bytes; at most {UPLOAD_LIMIT:,} are taken here")
        tell(0, 3, "unpacking")
        form = next((form for magic, form in FORMS.items() if data.startswith(magic)), "")
        if form:
            from lab.symbols.payload import unpack

            data = bytes(unpack(data, name))
        tell(1, 3, "asking the kernel's tables")
        verdict = why(data, name, self.index, form=form, sig_enforce=self.explorer.scenario.insist)
        tell(2, 3, "drawing")
        return name, verdict

    # -- what is shown --------------------------------------------------------------------------------

    def _view(self, scenario: MadeScenario, canvas: Canvas) -> View:
        if self._upload is not None and scenario != self._shown_for:  # a control was moved: it is about the made one
            self._forget()
        index, files, badge = self._index_for(scenario), [], ""
        if self._upload is not None:
            source, verdict = self._upload
            index = self.index
        else:
            made = made_for(scenario, index)
            data, source, badge = made_module(made), f"{made.name}.ko", "made up"
            verdict = why(data, source, index, sig_enforce=scenario.insist)
            files = [(source, data)]
        found = checks(verdict, index)
        self.verdict = verdict
        headline = said(verdict)
        picture = why_picture(found, headline, canvas.width, canvas.text)
        return View(
            headline=headline,
            picture=picture,
            table=checks_table(verdict, found),
            svg=picture.standalone,
            why=lambda key: _why(verdict, found, key),
            badge=badge,
            files=files,
            files_word="This .ko",
        )

    def _command(self, scenario: MadeScenario) -> str:
        name = self._upload[0] if self._upload is not None else f"{scenario.name.replace('-', '_')}.ko"
        words = ["kernel-lab", "symbols", "why", name, "--on", self._path or "INDEX", "--all"]
        return shlex.join([*words, *(["--sig-enforce"] if scenario.insist else [])])

    def __repr__(self) -> str:
        """The verdict."""
        return repr(self.explorer)

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        return with_svg(super()._repr_mimebundle_(**kwargs), self.explorer.view.svg(), repr(self))


def _why(verdict: Verdict, found: tuple[Check, ...], key: str) -> Why:
    """One check in full; without a key the one that refuses first, or the kernel's remarks."""
    kind = key or (verdict.reasons[0].kind if verdict.reasons else "")
    shown = next((c for c in found if c.kind == kind), None)
    reasons = [
        f"{r.kind}: {r.symbol + ': ' if r.symbol else ''}{r.evidence}" for r in verdict.reasons if r.kind == kind
    ]
    trace = [
        *reasons[1:],
        *(f"uncertain, {u.what}: {u.why}" for u in verdict.uncertain),
        *(f"note: {note.text}" for note in verdict.notes),
    ]
    if shown is None:
        return Why(f"Every check fits. {verdict.notes[0].text.capitalize()}." if verdict.notes else "Every check fits.",
                   tuple(trace))  # fmt: skip
    symbol = next((r.symbol for r in verdict.reasons if r.kind == kind), None) or ""
    told = (
        f"`{symbol}`{shown.evidence[len(symbol) :]}" if symbol and shown.evidence.startswith(symbol) else shown.evidence
    )
    return Why(f"{shown.kind}, {shown.state}: {told}.", tuple(trace))
