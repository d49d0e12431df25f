"""One parameter varied, the rest as it is: theory as a curve, the simulation as points beside it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Annotated, Any

from lab.core.duration import duration
from lab.core.errors import LabError
from lab.core.progress import Progress, silent, step
from lab.core.scenario import Field, Parameter, fields, format_value, parse_value, to_json
from lab.core.table import Table
from lab.pagefault import theory
from lab.pagefault.comparison import Comparison, Run, run
from lab.pagefault.scenario import PageFaultScenario

__all__ = ["Point", "Sweep", "SweepScenario", "curve", "sweep"]

MOST_POINTS = 64
OVER = {"tasks": "tasks", "slots": "slots", "page-in": "page_in", "burst": "compute"}
Number = float | None  # None: as many as one likes
FAULTS = dataclasses.replace(  # a curve is many runs, so its slider ends earlier
    next(f.parameter for f in fields(PageFaultScenario) if f.name == "faults"), steps=(100, 200, 500, 1000, 2000)
)


@dataclasses.dataclass(frozen=True, slots=True)
class SweepScenario(PageFaultScenario):
    """A `PageFaultScenario` with one parameter that takes several values. Raises `LabError` for a bad one."""

    faults: Annotated[int, FAULTS] = 200_000
    over: Annotated[str, Parameter("The parameter that is varied", choices=tuple(OVER))] = "tasks"
    at: Annotated[str, Parameter("Its values, with commas between them")] = "1,2,3,4,6,8,12,16"

    def __post_init__(self) -> None:
        """Refuse what the scenario refuses, and values of the varied parameter that it would refuse."""
        PageFaultScenario.__post_init__(self)  # a class with slots has no super() of no arguments
        words = self.at.split(",")
        if len(words) > MOST_POINTS:
            raise LabError(f"--at: {len(words)} values; at most {MOST_POINTS} make a curve")
        if len(set(self.values)) < 2:
            raise LabError(f"--at: {self.at!r} is no list of two or more different values, such as 1,2,4")
        for value in self.values:
            self.with_value(value)

    @property
    def field(self) -> Field:
        """The parameter that is varied."""
        return next(f for f in fields(PageFaultScenario) if f.name == OVER[self.over])

    @property
    def values(self) -> tuple[Number, ...]:
        """Its values, in rising order, "inf" last."""
        found: set[Number] = set()
        for word in self.at.split(","):
            value = parse_value(dataclasses.replace(self.field, name="at"), word)
            found.add(value if value is None else value + 0)  # type: ignore[operator]
        return tuple(sorted(found, key=lambda v: math.inf if v is None else v))

    def with_value(self, value: Number) -> PageFaultScenario:
        """The plain scenario of one point."""
        plain = {f.name: getattr(self, f.name) for f in fields(PageFaultScenario)}
        return PageFaultScenario(**(plain | {self.field.name: value}))

    def label(self, value: Number) -> str:
        """A value as people read it."""
        if value is None:
            return "∞"
        return duration(value) if self.field.parameter.unit == "us" else format_value(self.field, value)


@dataclasses.dataclass(frozen=True, slots=True)
class Point:
    """One value of the varied parameter and what came out there."""

    value: Number
    label: str
    comparison: Comparison

    def share(self, mode: str) -> float:
        """What is best known of the share of time spent computing: theory if it has a form, else the simulation."""
        one = self.comparison.of(mode)
        return one.utilisation if one.theory.utilisation is None else one.theory.utilisation


@dataclasses.dataclass(frozen=True, slots=True)
class Sweep:
    """Points in rising order of the varied parameter, each simulated with the same random numbers."""

    scenario: SweepScenario
    modes: tuple[str, ...]
    points: tuple[Point, ...]

    def to_json(self) -> dict[str, Any]:
        """The scenario and a list of points, each with one key per mode."""
        name = self.scenario.field.name
        points = [
            {name: "inf" if p.value is None else p.value} | {one.mode: one.figures() for one in p.comparison.runs}
            for p in self.points
        ]
        return {"scenario": to_json(self.scenario), "points": points}

    def to_table(self) -> Table:
        """One row a point: the simulation with its interval, and theory, for each mode."""
        columns = [self.scenario.over]
        for mode in self.modes:
            columns += [f"{mode} (%)", "± 95 % (points)", f"{mode} theory (%)"]
        rows = tuple(
            (p.label, *(cell for mode in self.modes for cell in _cells(p.comparison.of(mode)))) for p in self.points
        )
        s = self.scenario
        caption = f"share of vCPU time spent computing; {s.faults:,} faults a point and mode, seed {s.seed}"
        return Table(tuple(columns), rows, caption)

    def headline(self) -> str:
        """What the curve shows, in one sentence, for sync against pv. Raises `KeyError` without both."""
        s, points = self.scenario, self.points
        first, last = points[0], points[-1]
        for a, b in pairwise(points):
            lost = a.share("pv") - b.share("pv")
            if s.over == "tasks" and s.limit is not None and lost > 0.1:
                fall = f"pv falls from {_percent(a.share('pv'))} to {_percent(b.share('pv'))}"
                return f"The limit of {s.limit}: from {a.label} to {b.label} tasks {fall}."
        if s.over in ("page-in", "burst"):
            return self._break_even()
        if s.over == "slots":
            slots = "slot" if first.value == 1 else "slots"
            return (
                f"With {first.label} {slots} pv computes {_percent(first.share('pv'))}, "
                f"with {last.label} slots {_percent(last.share('pv'))}."
            )
        moves = [f"{mode} {_moves(first.share(mode), last.share(mode))}" for mode in ("pv", "sync")]
        return f"From {first.label} to {last.label} tasks {moves[0]}, {moves[1]}."

    def _break_even(self) -> str:
        name, gaps = self.scenario.over, [p.share("pv") - p.share("sync") for p in self.points]
        for i in range(1, len(gaps)):
            if gaps[i - 1] < 0 <= gaps[i] or gaps[i - 1] > 0 >= gaps[i]:
                at = duration(self._crossing(i))
                side = "above" if gaps[i - 1] < 0 else "below"
                return f"Break-even is at a {name} of about {at}: telling the guest pays {side} it."
        word = "pays" if gaps[0] >= 0 else "does not pay"
        low_label, high_label = self.points[0].label, self.points[-1].label
        return f"Telling the guest {word} for every {name} from {low_label} to {high_label}."

    def _crossing(self, i: int) -> float:
        """Where pv and sync are equal between two points: by halving on theory, else on a line between them."""
        before, after = self.points[i - 1], self.points[i]
        low, high = float(before.value or 0), float(after.value or 0)
        gap_low, gap_high = (p.share("pv") - p.share("sync") for p in (before, after))
        at: float = low * (high / low) ** (gap_low / (gap_low - gap_high))
        for _ in range(30):
            found = [theory.which(self.scenario.with_value(at), mode).utilisation for mode in ("pv", "sync")]
            if found[0] is None or found[1] is None:
                break
            low, high = (at, high) if (found[0] - found[1] < 0) == (gap_low < 0) else (low, at)
            at = math.sqrt(low * high)
        return at


def sweep(scenario: SweepScenario, modes: Sequence[str] = (), progress: Progress = silent) -> Sweep:
    """Simulate every point of `scenario` in its modes, or in those given."""
    wanted = tuple(modes) or scenario.modes
    values = scenario.values
    points = []
    for i, value in enumerate(values):
        tell = step(progress, i, len(values), f"{scenario.over} {scenario.label(value)}")
        plain = scenario.with_value(value)
        runs = tuple(run(plain, mode, tell) for mode in wanted)
        points.append(Point(value, scenario.label(value), Comparison(plain, runs)))
    progress(len(values), len(values), "done")
    return Sweep(scenario, wanted, tuple(points))


def curve(scenario: SweepScenario, mode: str) -> Iterator[tuple[Number, float]]:
    """Theory over the whole range: at every whole number (or 16 durations) from one point to the next."""
    for value in _grid(scenario):
        share = theory.which(scenario.with_value(value), mode).utilisation
        if share is not None:
            yield value, share


def _grid(scenario: SweepScenario) -> Iterator[Number]:
    finite = [v for v in scenario.values if v is not None]
    for a, b in pairwise(finite):
        if scenario.field.kind == "int":
            stride = max(1, int(b - a) // 16)
            yield from range(int(a), int(b), stride)
        else:
            yield from (a * (b / a) ** (i / 16) for i in range(16))
    yield finite[-1]
    if len(finite) < len(scenario.values):
        yield None


def _cells(one: Run) -> tuple[float | None, float | None, float | None]:
    known = one.theory.utilisation
    return (
        round(100 * one.utilisation, 2),
        None if one.ci95 is None else round(100 * one.ci95, 2),
        None if known is None else round(100 * known, 2),
    )


def _moves(before: float, after: float) -> str:
    a, b = _percent(before), _percent(after)
    return f"stays at {a}" if a == b else f"goes from {a} to {b}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
