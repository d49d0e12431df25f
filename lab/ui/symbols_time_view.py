"""Time: the recorded times of a whole distribution's load, and, after a click, this machine's beside them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import ipywidgets

from lab.core.progress import Progress
from lab.core.scenario import command_line
from lab.core.table import Table
from lab.symbols import cost, timing
from lab.symbols.corpus import bundled
from lab.symbols.lookup import table_of
from lab.symbols.presets import LOAD
from lab.symbols.scenario import KERNEL_EXPORTS, TimeScenario
from lab.symbols.time_picture import nanoseconds, time_picture
from lab.ui.frame import Canvas, Explorer, Subject, View, Why
from lab.ui.job import Job
from lab.ui.symbols_methods import MethodsChart
from lab.ui.symbols_names import toggled

__all__ = ["TimeExplorer", "symbols_time"]


class TimeExplorer(ipywidgets.VBox):
    """What was recorded, until this machine has measured the same; what it has measured is kept by scenario."""

    def __init__(self, preset: str = "") -> None:
        """Show what was recorded; nothing is compiled or measured yet."""
        self.here: dict[TimeScenario, timing.Timing] = {}
        self.asked = LOAD[0].scenario
        picture = MethodsChart()
        self.explorer = Explorer(
            Subject(
                name="symbols_time",
                question="How long does it take?",
                presets=LOAD,
                primary=("load", "cache", "crc"),
                view=self._view,
                command=lambda s: command_line(s, "symbols", "time"),
                picture=picture,
                more=("methods", "size", "layout", "module", "rounds"),
            ),
            preset,
        )
        picture.toggle = lambda method: self.explorer.attempt(
            "methods", toggled(self.explorer.scenario.methods, method)
        )
        self.job = Job("Measure on this machine", self._measure, self._done)
        super().__init__([self.explorer, self.job])
        self.add_class("lab")

    def _measure(self, progress: Progress) -> timing.Timing:
        self.asked = scenario = self.explorer.scenario
        references = None if scenario.load in ("names", "name") else bundled()
        return timing.measure_lookups(
            table_of(scenario), scenario.methods, references, scenario.crc, scenario.rounds, progress,
            load=scenario.load, module=scenario.module, cache=scenario.cache,
        )  # fmt: skip

    def _done(self, measured: timing.Timing) -> None:
        self.here[self.asked] = measured
        self.explorer.set()

    def _view(self, scenario: TimeScenario, canvas: Canvas) -> View:
        methods = [*scenario.methods, *([timing.CRC_CHECK] if scenario.crc else [])]
        here = self.here.get(scenario)
        fits = _recorded_fits(scenario)
        recorded = _only(timing.recorded(), methods)
        shown = [t for t in (recorded if fits or here is None else None, here) if t is not None and t.rows]
        if not shown:  # none of these methods was recorded
            shown = [timing.recorded()]
        latest = shown[-1]
        counts = _counts(scenario, here)
        headline = _headline(latest, scenario.crc)
        if any(row.noisy for row in latest.rows):
            headline += " Noisy: measure again."
        if latest.measured == "recorded" and not fits:
            headline = f"Not measured yet; recorded for another load: {headline[0].lower()}{headline[1:]}"
        picture = time_picture(shown, counts, headline, canvas.width, canvas.text)
        rows = tuple((t.measured, *row) for t in shown for row in t.table().rows)
        table = Table(("measured", *latest.table().columns), rows, latest.workload)

        def why(key: str) -> Why:
            row = latest.row(key) or latest.row("binary") or latest.rows[0]
            line = f"{row.word}, {latest.measured}: {nanoseconds(row.nanoseconds)} a lookup"
            if row.interval:
                low, high = (nanoseconds(value) for value in row.interval)
                line += f" (95 %: {low} to {high}{', noisy' if row.noisy else ''})"
            if row.comparisons is not None:
                line += f", {row.comparisons:,.3g} comparisons"
            elif row.method in counts and fits:
                line += f", {counts[row.method] / latest.lookups:,.3g} comparisons a lookup"
            if row.lines is not None and row.bytes is not None:
                line += f", {row.bytes:,.3g} bytes in {row.lines:,.3g} cache lines"
            return Why(f"{line}.", tuple(f"{t.measured}: {t.machine}; {t.protocol}; {t.workload}" for t in shown))

        return View(headline, (picture, scenario.methods), table, picture.standalone, why)

    def __repr__(self) -> str:
        """The headline."""
        return repr(self.explorer)

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        from lab.ui.mime import with_svg

        return with_svg(super()._repr_mimebundle_(**kwargs), self.explorer.view.svg(), repr(self))


def _recorded_fits(scenario: TimeScenario) -> bool:
    """True if the recorded load is the one asked for."""
    same = (scenario.load, scenario.cache, scenario.size, scenario.layout)
    return same == ("references", "warm", KERNEL_EXPORTS, "split")


def _counts(scenario: TimeScenario, here: timing.Timing | None) -> dict[str, int]:
    """Comparisons of the whole workload by method, where they are known without measuring, or were measured."""
    if here is not None:
        return {r.method: round(r.comparisons * here.lookups) for r in here.rows if r.comparisons is not None}
    if not _recorded_fits(scenario):
        return {}
    known = tuple(m for m in scenario.methods if m in RECORDED) or RECORDED
    costs = cost.load_cost(dataclasses.replace(scenario, methods=known))
    return {c.method: c.comparisons for c in costs} | {timing.CRC_CHECK: costs[0].crc}


RECORDED = ("linear", "binary", "hash")


def _only(found: timing.Timing, methods: Sequence[str]) -> timing.Timing:
    return dataclasses.replace(found, rows=tuple(r for r in found.rows if r.method in methods))


def _headline(found: timing.Timing, crc: bool) -> str:
    linear, hashed, check = (
        found.ratio("linear", "binary"), found.ratio("binary", "hash"), found.ratio(timing.CRC_CHECK, "binary"),
    )  # fmt: skip
    if crc and check is not None:
        return f"Left over: the CRC check's linear scan takes {timing.times(check)} as long as the search."
    if linear is None or hashed is None:
        others = [(r.word, found.ratio(r.method, "binary")) for r in found.rows if r.method != "binary"]
        told = ", ".join(f"{word} {timing.times(ratio)}" for word, ratio in others if ratio is not None)
        return f"With a binary search as 1: {told}." if told else "The clock of this machine is too coarse for a ratio."
    fast, faster = timing.times(linear), timing.times(hashed)
    return f"Sorted instead of scanned: {fast} as fast; hashed: {faster} as fast again."


def symbols_time(preset: str = "") -> TimeExplorer:
    """How long does it take to resolve every reference of a distribution? Recorded, and here by a click.

    `preset`: S3 (all references) or S4 (checksums checked too). Raises `LabError` for another one.
    """
    return TimeExplorer(preset)
