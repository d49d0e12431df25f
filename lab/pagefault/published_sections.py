"""The two published tables as the notebook shows them: one at a time, each figure with its role and what is ours."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Annotated

from lab.core.scenario import Parameter, Preset, check
from lab.core.table import Table
from lab.pagefault.published import ARM64, GLEB, Calibration, Figure, figures

__all__ = ["TABLES", "PublishedScenario", "Row", "Section", "digits", "section"]

Key = tuple[str, str]  # table and name of a figure
ROUNDING = 0.005  # a ratio this near to 1 is none: two digits are shown
ROLES = {
    "fitted": "went into the calibration: that it fits proves nothing",
    "predicted": "follows from the calibration: that it fits is a test",
    "rejected": "what another model says: it does not fit",
    "order": "only greater or less is claimed",
}


@dataclasses.dataclass(frozen=True, slots=True)
class PublishedScenario:
    """Which of the tables."""

    table: Annotated[
        str, Parameter("arm64: Gavin Shan's v4 of 2021; 2010: Gleb Natapov's v7", choices=("arm64", "2010"))
    ] = "arm64"

    def __post_init__(self) -> None:
        """Refuse another table."""
        check(self)


TABLES = (
    Preset(
        "arm64", "Gavin Shan, v4, 2021", PublishedScenario("arm64"), "Three times calibrate, the work is predicted."
    ),
    Preset("2010", "Gleb Natapov, v7, 2010", PublishedScenario("2010"), "The order of the modes; one free parameter."),
)


def digits(value: float) -> str:
    """A figure as people read it: two decimals from ten on, else three digits."""
    return f"{value:.2f}" if value >= 10 else f"{value:.3g}"


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """One figure: as published, with its `interval` (one standard deviation) if it has one, and ours."""

    name: str
    role: str
    published: float | None
    theory: float | None
    simulated: float | None
    why: str
    interval: tuple[float, float] | None

    @property
    def said(self) -> str:
        """The row in a sentence."""
        ours = [
            f"{word} {digits(value)}{self._off(value)}"
            for word, value in (("theory", self.theory), ("simulated", self.simulated))
            if value is not None
        ]
        there = "not published" if self.published is None else f"published {digits(self.published)}"
        return f"{self.name}, {self.role}: {there}, {', '.join(ours) or 'no closed form'}: {self.why}"

    def _off(self, value: float) -> str:
        return "" if self.published is None else f" ({value / self.published - 1:+.1%})"

    def part(self, value: float | None) -> float | None:
        """A value as a part of the published one, None where one of the two is missing."""
        return None if value is None or self.published is None else value / self.published


@dataclasses.dataclass(frozen=True, slots=True)
class Section:
    """One table: its rows, and the sentences of its calibration."""

    table: str
    source: str
    rows: tuple[Row, ...]
    headline: str
    calibration: tuple[str, ...]

    def to_table(self) -> Table:
        """Every figure."""
        rows = tuple(
            (one.name, one.role, one.published, one.theory, one.simulated,
             _percent(one.part(one.theory)), one.why)
            for one in self.rows
        )  # fmt: skip
        columns = ("figure", "role", "published", "theory", "simulated", "theory off (%)", "why")
        return Table(columns, rows, self.source)


def _percent(part: float | None) -> float | None:
    return None if part is None else round(100 * (part - 1), 1)


def section(scenario: PublishedScenario, simulated: Mapping[Key, float | None]) -> Section:
    """One table beside theory, and beside what was `simulated` of it (nothing, until that was done)."""
    rows = tuple(_row(one, simulated) for one in figures() if one.table == scenario.table)
    source = next(one.source for one in figures() if one.table == scenario.table)
    told = {"arm64": _arm64, "2010": _gleb}[scenario.table]
    headline, calibration = told(rows)
    roles = tuple(f"{role}: {meaning}" for role, meaning in ROLES.items() if any(one.role == role for one in rows))
    return Section(scenario.table, source, rows, headline, (*calibration, *roles))


def _row(one: Figure, simulated: Mapping[Key, float | None]) -> Row:
    interval = None
    if one.table == "2010" and one.role == "fitted" and one.published is not None:
        interval = (one.published - GLEB.spread, one.published + GLEB.spread)
    ours = simulated.get((one.table, one.name))
    return Row(one.name, one.role, one.published, one.theory, ours, one.why, interval)


def _ours(rows: tuple[Row, ...], role: str, word: str) -> Row:
    return next(one for one in rows if one.role == role and word in one.name)


def _arm64(rows: tuple[Row, ...]) -> tuple[str, tuple[str, ...]]:
    found, other = _ours(rows, "predicted", "calculation"), _ours(rows, "rejected", "calculation")
    fit = Calibration.by_vruntime()
    headline = (
        f"Blocked time is charged: the calculation's work falls to {found.theory or 0:.3f} (published "
        f"{found.published or 0:.3f}); processor sharing says {other.theory or 0:.0f}."
    )
    return headline, (
        f"three figures, three unknowns: {ARM64.sync_alone:g}, {ARM64.sync_beside:g} and {ARM64.pv_beside:g} s give "
        f"burst {fit.compute:.0f} us, page-in {fit.page_in:.0f} us and {fit.fixed:.2f} s in which nothing is shared",
        "sync: the guest sees its clock go on while the host reads, and charges the task that faulted: half each",
        "told: the faulter sleeps, its page-in is shorter than its burst, so both still have half, of a shorter time",
    )


def _gleb(rows: tuple[Row, ...]) -> tuple[str, tuple[str, ...]]:
    halt, pv = _ours(rows, "order", "halt"), _ours(rows, "fitted", "pv")
    published = f"1 : {halt.published or 0:.2f} : {pv.published or 0:.2f}"
    if halt.simulated is None or pv.simulated is None:
        headline = (
            f"Work of sync, halt, pv: published {published}. One free parameter gives pv; halt has no closed form."
        )
    else:
        holds = halt.simulated > 1 + ROUNDING and pv.simulated > halt.simulated + ROUNDING
        faults = [_ours(rows, role, word).simulated for role, word in (("order", "faults"), ("predicted", "faults"))]
        more = "" if None in faults else f" (faults 1 : {faults[0] or 0:.2f} : {faults[1] or 0:.2f})"
        headline = (
            f"Work published {published}, simulated 1 : {halt.simulated:.2f} : {pv.simulated:.2f}{more}: "
            f"{'the order holds' if holds else 'halt is not explained'}."
        )
    return headline, (
        f"one figure, one free parameter: {pv.why}",
        "the page-in itself was not published: 5 ms, a disk's, is assumed, and a tick of 1 ms",
    )
