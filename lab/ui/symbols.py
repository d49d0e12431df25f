"""The symbol index on the page: the race, cost against table size, and time."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import ipywidgets

from lab.core.duration import duration
from lab.core.progress import Progress
from lab.core.scenario import Preset, command_line
from lab.core.table import Table
from lab.symbols import cost, timing
from lab.symbols.corpus import bundled
from lab.symbols.cost_picture import mean, size_picture, time_picture
from lab.symbols.lane_picture import race_picture
from lab.symbols.lookup import encoded, table_of
from lab.symbols.presets import LOAD, MISSING_NAMES, RACE
from lab.symbols.race import race
from lab.symbols.scenario import SIZES, SymbolScenario
from lab.symbols.structures import STRUCTURES
from lab.symbols.workload import scattered
from lab.ui.chart import Chart
from lab.ui.frame import Canvas, Explorer, Subject, View, Why
from lab.ui.job import Job
from lab.ui.race import RaceView, Shown

__all__ = ["TimeExplorer", "symbols_cost", "symbols_explorer", "symbols_time"]


def symbols_explorer(preset: str = "S1") -> Explorer:
    """How many strings must be compared? One name in each index, one comparison a step.

    `preset`: S1 (a typical name) or S2 (a name that is missing).
    """
    picture = RaceView()
    explorer = Explorer(
        Subject(
            name="symbols",
            question="How many strings must be compared?",
            presets=RACE,
            primary=("name", "size"),
            view=_race_view,
            command=lambda s: command_line(s, "symbols", "cost"),
            picture=picture,
            more=("layout", "methods"),
            words={"name": _names},
        ),
        preset,
    )
    picture.wish = lambda wanted: explorer.set(name=_next_name(explorer.scenario, wanted))
    return explorer


OFFERED = 1000  # a browser's list of 10,000 names makes the whole page slow


def _names() -> Sequence[str]:
    """What the search box offers: names that are missing, and those most asked for; any other can be typed."""
    return [*MISSING_NAMES, *sorted(cost.most_asked(OFFERED))]


def _next_name(scenario: SymbolScenario, wanted: str) -> str:
    """The name after the present one in a fixed, scattered order: the same on every machine."""
    if wanted == "missing":
        place = MISSING_NAMES.index(scenario.name) + 1 if scenario.name in MISSING_NAMES else 0
        return MISSING_NAMES[place % len(MISSING_NAMES)]
    keys = table_of(dataclasses.replace(scenario, name="-")).keys
    order = scattered(len(keys))
    here = table_of(scenario).find(encoded(scenario.name))
    step = order[1 % len(order)] if len(order) > 1 else 0
    return keys[(max(here, 0) + step) % len(keys)].decode()


def _race_view(scenario: SymbolScenario, canvas: Canvas) -> View:
    result = race(scenario)

    def why(key: str) -> Why:
        return Why(result.why(int(key) if key.isdecimal() else 0), result.trace())

    return View(
        headline=result.headline,
        picture=Shown(result, canvas.width, canvas.text),
        table=result.table(),
        svg=lambda: race_picture(result, canvas.width, canvas.text).standalone(),
        why=why,
    )


# -- cost against table size --------------------------------------------------------------------------

GROWTH = (
    Preset(
        "S1", "the kernel's 10,503 exports", SymbolScenario(), "the linear scan grows with the table, the others hardly"
    ),
    Preset("S2", "all 24,683 exports", SymbolScenario(size=SIZES[-1]), "twice the names: one or two comparisons more"),
)


def symbols_cost() -> Explorer:
    """How does the cost grow with the table? Mean comparisons of a hit, from 16 names to all."""
    return Explorer(
        Subject(
            name="symbols_cost",
            question="How does the cost grow with the table?",
            presets=GROWTH,
            primary=("size", "layout"),
            view=_cost_view,
            command=lambda s: command_line(s, "symbols", "cost"),
            picture=Chart(),
            more=("methods",),
        )
    )


def _cost_view(scenario: SymbolScenario, canvas: Canvas) -> View:
    costs = cost.size_cost(scenario.methods, scenario.layout)
    small, large = ({c.method: c.mean for c in costs if c.size == s} for s in (SIZES[0], SIZES[-1]))
    told = ", ".join(f"{STRUCTURES[m].word} × {mean(large[m] / small[m])}" for m in scenario.methods)
    headline = f"Names × {SIZES[-1] / SIZES[0]:,.0f}: {told}."
    picture = size_picture(costs, scenario.size, headline, canvas.width, canvas.text)
    rows = tuple((STRUCTURES[c.method].word, c.size, round(c.mean, 4), c.most) for c in costs)

    def why(key: str) -> Why:
        method, _, size = key.partition(":")
        wanted = int(size) if size.isdecimal() else scenario.size
        shown = [c for c in costs if c.size == wanted and method in ("", c.method)]
        lines = tuple(
            f"{STRUCTURES[c.method].word}: mean {mean(c.mean)}, at most {c.most:,}" for c in costs if c.size == wanted
        )
        said = "; ".join(f"{STRUCTURES[c.method].word} {mean(c.mean)}, at most {c.most:,}" for c in shown)
        return Why(f"{wanted:,} names, mean comparisons: {said}.", lines)

    return View(
        headline,
        picture,
        Table(("method", "names", "mean comparisons", "most"), rows, f"layout {scenario.layout}; real exported names"),
        picture.standalone,
        why,
    )


# -- time -----------------------------------------------------------------------------------------------


class TimeExplorer(ipywidgets.VBox):
    """The recorded times of a whole distribution's load, and, after a click, this machine's beside them."""

    def __init__(self) -> None:
        """Show what was recorded; nothing is compiled or measured yet."""
        self.here: timing.Timing | None = None
        self.explorer = Explorer(
            Subject(
                name="symbols_time",
                question="How long does it take?",
                presets=LOAD,
                primary=(),
                view=self._view,
                command=lambda s: command_line(s, "symbols", "time"),
                picture=Chart(),
            )
        )
        self.job = Job("Measure on this machine", self._measure, self._done)
        super().__init__([self.explorer, self.job])
        self.add_class("lab")

    def _measure(self, progress: Progress) -> timing.Timing:
        scenario = LOAD[1].scenario
        return timing.measure_lookups(
            table_of(scenario), scenario.methods, bundled(), scenario.crc, scenario.rounds, progress
        )

    def _done(self, measured: timing.Timing) -> None:
        self.here = measured
        self.explorer.set()

    def _view(self, scenario: SymbolScenario, canvas: Canvas) -> View:
        methods = [*scenario.methods, *([timing.CRC_CHECK] if scenario.crc else [])]
        shown = [_only(t, methods) for t in (timing.recorded(), self.here) if t is not None]
        costs = cost.load_cost(scenario)
        counts = {c.method: c.comparisons for c in costs} | {timing.CRC_CHECK: costs[0].crc}
        latest = shown[-1]
        headline = _time_headline(latest, scenario.crc)
        picture = time_picture(shown, counts, headline, canvas.width, canvas.text)
        rows = tuple((t.measured, *row) for t in shown for row in t.table().rows)
        table = Table(("measured", *latest.table().columns), rows, latest.workload)

        def why(key: str) -> Why:
            row = latest.row(key) or latest.row("binary") or latest.rows[0]
            line = f"{row.word}, {latest.measured}: {_ns(row.nanoseconds)} a lookup"
            if row.interval:
                line += f" (95 %: {_ns(row.interval[0])} to {_ns(row.interval[1])}{', noisy' if row.noisy else ''})"
            line += f", {counts[row.method] / costs[0].references:,.3g} comparisons a lookup."
            return Why(line, tuple(f"{t.measured}: {t.machine}; {t.protocol}; {t.workload}" for t in shown))

        return View(headline, picture, table, picture.standalone, why)

    def __repr__(self) -> str:
        """The headline."""
        return repr(self.explorer)

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        from lab.ui.mime import with_svg

        return with_svg(super()._repr_mimebundle_(**kwargs), self.explorer.view.svg(), repr(self))


def _ns(nanoseconds: float) -> str:
    return duration(max(nanoseconds, 0.0) * 1e-3)


def _only(found: timing.Timing, methods: Sequence[str]) -> timing.Timing:
    return dataclasses.replace(found, rows=tuple(r for r in found.rows if r.method in methods))


def _time_headline(found: timing.Timing, crc: bool) -> str:
    linear, hashed, check = (
        found.ratio("linear", "binary"), found.ratio("binary", "hash"), found.ratio(timing.CRC_CHECK, "binary"),
    )  # fmt: skip
    if crc and check is not None:
        return f"Left over: the CRC check's linear scan takes {timing.times(check)} as long as the search."
    if linear is None or hashed is None:
        return "The clock of this machine is too coarse for a ratio."
    fast, faster = timing.times(linear), timing.times(hashed)
    return f"Sorted instead of scanned: {fast} as fast; hashed: {faster} as fast again."


def symbols_time() -> TimeExplorer:
    """How long does it take to resolve every reference of a distribution? Recorded, and here by a click."""
    return TimeExplorer()
