"""A grid of two parameters as a map: pv's throughput over sync's in every cell, and where the two are equal."""

from __future__ import annotations

import dataclasses
import math

from lab.core.errors import LabError
from lab.core.table import Cell, Table
from lab.pagefault import theory
from lab.pagefault.grid import contour
from lab.pagefault.grid.measure import Grid
from lab.pagefault.grid.plan import Plan
from lab.pagefault.grid.summary import Gain, gains
from lab.pagefault.scenario import PageFaultScenario

__all__ = ["MOST_CELLS", "HeatMap", "factor", "heat_map", "refuse"]

MOST_CELLS = 400  # keeps the picture under 200 kB


@dataclasses.dataclass(frozen=True, slots=True)
class HeatMap:
    """Gains by row and column, and theory's ratios beside them (None where a mode has no form).

    Columns are the values of `x`, rows those of `y`, both rising; see `heat_map`.
    """

    grid: Grid
    x: int  # which axis of the plan
    y: int
    columns: tuple[int, ...]  # where the values of x stand in the axis, from left to right
    rows: tuple[int, ...]  # those of y, from bottom to top
    cells: tuple[tuple[Gain | None, ...], ...]
    exact: tuple[tuple[float | None, ...], ...]

    @property
    def span(self) -> float:
        """The largest factor in either direction, at least 1.1: the ramp's ends are 1/span and span."""
        ratios = [one.ratio for row in self.cells for one in row if one is not None]
        return max([1.1, *ratios, *(1 / ratio for ratio in ratios)])

    def label(self, axis: int, place: int) -> str:
        """A value of an axis as people read it."""
        found = self.grid.plan.axes[axis]
        return found.label(found.values[place])

    @property
    def by_theory(self) -> bool:
        """Whether theory has a ratio for every cell."""
        return all(ratio is not None for row in self.exact for ratio in row)

    def line(self) -> list[contour.Path]:
        """Where pv and sync are equal, in cells: (column, row) from the centre of the first cell.

        By theory if it knows every cell, else as simulated; between the centres the logarithm is interpolated.
        """
        measured = [[None if one is None else one.ratio for one in row] for row in self.cells]
        ratios = self.exact if self.by_theory else measured
        return contour.paths([[None if ratio is None else math.log(ratio) for ratio in row] for row in ratios])

    def headline(self) -> str:
        """What the map shows, in one sentence."""
        known = [one for row in self.cells for one in row if one is not None]
        x, y = (self.grid.plan.axes[i].name for i in (self.x, self.y))
        if not known:
            return f"No run of this grid of {x} and {y} could be done."
        paying = sum(one.ratio > 1 for one in known)
        best, worst = max(known, key=lambda one: one.ratio), min(known, key=lambda one: one.ratio)
        told = [f"{factor(one.ratio)} at {self.grid.plan.label(one.point)}" for one in (best, worst)]
        return f"Async pays in {paying} of {len(known)} cells: from {told[1]} to {told[0]}."

    def to_table(self) -> Table:
        """One row a cell: both values, the ratio, its 95 % interval, and theory's ratio where it has one."""
        plan = self.grid.plan
        rows: list[tuple[Cell, ...]] = []
        for row, (cells, ratios) in enumerate(zip(self.cells, self.exact, strict=True)):
            for column, (one, ratio) in enumerate(zip(cells, ratios, strict=True)):
                at = (self.label(self.x, self.columns[column]), self.label(self.y, self.rows[row]))
                known = None if ratio is None else round(ratio, 4)
                if one is None:
                    rows.append((*at, None, None, known))
                    continue
                sure = None if one.low is None or one.high is None else f"{one.low:.3f} to {one.high:.3f}"
                rows.append((*at, round(one.ratio, 4), sure, known))
        names = (plan.axes[self.x].name, plan.axes[self.y].name)
        return Table((*names, "pv over sync", "95 %", "theory"), tuple(rows), self.headline())


def heat_map(grid: Grid) -> HeatMap:
    """The map of a grid with two axes, its first across; two quantities rise to the right and upwards.

    Raises `LabError` for another number of axes, more than `MOST_CELLS` cells and a grid without both sync and pv.
    """
    plan = grid.plan
    refuse(plan)
    found = gains(grid)
    order = [
        sorted(range(len(axis.values)), key=lambda i, values=axis.values: (_rank(values[i]), i))  # type: ignore[misc]
        for axis in plan.axes
    ]
    wide = len(plan.axes[1].values)
    points = [[column * wide + row for column in order[0]] for row in order[1]]
    cells = tuple(tuple(found[point] for point in row) for row in points)
    exact = tuple(tuple(_exact(plan.points[point]) for point in row) for row in points)
    return HeatMap(grid, 0, 1, tuple(order[0]), tuple(order[1]), cells, exact)


def _exact(scenario: PageFaultScenario) -> float | None:
    pv, sync = (theory.which(scenario, mode).utilisation for mode in ("pv", "sync"))
    return pv / sync if pv and sync else None


def refuse(plan: Plan) -> None:
    """Raise `LabError` for a plan that makes no map: see `heat_map`."""
    if len(plan.axes) != 2:
        raise LabError(f"--map: a map has two axes, this grid has {len(plan.axes)}; give --over twice")
    if not {"sync", "pv"} <= set(plan.modes):
        raise LabError("--map: compares pv with sync; use --mode all")
    if len(plan.points) > MOST_CELLS:
        raise LabError(f"--map: {len(plan.points):,} cells; at most {MOST_CELLS} can be told apart, use fewer values")


def _rank(value: object) -> float:
    """Rising order, what is absent (as many as one likes) last; words stay in their order."""
    return math.inf if value is None else float(value) if isinstance(value, (int, float)) else 0.0


def factor(ratio: float) -> str:
    """A ratio with two or three digits: `×1.96`, `×0.77`, `×12`."""
    return f"×{ratio:.2f}" if ratio < 9.995 else f"×{ratio:.0f}"
